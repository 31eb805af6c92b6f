from __future__ import annotations

from roomtape.rooms.realtimekit import events


def test_a_number_is_service_and_event() -> None:
    assert events.Room.JOIN_ROOM == 3
    assert events.Chat.SEND_MESSAGE_TO_ROOM == (1 << 16) + 1
    assert events.Plugin.STORE_GET_KEYS == (2 << 16) + 10
    assert events.Polls.VOTE_POLL == (3 << 16) + 2
    assert events.Preset.UPDATE_USER_PRESET == (5 << 16) + 1
    assert events.Media.CONSUME == 0x3000000 | 3


def test_no_number_means_two_things() -> None:
    services = (events.Room, events.Chat, events.Plugin, events.Polls, events.Preset, events.Media)
    numbers = [int(e) for service in services for e in service]
    assert len(set(numbers)) == len(numbers)
    assert events.ERROR not in numbers


def test_media_events_are_told_apart() -> None:
    assert events.is_media(events.Media.PRODUCE)
    assert not events.is_media(events.Polls.GET_POLLS)
    assert not events.is_media(0x1000002)


def test_names_are_for_reading() -> None:
    assert events.name_of(3) == "room.join_room"
    assert events.name_of(0x3000002) == "media.produce"
    assert events.name_of(999) == "event 999"
