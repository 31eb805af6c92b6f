"""What happens here is told to the addresses that an app has named."""
