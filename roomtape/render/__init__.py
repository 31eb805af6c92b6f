"""Capture logs to files, in a process of its own."""
