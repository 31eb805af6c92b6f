"""What any SFU must offer, and the one we use."""
