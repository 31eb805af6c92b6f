"""Owns which m-line of an SDK client's receive transport carries what: the client's list, not that of the SFU.

The SFU re-uses an m-line as soon as its source is gone; the client may be offered an m-line anew only after it has
rejected it itself (RFC 8829, section 5.2.2: only then is it recycled, and with a new mid). So each side has its own
order of m-lines, and a slot ties the two together for as long as one stream lasts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

Source = tuple[str, str]
"""A stream by its publisher: (peer id, mid in the publisher's SDP)."""


@dataclass
class Slot:
    """One m-line towards the client.

    `sfu_mid` is the m-line that feeds it, None when its source is gone; `sends` tells whether that one is active.
    `rejected`: the client has stopped it, it may be used anew. `formats` are the m-line's payload types with their
    `a=` lines as last used: a section without a source must still have some.
    """

    mid: str
    kind: str
    formats: tuple[str, ...]
    source: Source | None = None
    sfu_mid: str | None = None
    sends: bool = False
    rejected: bool = False
    placeholder: bool = False


@dataclass(frozen=True)
class Stream:
    """An m-line of the SFU's offer: its `mid` there, its source (None: it is gone), whether it sends."""

    mid: str
    kind: str
    source: Source | None
    sends: bool
    formats: tuple[str, ...]


class Slots:
    """All m-lines towards one client, in its order."""

    def __init__(self, slots: Iterable[Slot] = (), next_mid: int = 0) -> None:
        self.all = list(slots)
        self._next_mid = next_mid

    def placeholders(self, mids: Iterable[tuple[str, str, tuple[str, ...]]]) -> None:
        """Begin with the client's own m-lines, (mid, kind, formats): they never carry anything."""
        self.all = [Slot(mid, kind, formats, placeholder=True) for mid, kind, formats in mids]
        self._next_mid = len(self.all)

    def detach(self, sfu_mids: Iterable[str]) -> None:
        """These m-lines of the SFU feed their slots no longer; the client has not rejected the slots."""
        ended = set(sfu_mids)
        for slot in self.all:
            if slot.sfu_mid is not None and slot.sfu_mid in ended:
                slot.sfu_mid, slot.sends = None, False

    def take_over(self, streams: Iterable[Stream], *, place: bool = True) -> None:
        """Follow what the SFU offers now: streams that ended lose their slot's feed; with `place` new ones get a slot.

        An answer to the client must not have more m-lines than its offer: nothing is placed then.
        """
        offered = {stream.mid: stream for stream in streams}
        for slot in self.all:
            if slot.sfu_mid is None:
                continue
            stream = offered.get(slot.sfu_mid)
            if stream is None or stream.source != slot.source:
                slot.sfu_mid, slot.sends = None, False
            else:
                slot.sends = stream.sends
                slot.formats = stream.formats if stream.sends else slot.formats
        if not place:
            return
        fed = {slot.sfu_mid for slot in self.all}
        for stream in offered.values():
            if stream.source is not None and stream.sends and stream.mid not in fed:
                self._place(stream)

    def _place(self, stream: Stream) -> None:
        """Use a slot that the client has rejected, under a new mid, or add one at the end."""
        new = Slot(self._new_mid(), stream.kind, stream.formats, stream.source, stream.mid, sends=True)
        for index, slot in enumerate(self.all):
            if slot.rejected and slot.kind == stream.kind:
                self.all[index] = new
                return
        self.all.append(new)

    def _new_mid(self) -> str:
        taken = {slot.mid for slot in self.all}
        while str(self._next_mid) in taken:
            self._next_mid += 1
        self._next_mid += 1
        return str(self._next_mid - 1)

    def reject(self, mids: Iterable[str]) -> list[str]:
        """The client stopped these m-lines; return the SFU's m-lines that nobody needs any more."""
        gone = set(mids)
        freed = []
        for slot in self.all:
            if slot.mid not in gone or slot.placeholder or slot.rejected:
                continue
            if slot.sfu_mid is not None:
                freed.append(slot.sfu_mid)
            slot.rejected, slot.sfu_mid, slot.source, slot.sends = True, None, None, False
        return freed

    def of_source(self, source: Source) -> Slot | None:
        """Return the slot that carries a stream, or None."""
        return next((slot for slot in self.all if slot.source == source and slot.sfu_mid is not None), None)

    def fed_by(self, sfu_mid: str) -> Slot | None:
        """Return the slot that an m-line of the SFU feeds, or None."""
        return next((slot for slot in self.all if slot.sfu_mid == sfu_mid), None)

    def dump(self) -> dict[str, Any]:
        """Return everything as JSON values, for `load`."""
        return {"next_mid": self._next_mid, "slots": [asdict(slot) for slot in self.all]}

    @classmethod
    def load(cls, values: dict[str, Any]) -> Slots:
        """Return what `dump` wrote."""
        slots = []
        for item in values["slots"]:
            source = tuple(item["source"]) if item["source"] else None
            slots.append(Slot(**{**item, "formats": tuple(item["formats"]), "source": source}))
        return cls(slots, values["next_mid"])
