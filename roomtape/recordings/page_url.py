"""Owns the addresses of recorded pages: which may be opened, and how what a page is told is added to its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound.guard import Guard, parsed

WEB = frozenset({"http", "https"})
AUTH_TOKEN, CONFIG = "authToken", "config"
_NOT_TOLD = frozenset({"url", "storage_config", "rtmp_out_config"})
"""Where the files and the stream go is nothing to a page, which may be a third party's."""


@dataclass(frozen=True)
class Places:
    """Where this server is reached. `local` is its address on this machine, `own` the `host:port` pairs it answers."""

    local: str
    own: tuple[str, ...]


class Addresses:
    """Checks the addresses of pages when they are given; the server's own are always allowed.

    The recorder checks again each address that it connects to.
    """

    def __init__(self, guard: Guard, places: Places) -> None:
        self._guard = guard
        self._places = places

    async def check(self, url: str, where: str) -> None:
        """Refuse a page that must not be opened. Raises InvalidRequest, also for a name that is not found."""
        try:
            if pair(url) not in self._places.own:
                await self._guard.check(url, WEB)
        except (InvalidRequest, DestinationError) as error:  # a name that nobody knows is the caller's to mend as well
            raise InvalidRequest(error.message, where) from None


def pair(url: str) -> str:
    """Return where a URL leads as `host:port`. Raises InvalidRequest."""
    _, host, port = parsed(url, WEB)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def opened(url: str, auth_token: str, config: dict[str, Any]) -> str:
    """Return `url` with `authToken` and `config` (JSON) in its query; the rest of the query and the fragment stay.

    `config` has the recording's configuration in the shape of a start request.
    """
    parts = urlsplit(url)
    told = {name: value for name, value in config.items() if name not in _NOT_TOLD}
    ours = urlencode({AUTH_TOKEN: auth_token, CONFIG: json.dumps(told, separators=(",", ":"))})
    theirs = [p for p in parts.query.split("&") if p and unquote_plus(p.partition("=")[0]) not in (AUTH_TOKEN, CONFIG)]
    return parts._replace(query="&".join([*theirs, ours])).geturl()


def shown(url: str) -> str:
    """Return the address as it may be shown and logged: what stands in its query may open something."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
