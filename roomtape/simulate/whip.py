"""Owns the client's side of WHIP (RFC 9725): one POST, one DELETE."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from roomtape.errors import DestinationError

TIMEOUT_S = 15.0


@dataclass(frozen=True)
class WhipSession:
    """A publication the server accepted: its resource and its answer."""

    resource: str
    answer: str


def endpoint(url: str) -> str:
    """Return the WHIP endpoint of a server's base URL; a URL with a path is taken as the endpoint itself."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise DestinationError(f"{url!r} is no http(s) URL; it looks like http://127.0.0.1:8080")
    return url if parts.path not in ("", "/") else f"{parts.scheme}://{parts.netloc}/whip"


async def publish(client: httpx.AsyncClient, url: str, token: str, offer: str) -> WhipSession:
    """POST the offer. Raises DestinationError, in the server's words, unless it answers 201 with a Location."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    try:
        response = await client.post(url, content=offer.encode(), headers=headers, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise DestinationError(f"{url} cannot be reached: {error or type(error).__name__}") from error
    if response.status_code != 201:
        raise DestinationError(f"{url} answered {response.status_code}: {response.text[:300].strip()}")
    if "location" not in response.headers:
        raise DestinationError(f"{url} answered 201 without a Location header, which RFC 9725 requires")
    return WhipSession(urljoin(str(response.url), response.headers["location"]), response.text)


async def unpublish(client: httpx.AsyncClient, session: WhipSession, token: str) -> None:
    """DELETE the resource; a server that is away or has forgotten it is no error."""
    try:
        await client.delete(session.resource, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S)
    except httpx.HTTPError:
        return
