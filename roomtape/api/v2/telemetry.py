"""Owns the answers to what the official SDK reports about its users: it is read, thrown away, and thanked for.

Without an answer the SDK retries and fills the browser's log. Nothing of it is kept, logged or looked at.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.types import ASGIApp, Receive, Scope, Send

router = APIRouter(include_in_schema=False)

LOCATION = "/v2/location"
_LOCATION_HOSTS = (b"location.", b"location-legacy.")
_NOWHERE = {"ip": "", "city": "", "region": "", "country": "", "loc": "0.0000,0.0000", "org": "", "timezone": ""}
"""The SDK takes a `loc` of more than 5 characters for an answer; with less it asks again elsewhere."""


@router.post("/otel/logs")
@router.post("/api/v1/message")
async def swallow(request: Request) -> dict[str, Any]:
    """Read the body to its end, which the limit for bodies bounds, and keep nothing of it."""
    async for _ in request.stream():
        pass
    return {"success": True}


@router.get(LOCATION)
@router.post(LOCATION)
async def location(request: Request) -> dict[str, str]:
    """Say that a participant is nowhere."""
    async for _ in request.stream():
        pass
    return _NOWHERE


class LocationHosts:
    """ASGI middleware: `/` of the hosts `location.` and `location-legacy.` is another page than that of all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"")
            if host.startswith(_LOCATION_HOSTS):
                scope = {**scope, "path": LOCATION, "raw_path": LOCATION.encode()}
        await self._app(scope, receive, send)
