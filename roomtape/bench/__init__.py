"""Measurements of the whole thing, each beside something else that does the same job in the same run."""
