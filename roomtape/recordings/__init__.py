"""The life of recordings: started, supervised, finished, expired."""
