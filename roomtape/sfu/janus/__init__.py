"""Janus as a supervised process, as a client and as rooms."""
