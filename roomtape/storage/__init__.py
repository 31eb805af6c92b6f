"""Where delivered files lie."""
