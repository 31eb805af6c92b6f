from __future__ import annotations

from pathlib import Path
from typing import Any, cast, get_args
from unittest.mock import AsyncMock, Mock

import pytest

from roomtape.capture.eventlog import EventLogWriter
from roomtape.rooms.live import LiveSession
from roomtape.rooms.realtimekit import actions as act
from roomtape.rooms.realtimekit.session_door import SessionDoor
from tests.support.house import House

WORK: list[act.Work] = [
    act.Enter("Ann"),
    act.Rename("Anna"),
    act.CreateTransport(True, "offer"),
    act.Produce("offer", "audio", "2", False, False, "{}", "audio/opus"),
    act.Toggle("p", "x", True),
    act.CloseProducer("p", "x", None),
    act.Silence((act.Toggle("p", "x", True),)),
    act.CloseProducers(),
    act.Consume((("x", "h"),)),
    act.Renegotiate("answer"),
    act.CloseConsumers(("3",), "offer"),
    act.PreferLayers((("x", "q"),)),
    act.Leave(),
    act.Kick(("q",)),
    act.KickAll(),
]


def test_the_list_here_is_complete() -> None:
    assert {type(w) for w in WORK} == set(get_args(act.Work))


@pytest.mark.parametrize("work", WORK, ids=lambda w: type(w).__name__)
async def test_every_kind_of_work_is_carried_out(tmp_path: Path, work: act.Work) -> None:
    rooms, media = AsyncMock(), AsyncMock()
    session = LiveSession("s", "a", "m1", "Weekly", 60, 0, tmp_path, EventLogWriter(tmp_path / "e"))
    door = SessionDoor(rooms, session, [], House(tmp_path).chat_logs)
    media.peer = Mock(id="p", participant_id="u", preset_name="guest", picture=None, custom_participant_id=None)
    media.peer.name, media.peer.hidden, media.entered = "Ann", False, False
    seat = door.attach(House(tmp_path).admission("ann"), cast("Any", media))
    await door._done(seat, work)
    assert len(rooms.mock_calls) + len(media.mock_calls) == 1
