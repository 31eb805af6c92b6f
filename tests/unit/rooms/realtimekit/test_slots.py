from __future__ import annotations

from roomtape.rooms.realtimekit.slots import Slot, Slots, Source, Stream

A, B = ("ann", "2"), ("bob", "3")


def begun() -> Slots:
    slots = Slots()
    slots.placeholders([("0", "audio", ("m=audio 9 X 111",)), ("1", "video", ("m=video 9 X 96",))])
    return slots


def stream(mid: str, source: Source | None, kind: str = "video", sends: bool = True) -> Stream:
    return Stream(mid, kind, source, sends, (f"m={kind} 9 X 96",))


def mids(slots: Slots) -> list[tuple[str, str | None]]:
    return [(slot.mid, slot.sfu_mid) for slot in slots.all]


def test_new_streams_come_after_the_placeholders() -> None:
    slots = begun()
    slots.take_over([stream("2", A), stream("3", B, "audio")])
    assert mids(slots) == [("0", None), ("1", None), ("2", "2"), ("3", "3")]
    assert slots.of_source(A) is slots.all[2]
    assert slots.fed_by("3") is slots.all[3]


def test_the_sfu_may_reuse_an_m_line_that_the_client_may_not() -> None:
    slots = begun()
    slots.take_over([stream("2", A)])
    slots.take_over([stream("2", B)])
    assert mids(slots) == [("0", None), ("1", None), ("2", None), ("3", "2")]
    assert slots.of_source(A) is None


def test_a_rejected_slot_is_used_anew_under_a_new_mid_for_the_same_kind() -> None:
    slots = begun()
    slots.take_over([stream("2", A), stream("3", B, "audio")])
    assert slots.reject(["2"]) == ["2"]
    assert slots.reject(["2", "0", "nothing"]) == []
    slots.take_over([stream("2", None, sends=False), stream("3", B, "audio"), stream("4", ("c", "9"), "audio")])
    assert mids(slots) == [("0", None), ("1", None), ("2", None), ("3", "3"), ("4", "4")]
    slots.take_over([stream("2", A), stream("3", B, "audio"), stream("4", ("c", "9"), "audio")])
    assert mids(slots) == [("0", None), ("1", None), ("5", "2"), ("3", "3"), ("4", "4")]


def test_a_stream_that_pauses_keeps_its_slot() -> None:
    slots = begun()
    slots.take_over([stream("2", A)])
    slots.take_over([stream("2", A, sends=False)])
    assert (slots.all[2].sfu_mid, slots.all[2].sends) == ("2", False)
    assert slots.reject(["2"]) == ["2"]


def test_nothing_is_placed_into_an_answer() -> None:
    slots = begun()
    slots.take_over([stream("2", A)], place=False)
    assert len(slots.all) == 2


def test_a_detached_stream_gets_a_new_slot() -> None:
    slots = begun()
    slots.take_over([stream("2", A)])
    slots.detach(["2"])
    slots.take_over([stream("2", A)])
    assert mids(slots)[2:] == [("2", None), ("3", "2")]


def test_mids_that_the_client_chose_are_not_given_again() -> None:
    slots = Slots()
    slots.placeholders([("2", "audio", ("m=audio 9 X 0",))])
    slots.take_over([stream("0", A), stream("1", B)])
    assert [slot.mid for slot in slots.all] == ["2", "1", "3"]


def test_slots_outlive_a_restart() -> None:
    slots = begun()
    slots.take_over([stream("2", A), stream("3", B)])
    slots.reject(["3"])
    again = Slots.load(slots.dump())
    assert again.all == slots.all
    again.take_over([stream("2", A), stream("3", ("c", "1"))])
    assert again.all[3] == Slot("4", "video", ("m=video 9 X 96",), ("c", "1"), "3", sends=True)
