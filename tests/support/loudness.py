"""Owns looking into a capture for what senders said of their loudness (RFC 6464)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from roomtape.capture.timeline import Timeline

Levels = list[tuple[int, int]]
"""Session time in µs, and the level in -dBov."""


def levels(folder: Path) -> dict[str, Levels]:
    """Return the levels of each participant's sound in the capture in `folder`, by name."""
    timeline = Timeline(folder)
    timeline.poll()
    return {
        timeline.name_at(key.peer_id, 0): [(f.time_us, f.level) for f in track.read(2**62) if f.level is not None]
        for key, track in timeline.tracks.items()
        if track.kind == "audio"
    }


def rises_with_beeps(found: Levels, beeps_us: Sequence[int]) -> None:
    """Fail unless a steady tone of amplitude 0.1 (-23 dBov) is said to be louder while it beeps, and only then."""
    begin, end = found[0][0], found[-1][0]
    heard = [beep for beep in beeps_us if begin < beep < end - 300_000]
    assert len(heard) >= 3
    calm = [level for t, level in found if level < 127 and all(not -100_000 < t - b < 500_000 for b in beeps_us)]
    assert 18 <= median(calm) <= 30
    for beep in heard:
        assert min(level for t, level in found if -50_000 < t - beep < 400_000) <= median(calm) - 5
    loud = sum(level <= median(calm) - 5 for level in calm)
    assert loud <= len(calm) / 50, f"{loud} of {len(calm)} packets between beeps are loud"


def is_silent(found: Levels, from_us: int, until_us: int) -> None:
    """Fail unless nothing is sent in this time, or silence."""
    assert {level for t, level in found if from_us < t < until_us} <= {127}
