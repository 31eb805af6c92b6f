"""Owns the SDP of an SDK client's receive transport: what the SFU offers is retold to the client, and its answers back.

The roles are swapped at the start: the SDK's client offers first, and the SFU's subscribers only ever offer. So the
client's first offer is answered with the ICE and DTLS data of the SFU's offer, and that offer is answered with the
client's. From then on the SFU's offers are passed on, except that the client offers when it stops receiving something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from roomtape.errors import InvalidRequest
from roomtape.rooms import sdp
from roomtape.rooms.realtimekit.slots import Slot, Slots, Source, Stream
from roomtape.sfu.port import SubscribedStream

_TRANSPORT = ("ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup", "candidate", "end-of-candidates")
_OF_A_TRACK = ("mid", "ssrc", "ssrc-group", "msid")
_NEVER = ("urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")
"""Header extensions that name an m-line by the SFU's mid, which is not the client's."""
_ORIGIN = "o=roomtape 4611731400430051336 {version} IN IP4 127.0.0.1"


@dataclass(frozen=True)
class Ice:
    """One side's ICE and DTLS data; `candidates` are whole `a=` lines."""

    ufrag: str
    pwd: str
    fingerprint: str
    lite: bool
    candidates: tuple[str, ...]

    @classmethod
    def of(cls, description: sdp.Description) -> Self:
        """Read them. Raises InvalidRequest when something is missing."""
        if not description.sections:
            raise InvalidRequest("this session description has no m-line", "sdp", 400)
        first = description.sections[0]
        values = {}
        for name in ("ice-ufrag", "ice-pwd", "fingerprint"):
            value = description.attribute(first, name)
            if not value:
                raise InvalidRequest(f"a={name} is missing in this session description", "sdp", 400)
            values[name] = value
        with_some = next((s for s in description.sections if s.attribute("candidate")), first)
        candidates = tuple(line for line in with_some.lines if line.startswith("a=candidate:"))
        lite = "a=ice-lite" in description.session
        return cls(values["ice-ufrag"], values["ice-pwd"], values["fingerprint"], lite, candidates)

    def lines(self, setup: str) -> list[str]:
        return [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.pwd}", f"a=fingerprint:{self.fingerprint}",
                f"a=setup:{setup}"]  # fmt: skip


class ReceiveBridge:
    """The state of one receive transport. Every SDP taken in is checked before anything is changed by it."""

    def __init__(self, client: Ice, sfu: Ice) -> None:
        self.slots = Slots()
        self.client = client
        self.sfu = sfu
        self._version = 1
        self._offered: list[list[str]] = []
        self._answered: dict[str, list[str]] = {}

    @classmethod
    def first(cls, client_offer: str, sfu_offer: str) -> Self:
        """Begin with the client's first offer and the SFU's offer of its placeholders. Raises InvalidRequest."""
        client, sfu = sdp.parse(client_offer), sdp.parse(sfu_offer)
        bridge = cls(Ice.of(client), Ice.of(sfu))
        bridge.slots.placeholders((_mid(s), s.kind, _formats(s.lines, first_only=True)) for s in client.sections)
        bridge._offered = [section.lines for section in sfu.sections]
        return bridge

    def offered(self, sfu_offer: str, streams: Iterable[SubscribedStream], *, place: bool = True) -> None:
        """Take over an offer of the SFU. `streams` says what is on its m-lines; `place` as in `Slots.take_over`."""
        sections = sdp.parse(sfu_offer).sections
        sources: dict[str, Source | None] = {
            s.mid: (s.peer_id, s.peer_mid) if s.peer_id is not None and s.peer_mid is not None else None
            for s in streams
        }
        placeholders = {_mid_of(lines) for lines in self._offered[:2]}
        self._offered = [section.lines for section in sections]
        found = [
            Stream(_mid(s), s.kind, sources.get(_mid(s)), s.direction == "sendonly", _formats(s.lines))
            for s in sections
            if _mid(s) not in placeholders
        ]
        self.slots.take_over(found, place=place)

    def answered(self, client_answer: str) -> list[str]:
        """Take over the client's answer to `for_client("actpass")`; return the SFU's m-lines that it refused.

        Raises InvalidRequest.
        """
        description = sdp.parse(client_answer)
        mids = [_mid(section) for section in description.sections]
        if mids != [slot.mid for slot in self.slots.all]:
            raise InvalidRequest(f"the answer's m-lines {mids} are not those of the offer", "sdp", 400)
        self.client = Ice.of(description)
        self._answered = {_mid(section): section.lines for section in description.sections}
        return self.slots.reject(_mid(section) for section in description.sections if section.rejected)

    def closing(self, mids: Iterable[str], client_offer: str) -> list[str]:
        """Take over the client's offer that stops these m-lines; return the SFU's that are free now.

        An m-line with port 0 is stopped too, whether named or not. Raises InvalidRequest.
        """
        description = sdp.parse(client_offer)
        found = [_mid(section) for section in description.sections]
        if found != [slot.mid for slot in self.slots.all]:
            raise InvalidRequest(f"the offer's m-lines {found} are not those of this transport", "sdp", 400)
        return self.slots.reject({_mid(s) for s in description.sections if s.rejected} | set(mids))

    def for_client(self, setup: str) -> str:
        """Return the SDP for the client: an offer with `setup` "actpass", an answer with "passive"."""
        offered = {_mid_of(lines): lines for lines in self._offered}
        sections = [self._section(slot, offered, setup) for slot in self.slots.all]
        if sections:
            sections[0] += [*self.sfu.candidates, "a=end-of-candidates"]
        return self._text(sections, [slot.mid for slot in self.slots.all if not slot.rejected], lite=self.sfu.lite)

    def for_sfu(self) -> str:
        """Return the SDP answer for the SFU: its m-lines in its order, each as the client answered its slot."""
        sections = []
        for lines in self._offered:
            slot = self.slots.fed_by(_mid_of(lines))
            answer = self._answered.get(slot.mid) if slot is not None and slot.sends else None
            if answer is None or answer[0].split()[1] == "0":
                section = [*_head(lines[0], _mid_of(lines)), "a=inactive", "a=rtcp-mux", *_maps(lines)]
            else:
                kept = _without(answer, *_TRANSPORT, *_OF_A_TRACK)
                section = [kept[0], kept[1], f"a=mid:{_mid_of(lines)}", *kept[2:]]
            sections.append(section + self.client.lines("active"))
        return self._text(sections, [_mid_of(lines) for lines in self._offered], lite=False)

    def _section(self, slot: Slot, offered: dict[str, list[str]], setup: str) -> list[str]:
        if slot.rejected:
            return [*_head(_port(slot.formats[0], 0), slot.mid), "a=inactive", *slot.formats[1:]]
        if slot.sfu_mid is None or not slot.sends:
            body = [*_head(slot.formats[0], slot.mid), "a=inactive", "a=rtcp-mux", *slot.formats[1:]]
        else:
            lines = _without(offered[slot.sfu_mid], *_TRANSPORT)
            body = [f"a=mid:{slot.mid}" if line.startswith("a=mid:") else line for line in lines if not _hidden(line)]
        return body + self.sfu.lines(setup)

    def _text(self, sections: list[list[str]], bundled: list[str], *, lite: bool) -> str:
        self._version += 1
        head = ["v=0", _ORIGIN.format(version=self._version), "s=-", "t=0 0", *(["a=ice-lite"] if lite else []),
                "a=group:BUNDLE " + " ".join(bundled), "a=msid-semantic: WMS *"]  # fmt: skip
        return "\r\n".join([*head, *(line for section in sections for line in section), ""])

    def dump(self) -> dict[str, Any]:
        """Return everything as JSON values, for `load`."""
        return {
            "slots": self.slots.dump(),
            "client": vars(self.client),
            "sfu": vars(self.sfu),
            "version": self._version,
            "offered": self._offered,
            "answered": self._answered,
        }

    @classmethod
    def load(cls, values: dict[str, Any]) -> Self:
        """Return what `dump` wrote."""
        client, sfu = (Ice(**{**values[s], "candidates": tuple(values[s]["candidates"])}) for s in ("client", "sfu"))
        bridge = cls(client, sfu)
        bridge.slots = Slots.load(values["slots"])
        bridge._version, bridge._offered, bridge._answered = values["version"], values["offered"], values["answered"]
        return bridge


