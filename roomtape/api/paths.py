"""Owns where the public API lies, so that official SDKs work with `base_url = http://HOST:PORT/client/v4`."""

KIT = "/client/v4/accounts/{account_id}/realtime/kit"
APP = KIT + "/{app_id}"
