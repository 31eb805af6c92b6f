"""Tests of the messages to interactive recordings: kept while one runs, in their order, and not otherwise."""

from __future__ import annotations

import pytest

from roomtape.capture.events import MessageSent
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict
from roomtape.recordings.messages import Messages
from tests.support.recording_world import World

INTERACTIVE = RecordingConfig(interactive=True)


@pytest.fixture(autouse=True)
def messages(world: World) -> Messages:
    made = world.supervisor.messages = Messages(world.rooms, world.captures, world.logs)
    return made


def said(world: World, payload: bytes, name: str = "ID3Data", at_us: int = 5) -> list[MessageSent]:
    """Let somebody broadcast; return all messages in the log."""
    (session,) = world.rooms.sessions.values()
    world.supervisor.broadcasted(session, "peer", name, payload, at_us)
    return [e for e in world.rooms.events(session) if isinstance(e, MessageSent)]


async def test_what_is_said_while_it_records_is_in_the_log(world: World) -> None:
    await world.running(config=INTERACTIVE)
    said(world, b'"hi"')
    said(world, b'{"0":1}', at_us=6)
    assert said(world, b'"no"', name="other") == [
        MessageSent(5, "ID3Data", "hi", "text", "peer"),
        MessageSent(6, "ID3Data", "AQ==", "bytes", "peer"),
    ]
    assert len(said(world, b'"' + b"x" * 64_000 + b'"')) == 2, "too large for a tag"


async def test_nothing_is_kept_without_one_that_records(world: World) -> None:
    plain = await world.running()
    assert said(world, b'"hi"') == []
    await world.recordings.pause(plain.id)
    assert said(world, b'"hi"') == []


async def test_a_paused_one_takes_nothing(world: World, messages: Messages) -> None:
    recording = await world.running(config=INTERACTIVE)
    await world.recordings.pause(recording.id)
    assert said(world, b'"hi"') == []
    with pytest.raises(Conflict, match="PAUSED"):
        await messages.send(recording, "text", "a")
    await world.recordings.resume(recording.id)
    assert len(said(world, b'"hi"')) == 1


async def test_a_back_end_gives_one_recording_a_message(world: World, messages: Messages) -> None:
    recording = await world.running(config=INTERACTIVE)
    event = await messages.send(recording, "bytes", "AQ==")
    assert (event.recording_id, event.origin, event.peer_id) == (recording.id, "api", None)
    assert event in world.rooms.events(world.rooms.sessions[recording.session_id])


async def test_one_that_is_not_interactive_takes_none(world: World, messages: Messages) -> None:
    recording = await world.running()
    with pytest.raises(Conflict, match="interactive_config"):
        await messages.send(recording, "text", "a")
