"""Tests of who speaks, fed with packets of 20 ms as tracks have them."""

import itertools
import random
from collections.abc import Iterable

import pytest

from roomtape.domain.speaking import STEP_US, Speaking

T = 1_760_000_000_000_000
S = 1_000_000
PACKET_US = 20_000

Packet = tuple[str, int, int, int]
"""Who, time in µs, duration in µs, level in -dBov."""


def talk(who: str, start_s: float, end_s: float, level: int = 30) -> list[Packet]:
    return [(who, T + at, PACKET_US, level) for at in range(round(start_s * S), round(end_s * S), PACKET_US)]


def speaking(*tracks: Iterable[Packet]) -> Speaking:
    found = Speaking()
    for track in tracks:
        for who, *packet in track:
            found.heard(who, who, *packet)
    return found


def at(found: Speaking, t: float) -> tuple[set[str], str | None, tuple[str, ...]]:
    now = found.at(T + round(t * S))
    return set(now.speaking), now.active, now.spoken


def test_nobody_speaks_in_silence() -> None:
    found = speaking(talk("ann", 0, 10, level=70), talk("bob", 0, 10, level=127))
    assert at(found, 9) == (set(), None, ())


def test_a_mark_comes_after_a_fifth_of_a_second_and_stays_over_pauses_between_words() -> None:
    found = speaking([*talk("ann", 1, 2), *talk("ann", 2.5, 3)])
    marked = [t / 10 for t in range(60) if at(found, t / 10)[0]]
    assert marked == [t / 10 for t in range(12, 37)]


def test_a_click_marks_nobody() -> None:
    found = speaking([*talk("ann", 1, 1.1), *talk("ann", 3, 3.02)])
    assert found.changes(T, T + 5 * S) == []


def test_the_active_speaker_needs_a_second_of_speech() -> None:
    found = speaking(talk("ann", 1, 1.9), talk("bob", 3, 5))
    assert at(found, 2.9)[1] is None
    assert at(found, 3.9)[1] is None
    assert at(found, 4)[1] == "bob"


def test_who_falls_silent_stays_until_somebody_else_has_spoken_a_second() -> None:
    found = speaking(talk("ann", 0, 3), talk("bob", 8, 8.5), talk("cid", 20, 22))
    assert [at(found, t)[1] for t in (7, 9, 20.9, 21)] == ["ann", "ann", "ann", "cid"]


def test_who_speaks_on_is_not_interrupted_by_one_as_loud_but_by_one_much_louder() -> None:
    as_loud = speaking(talk("ann", 0, 10), talk("bob", 3, 10, level=28))
    assert {at(as_loud, t)[1] for t in (2, 4, 6, 9)} == {"ann"}
    louder = speaking(talk("ann", 0, 10), talk("bob", 3, 10, level=20))
    assert [at(louder, t)[1] for t in (4.9, 5, 9)] == ["ann", "bob", "bob"]


def test_a_change_is_not_followed_by_another_within_two_seconds() -> None:
    turns = [talk("ann" if i % 2 else "bob", i, i + 1) for i in range(20)]
    both: dict[str, list[Packet]] = {"ann": [], "bob": []}
    for turn in turns:
        both[turn[0][0]] += turn
    found = speaking(*both.values())
    holders = [(at(found, t / 10)[1]) for t in range(200)]
    changes = [t for t in range(1, 200) if holders[t] != holders[t - 1]]
    assert len(changes) > 3
    assert min(b - a for a, b in itertools.pairwise(changes)) >= 20


def test_those_who_spoke_are_in_order_of_having_spoken_last() -> None:
    found = speaking(talk("ann", 0, 2), talk("bob", 3, 5), talk("cid", 6, 6.8), [*talk("dan", 1, 2.1)])
    assert at(found, 1.5)[2] == ("ann",)
    assert at(found, 8)[2] == ("bob", "dan", "ann")
    again = speaking([*talk("ann", 0, 2), *talk("ann", 6, 7.5)], talk("bob", 3, 5))
    assert [at(again, t)[2] for t in (5.9, 7.1)] == [("bob", "ann"), ("ann", "bob")]


