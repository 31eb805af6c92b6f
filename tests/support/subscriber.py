"""Owns a model of a Janus subscriber: which m-line carries what, re-used as VideoRoom 1.1.2 does, and its offers."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.errors import NotFound
from roomtape.rooms import sdp
from roomtape.sfu.port import Handle, PublishedTrack, SubscribedStream, Subscription

OPUS = ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1"]
VP8 = ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli"]
ICE = [
    "a=ice-ufrag:sfu1",
    "a=ice-pwd:sfusecretsfusecretsfuse",
    "a=ice-options:trickle",
    "a=fingerprint:sha-256 D2:B9:31",
    "a=setup:actpass",
    "a=candidate:1 1 udp 2015363327 192.0.2.9 40000 typ host",
    "a=end-of-candidates",
]


@dataclass
class Line:
    """One m-line: `source` (peer, mid) or None when it is free; a placeholder is never re-used."""

    kind: str
    source: tuple[str, str] | None
    sends: bool = True


class FakeSubscriber:
    """Holds its m-lines; fails like Janus when an offer is made before the last one was answered."""

    def __init__(self) -> None:
        self.lines = [Line("audio", ("dummy", "0")), Line("video", ("dummy", "1"))]
        self.available: dict[tuple[str, str], str] = {}
        self.pending = True
        self.answers: list[str] = []
        self.changed = True
        self._version = 0

    def published(self, peer_id: str, mids: set[str]) -> None:
        """A publisher has these m-lines active now; its other ones are inactive or gone."""
        for line in self.lines:
            if line.source is not None and line.source[0] == peer_id:
                line.sends = line.source[1] in mids

    def gone(self, peer_id: str) -> None:
        """A publisher left: its m-lines are free at once."""
        for line in self.lines:
            if line.source is not None and line.source[0] == peer_id:
                line.source, self.changed = None, True

    def update(self, sources: list[tuple[str, str]], drop: list[str]) -> None:
        """Take off the m-lines `drop`, then subscribe to `sources`; "a" or "v" begins the mid of a made-up source."""
        assert not self.pending, "updating: the last offer has not been answered"
        if any(mid.startswith("missing") for _, mid in sources):
            raise NotFound("no such feed")
        for mid in drop:
            self.lines[int(mid)].source = None
            self.changed = True
        for source in sources:
            if any(line.source == source for line in self.lines):
                continue
            kind = "audio" if source[1].startswith("a") else "video"
            free = next((line for line in self.lines[2:] if line.source is None and line.kind == kind), None)
            if free is None:
                self.lines.append(free := Line(kind, None))
            free.source, free.sends, self.changed = source, True, True

    def subscription(self, handle: Handle) -> Subscription:
        """Return what Janus replies: an offer if anything changed."""
        if not self.changed:
            return Subscription(handle, None, ())
        self.changed, self.pending = False, True
        streams = tuple(
            SubscribedStream(str(i), *(line.source if line.source else (None, None)))
            for i, line in enumerate(self.lines)
        )
        return Subscription(handle, self.offer(), streams)

    def offer(self) -> str:
        self._version += 1
        mids = " ".join(str(i) for i in range(len(self.lines)))
        lines = ["v=0", f"o=- 1 {self._version} IN IP4 192.0.2.9", "s=VideoRoom", "t=0 0", f"a=group:BUNDLE {mids}"]
        for index, line in enumerate(self.lines):
            audio = line.kind == "audio"
            lines += [
                f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {111 if audio else 96}",
                "c=IN IP4 192.0.2.9",
                "a=sendonly" if line.source and line.sends else "a=inactive",
                f"a=mid:{index}",
                f"a=msid:janus janus{index}",
                "a=rtcp-mux",
                *(OPUS if audio else VP8),
                "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
                "a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
                *ICE,
            ]
        return "\r\n".join([*lines, ""])

    def answered(self, answer: str) -> None:
        """Take an answer; its m-lines must be those of the offer."""
        assert self.pending, "an answer without an offer"
        sections = sdp.parse(answer).sections
        assert [s.attribute("mid") for s in sections] == [str(i) for i in range(len(self.lines))]
        assert [s.kind for s in sections] == [line.kind for line in self.lines]
        self.pending = False
        self.answers.append(answer)

    def sending(self) -> set[tuple[str, str]]:
        """Return the sources that reach the client: on an m-line that was answered as receiving."""
        if not self.answers:
            return set()
        sections = sdp.parse(self.answers[-1]).sections
        return {
            line.source
            for line, section in zip(self.lines, sections, strict=False)
            if line.source and line.sends and section.direction == "recvonly"
        }


def active_tracks(offer: str) -> tuple[PublishedTrack, ...]:
    """Return what a publisher's offer has of active m-lines, as Janus would take them."""
    if not offer.startswith("v=0\r\n"):
        return ()
    found = []
    for section in sdp.parse(offer).sections:
        if section.direction == "sendonly" and not section.rejected:
            kind, codec = ("audio", "opus") if section.kind == "audio" else ("video", "vp8")
            found.append(PublishedTrack(section.index, section.attribute("mid") or "", kind, codec))  # type: ignore[arg-type]
    return tuple(found)


def answer_to(offer: str) -> str:
    """Return Janus's answer to a publisher: what never was active is refused, except the first m-line."""
    found = sdp.parse(offer).sections
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=VideoRoom", "t=0 0", "a=group:BUNDLE 0"]
    for section in found:
        active = section.direction == "sendonly"
        port = 9 if active or section.index == 0 else 0
        formats, maps = ("111", OPUS) if section.kind == "audio" else ("96", VP8)
        lines += [
            f"m={section.kind} {port} UDP/TLS/RTP/SAVPF {formats if active else 0}",
            "c=IN IP4 192.0.2.9",
            "a=recvonly" if active else "a=inactive",
            f"a=mid:{section.attribute('mid')}",
            *(maps if active else []),
            *(ICE if port else []),
        ]
    return "\r\n".join([*lines, ""])
