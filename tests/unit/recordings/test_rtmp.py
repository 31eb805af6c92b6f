from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from roomtape.domain.recording import Kind, Recording, Status
from roomtape.domain.recording_config import RecordingConfig, VideoConfig
from roomtape.errors import InvalidRequest
from roomtape.outbound.guard import Guard, Target
from roomtape.recordings import rtmp as module
from roomtape.recordings import work
from roomtape.recordings.rtmp import RtmpStreams
from roomtape.recordings.rtmp_push import Lost
from roomtape.render.job import RenderResult
from tests.support.recording_fakes import NOW, FakeRunner, recording
from tests.support.wait import until

URL = "rtmp://live.example.com/app/secret-key"


class _Pushes:
    """Stands for `rtmp_push.push`: each try does what `plan` says, the last entry again and again."""

    def __init__(self, *plan: Exception | list[dict[str, Any]] | None) -> None:
        self.plan = list(plan)
        self.firsts: list[int] = []
        self.works: list[Path] = []
        self.cancelled = False

    async def __call__(
        self, folder: Path, url: str, target: Target, first: int, told: Callable[[dict[str, Any]], None]
    ) -> None:
        assert url == URL
        self.firsts.append(first)
        self.works.append(folder)
        step = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        if isinstance(step, Exception):
            raise step
        for what in step or ():
            told(what)
        if step is None or "hold" in step[-1]:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.cancelled = True
                raise


class _Streams:
    """The streams of one recording whose render has made its first segments."""

    def __init__(self, folder: Path, push: _Pushes, **values: Any) -> None:
        self.runner = FakeRunner({})
        guard = Guard((), values.pop("resolve", _public))
        self.streams = RtmpStreams(folder, guard, self.runner, push)
        config = values.pop("config", RecordingConfig(rtmp_url=URL))
        self.recording = recording(config=config, status=Status.RECORDING, started_at=NOW, **values)
        self.work = work.stream_folder(folder, self.recording)
        self.segments = self.work / "segments-x"
        self.segments.mkdir(parents=True)
        self.put(0)

    def put(self, index: int) -> None:
        (self.segments / f"seg-{index:06}.nut").write_bytes(b"")

    def now(self) -> dict[str, Any]:
        found = self.streams.state(self.recording)
        assert found is not None
        return found

    async def until(self, state: str) -> dict[str, Any]:
        await until(lambda: self.now()["state"] == state)
        return self.now()


async def _public(_host: str, _port: int) -> list[str]:
    return ["93.184.215.14"]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(module, "BACKOFF_S", 0.02)
    monkeypatch.setattr(module, "BACKOFF_MOST_S", 0.08)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Callable[..., _Streams]]:
    all_made: list[_Streams] = []

    def make(*plan: Exception | list[dict[str, Any]] | None, **values: Any) -> _Streams:
        push = _Pushes(*plan)
        one = _Streams(tmp_path, push, **values)
        one.push = push  # type: ignore[attr-defined]
        all_made.append(one)
        return one

    yield make
    for one in all_made:
        await one.streams.stop()


LIVE: list[dict[str, Any]] = [{"live": True}, {"next": 2, "sent_ms": 7500}, {"hold": True}]


async def test_a_recording_without_an_address_has_no_stream(tmp_path: Path) -> None:
    streams = RtmpStreams(tmp_path, Guard(()), FakeRunner({}), _Pushes(None))
    for one in (recording(), recording(kind=Kind.TRACK, config=RecordingConfig(rtmp_url=URL))):
        streams.start(one)
        assert streams.state(one) is None


async def test_it_goes_live_and_ends_with_the_render(made: Callable[..., _Streams]) -> None:
    one = made(LIVE)
    assert one.now() == {"state": "connecting", "since": NOW, "error": None, "sent_s": 0.0}
    one.streams.start(one.recording)
    one.streams.start(one.recording)
    live = await one.until("live")
    assert (live["error"], live["sent_s"]) == (None, 7.5)
    assert one.push.firsts == [0]  # type: ignore[attr-defined]


async def test_what_is_lost_is_begun_again_where_it_broke_off(made: Callable[..., _Streams]) -> None:
    one = made([{"live": True}, {"next": 1, "sent_ms": 4000}], Lost("live.example.com ended the connection"), LIVE)
    one.push.plan[0] = Lost("no")  # type: ignore[attr-defined]
    one.streams.start(one.recording)
    assert (await one.until("retrying"))["error"] in ("no", "live.example.com ended the connection")
    assert (await one.until("live"))["error"] is None
    assert one.push.firsts == [0, 0, 0]  # type: ignore[attr-defined]


