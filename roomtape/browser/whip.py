"""Owns publishing by WHIP (RFC 9725) for the studio: its offer is sent from here, and the answer made fit for text."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import httpx

ANSWERED_WITHIN_S = 15.0
LEFT_WITHIN_S = 2.0
BITS_A_PIXEL = 6_000_000 / (1280 * 720)
"""Text of 14 px stays readable at 6 Mbit/s in 1280x720, also where all of it moves; what stands still takes little."""

_VIDEO = frozenset({"vp8", "vp9", "h264"})
_OPUS = "stereo=1;sprop-stereo=1;maxaveragebitrate=128000;usedtx=0;useinbandfec=1"


class WhipRefused(Exception):
    """The server does not take the tape; `for_good` when asking again is of no use."""

    def __init__(self, why: str, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


def most_bits(width: int, height: int) -> int:
    """Return the highest bit rate for a picture of that size, in bit/s."""
    return max(1_500_000, min(12_000_000, round(width * height * BITS_A_PIXEL)))


class WhipSession:
    """One publication at a time at `url` with `token`."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.AsyncClient(trust_env=False, timeout=ANSWERED_WITHIN_S)
        self._resource: str | None = None

    @property
    def peer_id(self) -> str:
        """The peer's id, the last part of the resource's address; empty before there is one."""
        return (self._resource or "").rpartition("/")[2]

    async def publish(self, offer: str) -> str:
        """Send an offer and return the answer. Raises WhipRefused."""
        headers = self._headers | {"Content-Type": "application/sdp"}
        try:
            response = await self._client.post(self._url, content=offer.encode(), headers=headers)
        except (httpx.HTTPError, OSError) as error:
            raise WhipRefused(f"the server cannot be reached: {error or type(error).__name__}", False) from error
        if response.status_code != 201:
            why = f"the server answered {response.status_code}: {response.text[:300]}"
            raise WhipRefused(why, 400 <= response.status_code < 500 and response.status_code not in (408, 409, 429))
        self._resource = urljoin(self._url, response.headers.get("Location", ""))
        return response.text

    async def leave(self) -> None:
        """End the publication, if there is one; a server that does not answer ends it by itself."""
        resource, self._resource = self._resource, None
        if resource is not None:
            try:
                await self._client.delete(resource, headers=self._headers, timeout=LEFT_WITHIN_S)
            except (httpx.HTTPError, OSError):
                return

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def tuned(answer: str, most_bits_s: int) -> str:
    """Return an answer that makes Chromium send a good picture at once, and stereo sound without pauses.

    Chromium begins at 300 kbit/s, in which text is a blur for seconds; `x-google-*` are its own parameters, in kbit/s.
    """
    start = most_bits_s * 2 // 3000
    video = (
        f"x-google-start-bitrate={start};x-google-min-bitrate={start // 4};x-google-max-bitrate={most_bits_s // 1000}"
    )
    lines = answer.replace("\r\n", "\n").rstrip("\n").split("\n")
    formats = {m[1]: i for i, line in enumerate(lines) if (m := re.match(r"a=fmtp:(\d+) ", line))}
    added: dict[int, str] = {}
    for i, line in enumerate(lines):
        if not (m := re.match(r"a=rtpmap:(\d+) ([A-Za-z0-9-]+)/", line)):
            continue
        more = _OPUS if m[2].lower() == "opus" else video if m[2].lower() in _VIDEO else None
        if more is None:
            continue
        if m[1] in formats:
            at = formats[m[1]]
            kept = [p for p in lines[at].split(" ", 1)[1].split(";") if p.split("=")[0].strip() not in more]
            lines[at] = f"a=fmtp:{m[1]} {';'.join([*kept, more])}"
        else:
            added[i] = f"a=fmtp:{m[1]} {more}"
    whole = [text for i, line in enumerate(lines) for text in (line, *([added[i]] if i in added else []))]
    return "\r\n".join(whole) + "\r\n"
