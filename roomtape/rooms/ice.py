"""Owns which STUN and TURN servers a participant is told of, and the credentials that the TURN server takes.

Credentials follow the TURN REST convention (draft-uberti-behave-turn-rest-00, section 2.2), as coturn does with
`use-auth-secret`: the user name is `EXPIRY:WHO`, the password is base64(HMAC-SHA1(secret, user name)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from roomtape.settings import Settings


def ice_servers(settings: Settings, who: str, now_s: int) -> list[dict[str, Any]]:
    """Return RTCIceServer dictionaries (WebRTC 1.0, section 4.2.4) for the participant with the id `who`.

    `now_s` is s since the Unix epoch. `turn:` URLs of `ice_servers` are left out: browsers refuse a whole connection
    over a TURN server without credentials.
    """
    servers: list[dict[str, Any]] = []
    stun = [url for url in settings.ice_servers if url.startswith(("stun:", "stuns:"))]
    if stun:
        servers.append({"urls": stun})
    if settings.turn_urls and settings.turn_secret:
        username, credential = turn_credentials(settings.turn_secret, who, now_s + settings.turn_ttl_s)
        servers.append({"urls": list(settings.turn_urls), "username": username, "credential": credential})
    return servers


def turn_credentials(secret: str, who: str, expires_s: int) -> tuple[str, str]:
    """Return user name and password that are good until `expires_s`, in s since the Unix epoch."""
    username = f"{expires_s}:{who}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
