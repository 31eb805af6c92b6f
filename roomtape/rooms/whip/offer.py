"""Owns what a WHIP offer must look like (RFC 9725, section 4.2) and which codec of it is taken."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.errors import InvalidRequest
from roomtape.rooms import sdp

AUDIO = ("opus",)
VIDEO = ("vp8", "vp9", "h264")


@dataclass(frozen=True)
class Offer:
    """An offer that can be taken: its text, the kinds it publishes, and the video codec its sender prefers."""

    text: str
    kinds: frozenset[str]
    video_codec: str | None
    etag: str


def read(text: str) -> Offer:
    """Check an offer.

    Raises InvalidRequest: 400 for malformed SDP, 406 when no codec in it is one we take, with the list of those.
    """
    description = sdp.parse(text)
    sections = [s for s in description.sections if s.kind in ("audio", "video") and not s.rejected]
    if not sections:
        raise InvalidRequest("the offer has no audio or video section", "sdp", 400)
    for section in sections:
        for name in ("ice-ufrag", "ice-pwd", "fingerprint"):
            if not description.attribute(section, name):
                raise InvalidRequest(f"section {section.index} ({section.kind}) has no a={name}", "sdp", 400)
    sending = [s for s in sections if s.direction in ("sendonly", "sendrecv")]
    if not sending:
        raise InvalidRequest("nothing in the offer is sendonly or sendrecv, so there is nothing to publish", "sdp", 400)
    codec = None
    for section in sending:
        taken = next((c for c in section.codecs() if c in (AUDIO if section.kind == "audio" else VIDEO)), None)
        if taken is None:
            offered = ", ".join(section.codecs()) or "none"
            raise InvalidRequest(
                f"no codec of the {section.kind} section is one we take (offered: {offered}); "
                f"we take {', '.join(AUDIO)} for audio and {', '.join(VIDEO)} for video",
                "sdp",
                406,
            )
        if section.kind == "video" and codec is None:
            codec = taken
    ufrag = description.attribute(sending[0], "ice-ufrag") or ""
    return Offer(text, frozenset(s.kind for s in sending), codec, f'"{ufrag}"')