def test_two_tracks_of_one_person_are_one_voice() -> None:
    found = Speaking()
    for track, part in (("1", talk("ann", 0, 0.6)), ("2", talk("ann", 0.6, 1.2))):
        for who, *packet in part:
            found.heard(track, who, *packet)
    assert at(found, 1.1)[1] == "ann"


def test_long_packets_count_for_the_time_that_they_cover() -> None:
    found = speaking([("ann", T + i * 120_000, 120_000, 30) for i in range(10)])
    assert at(found, 0.9)[1] is None
    assert at(found, 1)[1] == "ann"


def _noise(seed: int) -> list[list[Packet]]:
    """Three people of changing loudness, with holes, and with clocks that jump back now and then."""
    chance = random.Random(seed)
    tracks = []
    for who in ("ann", "bob", "cid"):
        packets: list[Packet] = []
        t, level = T + chance.randrange(S), 30
        for _ in range(1500):
            if chance.random() < 0.02:
                level = chance.choice([15, 30, 45, 70, 127])
            if chance.random() < 0.005:
                t += chance.randrange(2 * S) - S // 2
            packets.append((who, t, PACKET_US, level + chance.randrange(5) if level < 120 else level))
            t += PACKET_US
        tracks.append(packets)
    return tracks


def _read(tracks: list[list[Packet]], step_us: int, ahead_us: int) -> list[tuple[int, object]]:
    """Hear the tracks in pieces of `step_us`, each as a reader gives it: in order of sending, up to a time."""
    found, places = Speaking(), [0] * len(tracks)
    seen: list[tuple[int, object]] = []
    for until in range(T + step_us, T + 40 * S + 1, step_us):
        for i, packets in enumerate(tracks):
            while places[i] < len(packets) and packets[places[i]][1] < until + ahead_us:
                who, *packet = packets[places[i]]
                found.heard(i, who, *packet)
                places[i] += 1
        seen += [(t, found.at(t)) for t in found.changes(until - step_us, until)]
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_the_answer_does_not_depend_on_how_far_and_in_what_pieces_was_read(seed: int) -> None:
    tracks = _noise(seed)
    whole = _read(tracks, 20 * S, 20 * S)
    assert len(whole) > 20
    assert _read(tracks, 4 * S, 150_000) == whole
    assert _read(tracks, 40_000, 0) == whole
    assert all(t % STEP_US == 0 for t, _ in whole)


def test_what_is_forgotten_changes_nothing_later() -> None:
    tracks = _noise(1)
    kept, pruned = speaking(*tracks), speaking(*tracks)
    pruned.at(T + 10 * S)
    pruned.forget(T + 10 * S)
    assert [pruned.at(t) for t in range(T + 10 * S, T + 20 * S, 30_000)] == [
        kept.at(t) for t in range(T + 10 * S, T + 20 * S, 30_000)
    ]
    assert pruned.changes(T + 10 * S, T + 20 * S) == kept.changes(T + 10 * S, T + 20 * S)


def test_hours_of_silence_cost_nothing() -> None:
    found = speaking([*talk("ann", 0, 2), *talk("ann", 1e9, 1e9 + 2)])
    assert at(found, 1e9 - 1)[1] == "ann"
    assert at(found, 1e9 + 1)[0] == {"ann"}


def test_one_that_begins_anew_hears_one_track_again_and_knows_the_others() -> None:
    tracks = _noise(2)
    whole = speaking(*tracks)
    whole.at(T + 30 * S)
    again = whole.again({"bob"})
    for who, *packet in tracks[1]:
        again.heard("bob", who, *packet)
    assert again.changes(0, T + 30 * S) == whole.changes(0, T + 30 * S) != []
    without = whole.again({"bob"})
    assert "bob" not in {who for t in range(300) for who in without.at(T + t * S // 10).speaking}
