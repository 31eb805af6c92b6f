"""Owns a model of the browser's side of an SDK client's transports, as strict about m-lines as Chromium is."""

from __future__ import annotations

from dataclasses import dataclass

from roomtape.rooms import sdp

ICE = ["a=ice-ufrag:brow", "a=ice-pwd:browsersecretbrowsersecr", "a=ice-options:trickle", "a=fingerprint:sha-256 AA:BB"]
FORMATS = {
    "audio": ("111 63", ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10", "a=rtpmap:63 red/48000/2"]),
    "video": ("96 97", ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"]),
}
NAMES = ["a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"]


@dataclass
class Transceiver:
    mid: str
    kind: str
    stopped: bool = False


def section(kind: str, mid: str, direction: str, setup: str = "actpass", more: tuple[str, ...] = ()) -> list[str]:
    """Return an m-line with what belongs to it as a browser offers it."""
    types, lines = FORMATS[kind]
    head = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", f"a={direction}", "a=rtcp-mux"]
    return [*head, *lines, *NAMES, *more, *ICE, f"a=setup:{setup}"]


def text(sections: list[list[str]], mids: list[str]) -> str:
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(mids)]
    return "\r\n".join([*lines, *(line for lines_ in sections for line in lines_), ""])


def send_offer(*tracks: tuple[str, str, str]) -> str:
    """Return the offer of a send transport: the placeholders, then (kind, mid, direction) of each track."""
    simulcast = ("a=rid:f send", "a=rid:h send", "a=simulcast:send f;h")
    sections = [section("audio", "0", "sendonly"), section("video", "1", "sendonly", more=simulcast)]
    sections += [section(kind, mid, direction) for kind, mid, direction in tracks]
    return text(sections, ["0", "1", *(mid for _, mid, _ in tracks)])


class Browser:
    """The receive transport: what it is offered must keep the order of its m-lines (RFC 8829, section 5.10)."""

    def __init__(self) -> None:
        self.lines = [Transceiver("0", "audio"), Transceiver("1", "video")]
        self._used = {"0", "1"}

    def first_offer(self) -> str:
        return text([section(t.kind, t.mid, "sendonly") for t in self.lines], [t.mid for t in self.lines])

    def closing_offer(self, mids: set[str]) -> str:
        """Stop the transceivers of `mids` and offer."""
        for line in self.lines:
            line.stopped |= line.mid in mids
        return self._text("actpass")

    def answer(self, offer: str) -> str:
        """Take an offer; return the answer, which receives whatever is sent."""
        found = sdp.parse(offer).sections
        assert len(found) >= len(self.lines), "m-lines vanished"
        for index, new in enumerate(found):
            mid, kind = new.attribute("mid") or "", new.kind
            if index < len(self.lines) and self.lines[index].mid == mid:
                assert self.lines[index].kind == kind, "the kind of an m-line changed"
                assert new.rejected or not self.lines[index].stopped, "a stopped m-line is offered again under its mid"
                continue
            assert index == len(self.lines) or self.lines[index].stopped, "an m-line in use got another mid"
            assert mid not in self._used, "a mid is used twice"
            self._used.add(mid)
            self.lines[index : index + 1] = [Transceiver(mid, kind)]
        self._check_bundle(offer)
        directions = ["recvonly" if s.direction == "sendonly" else "inactive" for s in found]
        return self._text("active", directions)

    def take_answer(self, answer: str) -> None:
        found = sdp.parse(answer).sections
        assert [s.attribute("mid") for s in found] == [line.mid for line in self.lines], "not the m-lines of the offer"
        assert [s.rejected for s in found] == [line.stopped for line in self.lines]
        self._check_bundle(answer)

    def _check_bundle(self, given: str) -> None:
        description = sdp.parse(given)
        group = next(line for line in description.session if line.startswith("a=group:BUNDLE"))
        used = [s.attribute("mid") for s in description.sections if not s.rejected]
        assert group.split(" ")[1:] == used, "the bundle is not what is in use"
        for s in description.sections:
            assert s.rejected or s.attribute("ice-ufrag"), "an m-line in use has no transport"

    def _text(self, setup: str, directions: list[str] | None = None) -> str:
        sections = []
        for index, line in enumerate(self.lines):
            direction = directions[index] if directions else ("sendonly" if index < 2 else "recvonly")
            types, maps = (
                ("111", ["a=rtpmap:111 opus/48000/2"]) if line.kind == "audio" else ("96", ["a=rtpmap:96 VP8/90000"])
            )
            port = 0 if line.stopped else 9
            head = [f"m={line.kind} {port} UDP/TLS/RTP/SAVPF {types}", "c=IN IP4 0.0.0.0", f"a=mid:{line.mid}"]
            tail = ["a=inactive"] if line.stopped else [f"a={direction}", "a=rtcp-mux", *ICE, f"a=setup:{setup}"]
            sections.append([*head, *maps, *tail])
        return text(sections, [line.mid for line in self.lines if not line.stopped])
