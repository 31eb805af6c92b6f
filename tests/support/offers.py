"""Owns SDP offers as WHIP clients make them, without candidates."""

from __future__ import annotations

_HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
_ICE = "a=ice-ufrag:uf\r\na=ice-pwd:pw\r\na=fingerprint:sha-256 00\r\na=sendonly\r\n"
_SECTIONS = {
    "audio": f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{_ICE}a=mid:0\r\na=rtpmap:111 opus/48000/2\r\n",
    "video": f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n{_ICE}a=mid:1\r\na=rtpmap:96 VP8/90000\r\n",
}


def offer(*kinds: str) -> str:
    """Return an offer that sends the given kinds."""
    return _HEAD + "".join(_SECTIONS[kind] for kind in kinds)


OFFER = offer("audio", "video")
