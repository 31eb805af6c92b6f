"""Owns sending a body to a URL that a caller gave: through the guard, in bounded time, and no redirect is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from roomtape.errors import DestinationError
from roomtape.outbound.fetch import CONNECTED_WITHIN_S, SCHEMES, pinned, tls_context
from roomtape.outbound.guard import Guard, Target

EXCERPT_BYTES = 1024
EXCERPT_WITHIN_S = 2.0
"""What an answer says is for a human to read; its status is what counts, and that is known by then."""


@dataclass(frozen=True)
class Answer:
    """How a server answered; `excerpt` is the beginning of the body, `retry_after_s` what it asked to wait."""

    status: int
    excerpt: str
    retry_after_s: float | None


async def post(guard: Guard, url: str, body: bytes, headers: Mapping[str, str], within_s: float) -> Answer:
    """POST `body` once and return the answer, whose head must come within `within_s` seconds, all included.

    Raises InvalidRequest for a bad URL, Barred for an address that must not be reached, and DestinationError when
    there was no answer: whether the body arrived is not known then.
    """
    context = await asyncio.to_thread(tls_context)
    timeout = httpx.Timeout(None, connect=CONNECTED_WITHIN_S)
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=timeout) as client:
        try:
            async with asyncio.timeout(within_s):
                target = await guard.check(url, SCHEMES)
                response = await _answered(client, target, body, headers)
        except TimeoutError as error:
            raise DestinationError(f"there was no answer within {within_s:g} s") from error
        try:
            return Answer(response.status_code, await _beginning(response), _retry_after(response))
        finally:
            await response.aclose()


async def _answered(
    client: httpx.AsyncClient, target: Target, body: bytes, headers: Mapping[str, str]
) -> httpx.Response:
    """Return the answer's head. The addresses are tried in turn until one accepts a connection."""
    problem = ""
    for address in target.addresses:
        request = client.build_request(
            "POST",
            pinned(target, address),
            content=body,
            headers={**headers, "Host": target.authority, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": target.host},
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            problem = str(error) or "no answer"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DestinationError(f"{target.host} gave no answer: {str(error) or type(error).__name__}") from error
    raise DestinationError(f"{target.host} cannot be reached: {problem}")


async def _beginning(response: httpx.Response) -> str:
    read = bytearray()
    try:
        async with asyncio.timeout(EXCERPT_WITHIN_S):
            async for piece in response.aiter_raw():
                read += piece
                if len(read) >= EXCERPT_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass  # what has come is shown
    return bytes(read[:EXCERPT_BYTES]).decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _retry_after(response: httpx.Response) -> float | None:
    """Return `Retry-After` in seconds (RFC 9110 10.2.3); its form as a date is passed over."""
    said = response.headers.get("Retry-After", "").strip()
    return float(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
