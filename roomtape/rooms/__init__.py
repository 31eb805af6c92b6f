"""Live meetings: who is in, and the doors they come through."""
