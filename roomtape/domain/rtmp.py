"""Owns the parts of an RTMP address, and what of it may be shown: all behind the host can be a stream key."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from roomtape.errors import InvalidRequest

SCHEMES = frozenset({"rtmp", "rtmps"})
MASK = "***"
_DEFAULT_PORTS = {"rtmp": 1935, "rtmps": 443}
_SHORTEST_SECRET = 4  # shorter parts are found everywhere in a text


@dataclass(frozen=True)
class RtmpAddress:
    """Where a stream is published: `app` and `playpath` (mostly the stream key) as the protocol's commands carry them.

    `tc_url` is what servers that choose by name look at.
    """

    scheme: str
    host: str
    port: int
    app: str
    playpath: str
    tc_url: str


def parse(url: str) -> RtmpAddress:
    """Take an RTMP address apart: the last part of its path, with the query, is the playpath.

    Raises InvalidRequest, which does not repeat the address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in SCHEMES or not host:
        raise InvalidRequest("an address looks like rtmp://host/app/key or rtmps://host/app/key")
    if any(ord(c) <= 32 for c in url):
        raise InvalidRequest("an address has no spaces in it")
    if "@" in parts.netloc:
        raise InvalidRequest("the address has a user name or password in it; leave them out")
    # Everything from the path's last slash on: keys have questions and equals signs in them, some even slashes there.
    app, _, key = parts.path.lstrip("/").rpartition("/")
    if not app:
        app, key = key, ""
    playpath = key + (f"?{parts.query}" if parts.query else "")
    return RtmpAddress(
        scheme=parts.scheme,
        host=host,
        port=port or _DEFAULT_PORTS[parts.scheme],
        app=app,
        playpath=playpath,
        tc_url=f"{parts.scheme}://{parts.netloc}/{app}",
    )


def masked(url: str) -> str:
    """Return the address with nothing but scheme, host and port readable: `rtmp://live.example.com/***`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{MASK}"


def scrubbed(text: str, url: str) -> str:
    """Return `text`, which somebody else wrote about the stream, with what may be secret of the address masked.

    Where a secret is too short to be told from ordinary letters, nothing of the text is left.
    """
    playpath, parts = parse(url).playpath, urlsplit(url)
    secrets = {url, parts.path.lstrip("/"), playpath, playpath.partition("?")[0], parts.query}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if secret not in text:
            continue
        if len(secret) < _SHORTEST_SECRET:
            return ""
        text = text.replace(secret, MASK)
    return text
