"""The seam: what lies on disk of a session, its format, and how it is read on one timeline."""
