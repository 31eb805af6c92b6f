"""Owns Janus's SDP answer: which offered m-lines it took, with which codec, and which header extensions."""

from __future__ import annotations

import re
from typing import Literal, cast

from roomtape.rtp import audiolevel, capturetime, orientation
from roomtape.sfu.port import Handle, Published, PublishedTrack

_EXTMAP = re.compile(r"a=extmap:(\d+)(?:/\w+)? (\S+)")
_CAPTURE_TIME = re.compile(rf"^a=extmap:(\d+)(?:/sendrecv|/sendonly)? {re.escape(capturetime.URI)}\s*$", re.MULTILINE)
_SECTION = re.compile(r"^(?=m=)", re.MULTILINE)


def tracks(sdp: str) -> tuple[PublishedTrack, ...]:
    """Return the audio and video m-lines that were accepted, in their order.

    A rejected m-line has port 0 or is inactive (RFC 8829, section 5.3.1). The codec is that of the first format.
    """
    sections: list[list[str]] = []
    for line in sdp.splitlines():
        if line.startswith("m="):
            sections.append([])
        if sections:
            sections[-1].append(line)
    found = (_track(mindex, lines) for mindex, lines in enumerate(sections))
    return tuple(track for track in found if track is not None)


def published(handle: Handle, sdp: str, offer: str) -> Published:
    """Return what the answer `sdp` to `offer` publishes."""
    complete = with_capture_times(sdp, offer)
    return Published(handle, complete, tracks(complete))


def with_capture_times(sdp: str, offer: str) -> str:
    """Return the answer `sdp` with the capture times that `offer` has: Janus knows nothing of them, and records them.

    To subscribers it passes on only the extensions it has negotiated with them.
    """
    sections, offered = _SECTION.split(sdp), _SECTION.split(offer)
    for at, (section, asked) in enumerate(zip(sections, offered, strict=False)):
        line = _CAPTURE_TIME.search(asked)
        if at and line is not None and _track(at - 1, section.splitlines()) is not None:
            sections[at] = f"{section.rstrip()}\r\na=extmap:{line[1]} {capturetime.URI}\r\n"
    return "".join(sections)


def _track(mindex: int, lines: list[str]) -> PublishedTrack | None:
    kind, port, _, *formats = lines[0].removeprefix("m=").split()
    if kind not in ("audio", "video") or port == "0" or "a=inactive" in lines or not formats:
        return None
    names = dict(line.removeprefix("a=rtpmap:").split(" ", 1) for line in lines if line.startswith("a=rtpmap:"))
    if formats[0] not in names:
        return None
    mid = next((line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:")), str(mindex))
    codec = names[formats[0]].split("/")[0].lower()
    ids = {match[2]: int(match[1]) for line in lines if (match := _EXTMAP.match(line))}
    level = ids.get(audiolevel.URI) if kind == "audio" else None
    turned = ids.get(orientation.URI) if kind == "video" else None
    captured = ids.get(capturetime.URI)
    return PublishedTrack(mindex, mid, cast("Literal['audio', 'video']", kind), codec, level, turned, captured)
