"""The WHIP door (RFC 9725)."""
