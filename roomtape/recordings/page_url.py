"""Owns the address under which the page of a recording is opened: the caller's, with what the page is told added."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

AUTH_TOKEN, CONFIG = "authToken", "config"
_NOT_TOLD = frozenset({"url", "storage_config", "rtmp_out_config"})
"""Where the files and the stream go is nothing to a page, which may be a third party's."""


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
