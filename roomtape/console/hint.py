"""Owns what somebody who starts the server in a terminal is told: where to open it, with which token."""

from __future__ import annotations

import json
from pathlib import Path

_EVERYWHERE = ("//0.0.0.0", "//[::]")


def start_page(base_url: str) -> str:
    """Return the start page's URL. Browsers give camera and microphone to `http:` on localhost only."""
    for address in _EVERYWHERE:
        base_url = base_url.replace(address, "//localhost")
    return base_url.rstrip("/") + "/"


def for_terminal(base_url: str, bootstrap: Path) -> str:
    """Return a line or two with a link that signs in to the start page.

    The token stands in the link's fragment, which browsers do not send. `bootstrap` is the path of bootstrap.json.
    """
    try:
        token = json.loads(bootstrap.read_text("utf-8"))["api_token"]
    except (OSError, ValueError, KeyError):
        return (
            f"Open {start_page(base_url)} in a browser. The API token should be in {bootstrap}, but it cannot be read."
        )
    return f"Open {start_page(base_url)}#token={token}\nin a browser to make a meeting (the token is in {bootstrap})."