def for_publisher(offer: str, live: set[str]) -> str:
    """Return a client's offer for the SFU: only the m-lines whose mids are `live` are sent, the rest are inactive.

    The SDK's send transport has placeholders that nothing is ever sent on, and keeps offering m-lines whose producer
    it has forgotten. Trickling is taken out, since no candidate ever follows. Raises InvalidRequest.
    """
    description = sdp.parse(offer)
    lines = _without(description.session, "ice-options")
    for section in description.sections:
        own = _without(section.lines, "ice-options")
        if _mid(section) not in live:
            own = ["a=inactive" if line in ("a=sendonly", "a=sendrecv") else line for line in own]
            own = [line for line in own if not line.startswith(("a=simulcast:", "a=rid:"))]
        lines += own
    return "\r\n".join([*lines, ""])


def sending_mid(offer: str, kind: str, live: set[str]) -> str | None:
    """Return the mid of the last m-line of a kind that would send and is not `live` yet, or None."""
    found = None
    for section in sdp.parse(offer).sections:
        fresh = section.kind == kind and not section.rejected and _mid(section) not in live
        if fresh and section.direction in ("sendonly", "sendrecv"):
            found = _mid(section)
    return found


def _mid(section: sdp.Section) -> str:
    mid = section.attribute("mid")
    if not mid:
        raise InvalidRequest(f"m-line {section.index} has no a=mid", "sdp", 400)
    return mid


def _mid_of(lines: list[str]) -> str:
    return next(line[6:] for line in lines if line.startswith("a=mid:"))


def _head(mline: str, mid: str) -> list[str]:
    return [mline, "c=IN IP4 0.0.0.0", f"a=mid:{mid}"]


def _port(mline: str, port: int) -> str:
    kind, _, rest = mline.split(" ", 2)
    return f"{kind} {port} {rest}"


def _maps(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("a=rtpmap:", "a=fmtp:"))]


def _formats(lines: list[str], *, first_only: bool = False) -> tuple[str, ...]:
    """Return the m-line (port 9) and its rtpmap and fmtp lines; `first_only`: of its first payload type alone."""
    kind, _, protocol, *types = lines[0].split(" ")
    if not first_only:
        return (" ".join([kind, "9", protocol, *types]), *_maps(lines))
    first = types[0]
    own = [line for line in _maps(lines) if line.split(":", 1)[1].split(" ")[0] == first]
    return (f"{kind} 9 {protocol} {first}", *own)


def _without(lines: list[str], *names: str) -> list[str]:
    begins = tuple(f"a={name}" for name in names)
    return [line for line in lines if not (line.startswith(begins) and line.split(":", 1)[0] in begins)]


def _hidden(line: str) -> bool:
    return line.startswith("a=extmap:") and line.split(" ")[1] in _NEVER
