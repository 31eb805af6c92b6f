"""Owns how a page of ours leaves: filled in, never framed by others, allowed to load from our own addresses only."""

from __future__ import annotations

import html
import re
from importlib.resources import files
from string import Template

from starlette.responses import HTMLResponse

_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


def render(name: str, policy: str, values: dict[str, str] | None = None, status: int = 200) -> HTMLResponse:
    """Return the page `name` with each `$key` of `values` put in, escaped."""
    text = files("roomtape.console").joinpath("pages", name).read_text("utf-8")
    if values is not None:
        text = Template(text).substitute({key: html.escape(value) for key, value in values.items()})
    return HTMLResponse(
        text,
        status,
        headers={
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            # A meeting's address has a token in it.
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )


def own_sockets(host: str) -> str:
    """Return the WebSocket origins of the host that a request named: `'self'` does not cover them in every browser."""
    return f"ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""


START_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DOCS_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
)


def meeting_policy(host: str, base_uri: str | None, public_url: str | None) -> str:
    """Return the policy of the meeting page; `host` is what the request named.

    The UI kit styles its shadow trees inline and runs timers in a worker made of a blob.
    """
    base = f"https://*.{base_uri} wss://*.{base_uri}" if base_uri else ""
    ours = " ".join(part for part in ("'self'", own_sockets(host), base, public_url or "") if part)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        f"img-src {ours} data: blob:; media-src {ours} blob: mediastream:; connect-src {ours} blob: data:; "
        f"worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
