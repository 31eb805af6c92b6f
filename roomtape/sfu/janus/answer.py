"""Owns reading Janus's SDP answer: which offered m-lines it took, with which codec and header extensions."""

from __future__ import annotations

import re
from typing import Literal, cast

from roomtape.rtp import audiolevel, orientation
from roomtape.sfu.port import PublishedTrack

_EXTMAP = re.compile(r"a=extmap:(\d+)(?:/\w+)? (\S+)")


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
    return PublishedTrack(mindex, mid, cast("Literal['audio', 'video']", kind), codec, level, turned)
