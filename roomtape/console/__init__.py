"""The web pages: a start page, the meeting page with the official UI kit, and the list of operations."""
