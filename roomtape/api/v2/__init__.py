"""The participants' REST API, under /v2: what the official browser SDK asks with a participant's token."""
