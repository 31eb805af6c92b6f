"""Tests of who sits where."""

from roomtape.domain.seating import reseat

PEOPLE = tuple("abcdefg")


def test_while_there_is_room_all_sit_in_order_of_coming() -> None:
    seats = reseat((), PEOPLE[:2], (), 25)
    seats = reseat(seats, PEOPLE[:4], ("d", "a"), 25)
    assert seats == tuple("abcd")
    assert reseat(seats, ("a", "c", "d", "e"), ("d",), 25) == tuple("acde")


def test_who_speaks_takes_the_place_of_the_longest_silent_and_nobody_else_moves() -> None:
    seats = reseat((), PEOPLE, (), 4)
    assert seats == PEOPLE
    seats = reseat(seats, PEOPLE, ("f",), 4)
    assert seats == tuple("abcfedg")
    seats = reseat(seats, PEOPLE, ("a", "f"), 4)
    assert seats == tuple("abcfedg")
    seats = reseat(seats, PEOPLE, tuple("gcbaf"), 4)
    assert seats == tuple("abcgedf")


def test_the_same_again_changes_nothing() -> None:
    seats = reseat(PEOPLE, PEOPLE, tuple("gebd"), 3, "e")
    assert reseat(seats, PEOPLE, tuple("gebd"), 3, "e") == seats


def test_the_place_of_one_who_leaves_goes_to_the_last_to_have_spoken_of_those_unseen() -> None:
    seats = reseat(PEOPLE, tuple("acdefg"), ("a", "g"), 4)
    assert seats[:4] == tuple("agcd")
    assert reseat(PEOPLE, tuple("acdefg"), (), 4)[:4] == tuple("aecd")


def test_fewer_places_show_those_who_spoke_last() -> None:
    assert set(reseat(PEOPLE, PEOPLE, tuple("gec"), 3)[:3]) == set("gec")
    assert set(reseat(PEOPLE, PEOPLE, tuple("ge"), 3)[:3]) == set("age")


def test_the_active_speaker_changes_seats_with_the_one_before() -> None:
    seats = reseat((), PEOPLE[:5], (), 5, "a")
    seats = reseat(seats, PEOPLE[:5], ("d",), 5, "d")
    assert seats == tuple("dbcae")
    assert reseat(seats, PEOPLE[:5], ("b", "d"), 5, "b") == tuple("bdcae")


def test_a_lone_place_belongs_to_the_active_speaker() -> None:
    assert reseat(PEOPLE, PEOPLE, tuple("gce"), 1, "c")[0] == "c"
    assert reseat((), (), (), 25) == ()
    assert reseat(("a",), (), ("a",), 1, "a") == ()
