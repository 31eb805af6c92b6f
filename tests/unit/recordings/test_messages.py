"""Tests of the messages to interactive recordings: kept while one runs, in their order, and not otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest

from roomtape.capture.eventlog import EventLogReader
from roomtape.capture.events import Event, MessageSent, RecordingPaused, RecordingResumed, RecordingStopped
from roomtape.capture.messages import CLOSE
from roomtape.capture.paths import EVENTS, capture_dir
from roomtape.clock import now_us
from roomtape.domain.recording import Recording, Status, StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.errors import Conflict
from roomtape.recordings.messages import Messages
from roomtape.rooms.live import LiveSession
from tests.support.recording_fakes import peer
from tests.support.recording_world import World

INTERACTIVE = RecordingConfig(interactive=True)


@pytest.fixture(autouse=True)
def messages(world: World) -> Messages:
    made = world.supervisor.messages = Messages(world.rooms, world.recordings)
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


@pytest.mark.parametrize("step", ["pause", "resume", "stop"])
async def test_what_is_accepted_lies_within_what_is_recorded(world: World, messages: Messages, step: str) -> None:
    recording = await world.running(config=INTERACTIVE)
    if step == "resume":
        await world.recordings.pause(recording.id)
        world.rooms.join(world.rooms.sessions[recording.session_id], peer("ann"))
        world.rooms.delay_s = 0.05
    before = len(_log(world, recording))
    taken: list[MessageSent] = []
    stepping = asyncio.create_task(_stepped(world, recording, step))
    while not stepping.done():
        try:
            taken.append(await messages.send(recording, "text", "a"))
        except Conflict:
            await asyncio.sleep(0.001)
    await stepping
    moments = _log(world, recording)[before:]
    at = next(e.t for e in moments if isinstance(e, RecordingPaused | RecordingResumed | RecordingStopped))
    assert all((event.t > at) == (step == "resume") for event in taken)
    with pytest.raises(Conflict) if step != "resume" else nullcontext():
        await messages.send(recording, "text", "late, by one who has read the row before")


async def _stepped(world: World, recording: Recording, step: str) -> None:
    """Take the step on a disk that takes its time."""
    log = world.rooms.log

    async def slow(session: LiveSession, *events: Event) -> None:
        if any(isinstance(e, RecordingPaused | RecordingResumed | RecordingStopped) for e in events):
            await asyncio.sleep(0.05)
        await log(session, *events)
        await asyncio.sleep(0.05)

    world.rooms.log = slow  # type: ignore[method-assign]
    does: dict[str, Callable[[], Awaitable[Recording]]] = {
        "pause": lambda: world.recordings.pause(recording.id),
        "resume": lambda: world.recordings.resume(recording.id),
        "stop": lambda: world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None),
    }
    await does[step]()
    world.rooms.log = log  # type: ignore[method-assign]


def _log(world: World, recording: Recording) -> list[Event]:
    return EventLogReader(capture_dir(world.folder, recording.session_id) / EVENTS).poll()


async def test_after_its_end_no_metadata_is_accepted(world: World, messages: Messages) -> None:
    one, other = await world.running(config=INTERACTIVE), await world.start(config=INTERACTIVE, allow_multiple=True)
    await world.until(other.id, Status.RECORDING)
    await messages.send(one, "text", "a")
    await messages.send(one, "text", CLOSE)
    with pytest.raises(Conflict, match="ended by CLOSE_TRANSPORT"):
        await messages.send(one, "text", "b")
    await messages.send(other, "bytes", CLOSE)  # no text, no end
    await messages.send(other, "text", "b")
    with pytest.raises(Conflict, match="ended"):
        await Messages(world.rooms, world.recordings).send(one, "text", "after a restart")


async def test_a_client_ends_the_metadata_of_those_that_are_recording(world: World, messages: Messages) -> None:
    one, other = await world.running(config=INTERACTIVE), await world.start(config=INTERACTIVE, allow_multiple=True)
    await world.until(other.id, Status.RECORDING)
    await world.recordings.pause(other.id)
    said(world, b'"CLOSE_TRANSPORT"', at_us=now_us())
    await world.recordings.resume(other.id)
    with pytest.raises(Conflict, match="ended"):
        await messages.send(one, "text", "b")
    await messages.send(other, "text", "b")
    session = world.rooms.sessions[other.session_id]
    session.unlogged.append(MessageSent(now_us(), "ID3Data", CLOSE, "text", "peer"))
    with pytest.raises(Conflict, match="ended"):
        await messages.send(other, "text", "the disk has not taken the end yet")