async def test_sent_seconds_add_up_and_nothing_is_sent_twice(made: Callable[..., _Streams]) -> None:
    class Breaks(_Pushes):
        async def __call__(self, folder: Path, url: str, target: Target, first: int, told: Any) -> None:
            self.firsts.append(first)
            if len(self.firsts) == 1:
                told({"live": True})
                told({"next": 2, "sent_ms": 8000})
                raise Lost("gone")
            told({"live": True})
            told({"next": 3, "sent_ms": 4000})
            await asyncio.sleep(60)

    one = made(None)
    push = Breaks(None)
    one.streams._push = push
    one.streams.start(one.recording)
    await one.until("retrying")
    await asyncio.sleep(0.1)
    assert push.firsts == [0]  # segment 2 is not there yet
    one.put(1)
    one.put(2)
    assert (await one.until("live"))["sent_s"] == 12.0
    assert push.firsts == [0, 2]


async def test_a_private_address_is_refused_and_looked_at_again(made: Callable[..., _Streams]) -> None:
    answers = [["10.0.0.1"], ["93.184.215.14"]]

    async def resolve(_host: str, _port: int) -> list[str]:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    one = made(LIVE, resolve=resolve)
    one.streams.start(one.recording)
    refused = await one.until("refused")
    assert refused["error"].startswith("live.example.com is not a public address")
    assert "secret-key" not in refused["error"]
    await one.until("live")


async def test_after_the_stop_it_ends_by_itself_or_is_cut(
    made: Callable[..., _Streams], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AFTER_STOP_S", 0.2)
    one = made(LIVE)
    one.streams.start(one.recording)
    await one.until("live")
    one.streams.finish(one.recording.id)
    one.streams.finish("nobody")
    assert (await one.until("ended"))["sent_s"] == 7.5
    assert one.push.cancelled  # type: ignore[attr-defined]


async def test_when_all_was_sent_it_has_ended(made: Callable[..., _Streams]) -> None:
    one = made([{"live": True}, {"next": 1, "sent_ms": 4000}])
    one.streams.start(one.recording)
    assert (await one.until("ended"))["error"] is None


async def test_a_server_that_stays_away_ends_with_the_recording(made: Callable[..., _Streams]) -> None:
    one = made(Lost("nobody there"))
    one.streams.start(one.recording)
    await one.until("retrying")
    one.streams.finish(one.recording.id)
    RenderResult((), 1).write(one.work)
    (one.segments / "seg-000000.nut").unlink()
    assert (await one.until("ended"))["error"] == "nobody there"


async def test_a_fault_of_ours_reaches_nobody(
    made: Callable[..., _Streams], capsys: pytest.CaptureFixture[str]
) -> None:
    one = made(ValueError(URL))
    one.streams.start(one.recording)
    assert (await one.until("ended"))["error"] == "something went wrong in the server; its log tells more"
    assert "secret-key" not in "".join(capsys.readouterr())


async def test_vp9_is_rendered_once_more_and_cleared_away(made: Callable[..., _Streams]) -> None:
    config = RecordingConfig(video=VideoConfig(codec="VP9"), rtmp_url=URL)
    one = made([{"live": True}, {"next": 1, "sent_ms": 4000}], config=config)
    one.streams.start(one.recording)
    await until(lambda: one.runner.dropped)
    assert one.runner.following == [one.work]
    assert one.push.works == [one.work]  # type: ignore[attr-defined]
    await until(lambda: not one.work.exists())


async def test_what_an_earlier_run_left_is_swept_away(tmp_path: Path) -> None:
    for name in ("a", "a.stream", "b.stream"):
        (tmp_path / "render" / name).mkdir(parents=True)
    RtmpStreams(tmp_path, Guard(()), FakeRunner({}), _Pushes(None)).sweep(["b"])
    assert sorted(path.name for path in (tmp_path / "render").iterdir()) == ["a", "b.stream"]


async def test_a_stop_of_the_server_leaves_the_state_for_the_next_start(made: Callable[..., _Streams]) -> None:
    one = made(LIVE)
    one.streams.start(one.recording)
    await one.until("live")
    await one.streams.stop()
    assert one.push.cancelled  # type: ignore[attr-defined]
    assert one.work.exists()


def test_of_a_recording_long_over_the_row_is_all_that_is_known(tmp_path: Path) -> None:
    streams = RtmpStreams(tmp_path, Guard(()), FakeRunner({}), _Pushes(None))
    old: Recording = recording(config=RecordingConfig(rtmp_url=URL), status=Status.UPLOADED, stopped_at=NOW)
    assert streams.state(old) == {"state": "ended", "since": NOW, "error": None, "sent_s": None}


@pytest.mark.parametrize("url", ["rtmp://127.0.0.1/live/k", "rtmp://me:p@h.example/a/k", "http://h.example/a/k"])
def test_what_is_plain_is_refused_at_once(tmp_path: Path, url: str) -> None:
    streams = RtmpStreams(tmp_path, Guard(()), FakeRunner({}), _Pushes(None))
    with pytest.raises(InvalidRequest) as caught:
        streams.check(url, "rtmp_out_config.rtmp_url")
    assert caught.value.field == "rtmp_out_config.rtmp_url"
    streams.check(URL, "x")
