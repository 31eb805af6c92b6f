"""One codec a file: RTP payloads to whole frames."""
