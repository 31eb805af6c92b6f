"""The messages on the SDK's socket, generated from schema.proto."""
