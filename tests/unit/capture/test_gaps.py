import pytest

from roomtape.capture.gaps import Circumstances, Hole, matters, name_gaps
from roomtape.capture.troubles import Trouble
from roomtape.capture.values import Gap, GapCause

SEC = 1_000_000


def _around(**known: list[tuple[int, int | None]]) -> Circumstances:
    spans: dict[str, list[tuple[int, int | None]]] = {"takes": [(0, None)], "muted": [], "paused": [], "down": []}
    return Circumstances(**(spans | known))


@pytest.mark.parametrize(
    ("kind", "length_us", "lost", "expected"),
    [
        ("audio", 60_000, 2, False),
        ("audio", 61_000, 2, True),
        ("audio", 400_000, 0, False),  # a silent Opus sender
        ("audio", 461_000, 0, True),
        ("video", 1_000_000, 30, False),
        ("video", 1_000_001, 0, True),
    ],
)
def test_which_holes_count(kind: str, length_us: int, lost: int, expected: bool) -> None:
    assert matters(kind, length_us, lost) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lost", "known", "cause"),
    [
        (100, {}, GapCause.NETWORK),
        (0, {}, GapCause.SENDER_STOPPED),
        (0, {"muted": [(0, None)]}, GapCause.MUTED),
        (1, {"muted": [(11 * SEC, 20 * SEC)]}, GapCause.MUTED),
        (100, {"muted": [(11 * SEC, 12 * SEC)]}, GapCause.NETWORK),
        (0, {"down": [(9 * SEC, 21 * SEC)]}, GapCause.SERVER_DOWN),
        (7, {"down": [(9 * SEC, 21 * SEC)]}, GapCause.NETWORK),
        (0, {"vanished": [(10 * SEC, 21 * SEC)]}, GapCause.NETWORK),
        (0, {"vanished": [(10 * SEC, 21 * SEC)], "muted": [(9 * SEC, None)]}, GapCause.MUTED),
    ],
)
def test_causes_while_a_take_runs(lost: int, known: dict[str, list[tuple[int, int | None]]], cause: GapCause) -> None:
    hole = Hole(10 * SEC, 20 * SEC, lost)
    assert name_gaps("audio", [hole], _around(**known)) == [Gap(10 * SEC, 20 * SEC, cause, lost)]


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ({}, GapCause.NOT_CAPTURED),
        ({"paused": [(10 * SEC, 20 * SEC)]}, GapCause.PAUSED),
        ({"down": [(8 * SEC, 22 * SEC)]}, GapCause.SERVER_DOWN),
        ({"muted": [(0, None)]}, GapCause.NOT_CAPTURED),
    ],
)
def test_causes_between_takes(known: dict[str, list[tuple[int, int | None]]], cause: GapCause) -> None:
    around = _around(takes=[(0, 10 * SEC), (20 * SEC, None)], **known)
    assert name_gaps("audio", [Hole(10 * SEC, 20 * SEC, 0)], around) == [Gap(10 * SEC, 20 * SEC, cause)]


def test_a_hole_is_cut_where_takes_end_and_begin() -> None:
    around = _around(takes=[(0, 5 * SEC), (8 * SEC, None)], muted=[(3 * SEC, None)])
    assert name_gaps("audio", [Hole(2 * SEC, 12 * SEC, 0)], around) == [
        Gap(2 * SEC, 5 * SEC, GapCause.MUTED),
        Gap(5 * SEC, 8 * SEC, GapCause.NOT_CAPTURED),
        Gap(8 * SEC, 12 * SEC, GapCause.MUTED),
    ]


def test_short_parts_beside_a_take_are_left_out() -> None:
    around = _around(takes=[(0, 5 * SEC), (5 * SEC + 50_000, None)])
    assert name_gaps("audio", [Hole(5 * SEC - 20_000, 5 * SEC + 70_000, 0)], around) == []


@pytest.mark.parametrize(
    ("troubles", "cause"),
    [
        ([(19, "crashed", None)], GapCause.CRASHED),  # noticed late
        ([(5, "hung", 12), (12, "gone", 21)], GapCause.GONE),
        ([(5, "hung", 10)], GapCause.NETWORK),
        ([(12, "refused", None)], GapCause.NETWORK),
    ],
)
def test_the_troubles_of_a_page(troubles: list[tuple[int, str, int | None]], cause: GapCause) -> None:
    page = [Trouble(t * SEC, what, "", None if back is None else back * SEC) for t, what, back in troubles]
    around = Circumstances([(0, None)], [], [], [], troubles=page)
    assert name_gaps("video", [Hole(10 * SEC, 20 * SEC, 7)], around) == [Gap(10 * SEC, 20 * SEC, cause, 7)]
    paused = Circumstances([(0, 10 * SEC), (20 * SEC, None)], [], [(10 * SEC, 20 * SEC)], [], troubles=page)
    assert name_gaps("video", [Hole(10 * SEC, 20 * SEC, 0)], paused)[0].cause is GapCause.PAUSED
