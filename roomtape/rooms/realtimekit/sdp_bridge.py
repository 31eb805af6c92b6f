"""Owns the SDP of an SDK client's receive transport: what the SFU offers is retold to the client, and its answers back.

The roles are swapped at the start: the SDK's client offers first, and the SFU's subscribers only ever offer. So the
client's first offer is answered with the ICE and DTLS data of the SFU's offer, and that offer is answered with the
client's. From then on the SFU's offers are passed on, except that the client offers when it stops receiving something.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from roomtape.errors import InvalidRequest
from roomtape.rooms import sdp
from roomtape.rooms.realtimekit.sections import (
    TRANSPORT,
    Ice,
    formats,
    head,
    maps,
    mid_in,
    mid_of,
    read,
    with_port,
    without,
)
from roomtape.rooms.realtimekit.slots import Slot, Slots, Source, Stream
from roomtape.sfu.port import SubscribedStream

_OF_A_TRACK = ("mid", "ssrc", "ssrc-group", "msid")
_NEVER = ("urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")
"""Header extensions that name an m-line by the SFU's mid, which is not the client's."""
_ORIGIN = "o=roomtape 4611731400430051336 {version} IN IP4 127.0.0.1"


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
        client, sfu = read(client_offer), sdp.parse(sfu_offer)
        bridge = cls(Ice.of(client), Ice.of(sfu))
        bridge.slots.placeholders((mid_in(s), s.kind, formats(s.lines, first_only=True)) for s in client.sections)
        bridge._offered = [section.lines for section in sfu.sections]
        return bridge

    def offered(self, sfu_offer: str, streams: Iterable[SubscribedStream], *, place: bool = True) -> None:
        """Take over an offer of the SFU. `streams` says what is on its m-lines; `place` as in `Slots.take_over`."""
        sections = sdp.parse(sfu_offer).sections
        sources: dict[str, Source | None] = {
            s.mid: (s.peer_id, s.peer_mid) if s.peer_id is not None and s.peer_mid is not None else None
            for s in streams
        }
        placeholders = {mid_of(lines) for lines in self._offered[:2]}
        self._offered = [section.lines for section in sections]
        found = [
            Stream(mid_in(s), s.kind, sources.get(mid_in(s)), s.direction == "sendonly", formats(s.lines))
            for s in sections
            if mid_in(s) not in placeholders
        ]
        self.slots.take_over(found, place=place)

    def answered(self, client_answer: str) -> list[str]:
        """Take over the client's answer to `for_client("actpass")`; return the SFU's m-lines that it refused.

        Raises InvalidRequest.
        """
        description = read(client_answer)
        self._check(description)
        self.client = Ice.of(description)
        self._answered = {mid_in(section): section.lines for section in description.sections}
        return self.slots.reject(mid_in(section) for section in description.sections if section.rejected)

    def closing(self, mids: Iterable[str], client_offer: str) -> list[str]:
        """Take over the client's offer that stops these m-lines; return the SFU's that are free now.

        An m-line with port 0 is stopped too, whether named or not. Raises InvalidRequest.
        """
        description = read(client_offer)
        self._check(description)
        return self.slots.reject({mid_in(s) for s in description.sections if s.rejected} | set(mids))

    def _check(self, description: sdp.Description) -> None:
        found = [(mid_in(section), section.kind) for section in description.sections]
        if found != [(slot.mid, slot.kind) for slot in self.slots.all]:
            raise InvalidRequest(f"the m-lines {found[:9]} are not those of this transport", "sdp", 400)

    def for_client(self, setup: str) -> str:
        """Return the SDP for the client: an offer with `setup` "actpass", an answer with "passive"."""
        offered = {mid_of(lines): lines for lines in self._offered}
        sections = [self._section(slot, offered, setup) for slot in self.slots.all]
        if sections:
            sections[0] += [*self.sfu.candidates, "a=end-of-candidates"]
        return self._text(sections, [slot.mid for slot in self.slots.all if not slot.rejected], lite=self.sfu.lite)

    def for_sfu(self) -> str:
        """Return the SDP answer for the SFU: its m-lines in its order, each as the client answered its slot."""
        sections = []
        for lines in self._offered:
            slot = self.slots.fed_by(mid_of(lines))
            answer = self._answered.get(slot.mid) if slot is not None and slot.sends else None
            if answer is None or answer[0].split()[1] == "0":
                section = [*head(lines[0], mid_of(lines)), "a=inactive", "a=rtcp-mux", *maps(lines)]
            else:
                kept = without(answer, *TRANSPORT, *_OF_A_TRACK)
                section = [*head(kept[0], mid_of(lines)), *(line for line in kept[1:] if not line.startswith("c="))]
            sections.append(section + self.client.lines("active"))
        return self._text(sections, [mid_of(lines) for lines in self._offered], lite=False)

    def _section(self, slot: Slot, offered: dict[str, list[str]], setup: str) -> list[str]:
        if slot.rejected:
            return [*head(with_port(slot.formats[0], 0), slot.mid), "a=inactive", *slot.formats[1:]]
        if slot.sfu_mid is None or not slot.sends:
            body = [*head(slot.formats[0], slot.mid), "a=inactive", "a=rtcp-mux", *slot.formats[1:]]
        else:
            lines = without(offered[slot.sfu_mid], *TRANSPORT)
            body = [_for_slot(line, slot) for line in lines if not _hidden(line)]
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


def _for_slot(line: str, slot: Slot) -> str:
    """Retell a line of the SFU's m-line for the client's.

    The SFU puts all tracks into one media stream (RFC 8830), of which a browser plays one pair in sync at most, and
    that may be one's voice with another's picture: so each publisher is given a stream of their own.
    """
    if line.startswith("a=mid:"):
        return f"a=mid:{slot.mid}"
    if line.startswith("a=msid:") and slot.source is not None:
        return f"a=msid:{slot.source[0]} track{slot.mid}"
    return line


def _hidden(line: str) -> bool:
    return line.startswith("a=extmap:") and line.split(" ")[1] in _NEVER
