"""Tests of the recordings of pages over a recorder without a browser, which says what the test has it say."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from roomtape.browser.job import ALIVE, JOB, PageJob
from roomtape.browser.journal import Entry, JournalWriter
from roomtape.capture.events import MessageSent, PageHappened, RecordingStarted, RecordingStopped
from roomtape.clock import now_us
from roomtape.db import participants, presets
from roomtape.db import recordings as rows
from roomtape.domain.recording import Recording, Status, StopCause
from roomtape.domain.recording_config import RecordingConfig
from roomtape.recordings import page_process, pages
from roomtape.recordings.page_guest import PRESET
from roomtape.recordings.page_url import Places
from roomtape.recordings.pages import Pages
from roomtape.recordings.recovery import recover
from roomtape.rooms.live import LivePeer, LiveSession
from roomtape.rooms.tokens import TokenIssuer
from tests.support.recording_fakes import peer
from tests.support.recording_world import World
from tests.support.wait import until

URL = "https://recorder.example/room?look=dark#top"
CONFIG = RecordingConfig(page_url=URL)
PLACES = Places("http://127.0.0.1:8080", ("127.0.0.1:8080", "meet.example:443"))
ISSUER = TokenIssuer(b"k" * 32, 3600)


def pages_of(world: World, *says: str) -> Pages:
    command = (sys.executable, "-m", "tests.support.scriptedrecorder", *says)
    made = Pages(world.settings, world.rooms, world.recordings, ISSUER, PLACES, lambda r: {"url": URL, "x": 1}, command)
    world.recordings.pages = made
    return made


@pytest.fixture(autouse=True)
def recorders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_process, "COMMAND", (*page_process.COMMAND[:-1], "tests.support.scriptedrecorder"))
    monkeypatch.setattr(pages, "PAUSE_S", 0.01)


@pytest_asyncio.fixture
async def ending(world: World) -> AsyncIterator[None]:
    yield
    if isinstance(world.recordings.pages, Pages):
        await world.recordings.pages.stop()


def tape(recording: Recording) -> LivePeer:
    one = peer("page", hidden=True)
    one.participant_id, one.recorder, one.up = recording.id, True, True
    return one


async def invoked(world: World, config: RecordingConfig = CONFIG) -> tuple[Recording, LiveSession]:
    """Start the recording of a page, which somebody brings into the session."""
    recording = await world.start(config=config)
    session = world.rooms.sessions[recording.session_id]
    one = tape(recording)
    session.peers[one.id] = one
    return recording, session


async def live(world: World, config: RecordingConfig = CONFIG) -> tuple[Recording, LiveSession]:
    recording, session = await invoked(world, config)
    return await world.until(recording.id, Status.RECORDING), session


@pytest.mark.usefixtures("ending")
async def test_a_page_is_recorded_from_its_begin_to_its_stop(world: World) -> None:
    begun = pages_of(world, "published", "begin:sdk")
    recording, session = await invoked(world)
    assert recording.status is Status.INVOKED, "the answer comes at once"
    one = next(iter(session.peers.values()))
    assert one.base is None, "nothing is written before the page has begun"
    await world.until(recording.id, Status.RECORDING)
    assert one.base is not None
    started = next(e for e in world.rooms.events(session) if isinstance(e, RecordingStarted))
    assert started.page
    work = world.folder / "pages" / recording.id
    job = PageJob.read(work)
    assert (work / JOB).stat().st_mode & 0o777 == 0o600
    assert (work / ALIVE).exists()
    assert not job.begun
    assert job.publish_url == "http://127.0.0.1:8080/whip"
    claims = ISSUER.verify_tape(job.publish_token)
    assert claims is not None
    assert claims.recording_id == recording.id
    guest = await participants.recorder_of(world.db, recording.id)
    assert guest is not None
    assert guest.preset_name == PRESET
    assert (await presets.by_name(world.db, recording.app_id, PRESET)) is not None
    assert await participants.find(world.db, recording.meeting_id) == ([], 0)

    process = begun._pages[recording.id].process
    stopped = await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    assert stopped.status is Status.UPLOADING
    assert one.base is None
    await until(lambda: not work.exists())
    assert not process.alive
    assert session.peers == {}
    assert await participants.recorder_of(world.db, recording.id) is None
    assert world.finalizer.begun == [recording.id]


@pytest.mark.usefixtures("ending")
async def test_what_happened_is_in_the_log_and_on_the_row(world: World) -> None:
    message = json.dumps({"type": "ID3Data", "payload": {"a": 1}})
    other = json.dumps({"type": "emoji", "payload": "x"})
    pages_of(
        world, "published", f"message:{message}", "begin:load", "wait:0.5", "crashed", "blank:it answered 500", "back",
        "refused:http://10.0.0.1/: private", f"message:{message}", f"message:{other}", "message:not json", "left",
    )  # fmt: skip
    recording, session = await live(world, RecordingConfig(page_url=URL, interactive=True))
    await world.until(recording.id, Status.UPLOADING)
    events = world.rooms.events(session)
    assert [e.what for e in events if isinstance(e, PageHappened)] == ["crashed", "blank", "back", "refused"]
    (sent,) = [e for e in events if isinstance(e, MessageSent)]
    assert (sent.name, sent.data, sent.form, sent.origin, sent.recording_id) == (
        "ID3Data", '{"a":1}', "text", "page", recording.id,
    )  # fmt: skip
    after = await rows.get(world.db, recording.id)
    assert after is not None
    assert after.stop_cause is StopCause.ALL_PEERS_LEFT
    assert len(after.warnings) == 3
    assert after.warnings[0].startswith("the page crashed at ")
    assert "(it answered 500); it is away since " in after.warnings[1]
    assert "10.0.0.1" in after.warnings[2]
    assert "away" not in after.warnings[2]
    assert any(isinstance(e, RecordingStopped) for e in events)


@pytest.mark.usefixtures("ending")
async def test_what_is_forwarded_counts_up_to_the_pause_and_the_stop_and_is_nowhere_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "POLL_S", 60)
    made = pages_of(world, "published", "begin:sdk")
    recording, session = await live(world, RecordingConfig(page_url=URL, interactive=True))
    assert PageJob.read(world.folder / "pages" / recording.id).interactive
    journal = world.folder / "pages" / recording.id / "journal.jsonl"
    writer = JournalWriter(journal)

    def forward(said: str) -> None:
        writer.write(Entry(now_us(), "message", json.dumps({"type": "ID3Data", "payload": said})))

    forward("last before the pause")
    await world.recordings.pause(recording.id)
    forward("secret of the pause")
    await world.recordings.resume(recording.id)
    assert "secret" not in journal.read_text()
    forward("last before the stop")
    writer.write(Entry(now_us(), "left"))
    await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    writer.close()
    events = world.rooms.events(session)
    assert [e.data for e in events if isinstance(e, MessageSent)] == ["last before the pause", "last before the stop"]
    stopped = next(n for n, e in enumerate(events) if isinstance(e, RecordingStopped))
    assert all(n < stopped for n, e in enumerate(events) if isinstance(e, MessageSent)), (
        "the render has them all by then"
    )
    await made.stop()


@pytest.mark.usefixtures("ending")
async def test_no_message_ends_a_recording(world: World) -> None:
    deep = ['message:{"type": "ID3Data", "payload": ' + "[" * n + "]" * n + "}" for n in (960, 990, 1000, 20_000)]
    pages_of(world, "published", "begin:sdk", "wait:0.3", *deep, "crashed")
    recording, session = await live(world, RecordingConfig(page_url=URL, interactive=True))
    await until(lambda: any(isinstance(e, PageHappened) for e in world.rooms.events(session)))
    after = await rows.get(world.db, recording.id)
    assert after is not None
    assert after.status is Status.RECORDING


@pytest.mark.usefixtures("ending")
async def test_a_page_that_never_begins_makes_an_error_in_a_sentence(world: World) -> None:
    pages_of(world, "failed:the page answered 404")
    recording, session = await invoked(world)
    after = await world.until(recording.id, Status.ERRORED)
    assert after.error == "nothing was recorded: the page answered 404"
    assert after.stop_cause is StopCause.INTERNAL_ERROR
    await until(lambda: not (world.folder / "pages" / recording.id).exists())
    assert not any(isinstance(e, RecordingStarted) for e in world.rooms.events(session))


@pytest.mark.usefixtures("ending")
async def test_a_page_that_fails_later_leaves_what_was_recorded(world: World) -> None:
    pages_of(world, "begin:sdk", "wait:0.4", "failed:the page crashed again and again")
    recording, _ = await live(world)
    after = await world.until(recording.id, Status.UPLOADING)
    assert after.stop_cause is StopCause.INTERNAL_ERROR
    assert "the page crashed again and again" in after.warnings
    assert after.error is None


@pytest.mark.usefixtures("ending")
async def test_a_recording_can_be_stopped_before_its_page_began(world: World) -> None:
    pages_of(world, "published")
    recording, _ = await invoked(world)
    await until(lambda: (world.folder / "pages" / recording.id / "journal.jsonl").exists())
    after = await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    assert after.status is Status.ERRORED
    assert after.error == "nothing was recorded: it was stopped before its page began"
    await until(lambda: not (world.folder / "pages" / recording.id).exists())
    assert world.captures.unbegun == set()


@pytest.mark.usefixtures("ending")
async def test_a_recorder_that_dies_is_started_again_and_goes_on(world: World) -> None:
    pages_of(world, "published", "begin:sdk", "first:wait:0.4", "first:die", "back")
    recording, session = await live(world)
    happened = lambda: [e.what for e in world.rooms.events(session) if isinstance(e, PageHappened)]  # noqa: E731
    await until(lambda: happened() == ["gone", "back"])
    assert PageJob.read(world.folder / "pages" / recording.id).begun
    assert (await rows.get(world.db, recording.id)).status is Status.RECORDING  # type: ignore[union-attr]


@pytest.mark.usefixtures("ending")
async def test_a_recorder_that_always_dies_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_DEATHS", 2)
    pages_of(world, "die")
    recording, _ = await invoked(world)
    after = await world.until(recording.id, Status.ERRORED)
    assert after.error == "nothing was recorded: the recorder of the page ended 2 times in a row"


async def test_after_a_crash_the_recorder_is_found_again_and_nothing_is_told_twice(world: World) -> None:
    says = ("published", "begin:sdk", "crashed", "back", "wait:1.5", "hung")
    before = pages_of(world, *says)
    recording, session = await live(world)
    happened = lambda: [e.what for e in world.rooms.events(session) if isinstance(e, PageHappened)]  # noqa: E731
    await until(lambda: len(happened()) == 2)
    page = before._pages[recording.id]
    assert page.task is not None
    page.task.cancel()  # the server is gone, the recorder is not
    child = page.process._child
    assert child is not None

    world.recordings.pages = None
    later = world.again()
    later.rooms.sessions = world.rooms.sessions
    again = pages_of(later, *says)
    await recover(later.rooms, later.recordings, later.supervisor, later.finalizer)
    await again.sweep(later.captures.active)
    await until(lambda: happened() == ["crashed", "back", "hung"])
    assert again._pages[recording.id].process.alive
    assert child.returncode is None

    await again.stop()
    await until(lambda: child.returncode is not None)
    await later.close()


async def test_what_is_left_of_recordings_that_are_over_goes_at_the_start(world: World) -> None:
    made = pages_of(world, "published")
    recording, _ = await invoked(world)
    page = made._pages[recording.id]
    await until(lambda: (page.process.work / "journal.jsonl").exists())
    assert page.task is not None
    page.task.cancel()
    (world.folder / "pages" / "left-over").mkdir()
    later = world.again()
    await pages_of(later).sweep(())
    assert list((world.folder / "pages").iterdir()) == []
    assert not page.process.alive
    assert await participants.recorder_of(world.db, recording.id) is None


async def test_the_server_waits_no_longer_than_the_page_may_take(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "BEGIN_WITHIN_S", 0.2)
    monkeypatch.setattr(pages, "SLACK_S", 0.1)
    made = pages_of(world, "published")
    recording, _ = await invoked(world)
    after = await world.until(recording.id, Status.ERRORED)
    assert "did not begin within" in (after.error or "")
    await made.stop()
    await asyncio.sleep(0)


async def test_a_recorder_that_began_while_the_server_was_away_is_heard(world: World) -> None:
    before = pages_of(world, "published", "wait:1.5", "begin:sdk")
    recording, _ = await invoked(world)
    page = before._pages[recording.id]
    await until(lambda: (page.process.work / "journal.jsonl").exists())
    assert page.task is not None
    page.task.cancel()

    later = world.again()
    later.rooms.sessions = world.rooms.sessions
    again = pages_of(later)
    await recover(later.rooms, later.recordings, later.supervisor, later.finalizer)
    assert again._pages[recording.id].adopted
    await later.until(recording.id, Status.RECORDING)
    await again.stop()
    await later.close()


async def test_after_a_power_cut_a_page_that_had_not_begun_is_opened_anew(world: World) -> None:
    recording = (await _left_invoked(world)).id
    later = world.again()
    later.rooms.sessions = world.rooms.sessions
    again = pages_of(later, "published")
    work = world.folder / "pages" / recording
    await recover(later.rooms, later.recordings, later.supervisor, later.finalizer)
    # What an earlier recorder said of its page is not this one's.
    await until(lambda: "published" in (said := _journal(work)) and "begin" not in said)
    await asyncio.sleep(0.2)
    assert later.captures.active[recording].status is Status.INVOKED
    assert not PageJob.read(work).begun
    await again.stop()
    await later.close()


async def _left_invoked(world: World) -> Recording:
    """A row, a dead recorder and its journal, which says that the page began."""
    made = pages_of(world, "published")
    recording, _ = await invoked(world)
    page = made._pages[recording.id]
    await until(lambda: "published" in _journal(page.process.work))
    assert page.task is not None
    page.task.cancel()
    await page.process.end()
    with (page.process.work / "journal.jsonl").open("a") as journal:
        journal.write('{"t": 1, "what": "begin", "detail": "sdk"}\n')
    return recording


def _journal(work: Path) -> str:
    try:
        return (work / "journal.jsonl").read_text()
    except FileNotFoundError:
        return ""


@pytest.mark.usefixtures("ending")
async def test_a_page_that_is_refused_much_hides_nothing_else(world: World) -> None:
    refusals = [f"refused:http://10.0.0.{n}/: private" for n in range(30)]
    pages_of(world, "published", "begin:sdk", "wait:0.3", *refusals, "crashed", "left")
    recording, session = await live(world)
    after = await world.until(recording.id, Status.UPLOADING)
    assert len([w for w in after.warnings if "was refused" in w]) == pages.MOST_WARNINGS
    assert any("crashed" in w for w in after.warnings)
    assert len([e for e in world.rooms.events(session) if isinstance(e, PageHappened)]) == 31


async def test_a_stop_of_the_server_does_not_wait_for_a_recorder_that_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STOP_WITHIN_S", 0.3)
    made = pages_of(world, "published", "begin:sdk", "deaf")
    recording, _ = await live(world)
    page = made._pages[recording.id]
    await until(lambda: "deaf" in _journal(page.process.work))
    await world.recordings.stop(recording.id, cause=StopCause.API_CALL, caller=None)
    began = asyncio.get_running_loop().time()
    await made.stop()
    assert asyncio.get_running_loop().time() - began < 3
    assert not page.process.alive
