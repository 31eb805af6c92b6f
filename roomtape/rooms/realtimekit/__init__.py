"""SDK clients: the socket they speak, and their media."""
