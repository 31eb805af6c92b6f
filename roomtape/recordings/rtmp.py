"""Owns the live streams of recordings: one for each that has an RTMP address, kept up as long as it is recorded.

A stream follows the recording's live render and touches nothing of it: whatever becomes of a stream, the recording is
the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import structlog

from roomtape import metrics
from roomtape.capture.paths import capture_dir
from roomtape.clock import now_us, to_datetime
from roomtape.domain.recording import ACTIVE, Kind, Recording
from roomtape.domain.rtmp import SCHEMES, masked, parse
from roomtape.errors import InvalidRequest, RoomtapeError
from roomtape.outbound.guard import Barred, Target
from roomtape.recordings import rtmp_push, work
from roomtape.render import rtmp as process

log = structlog.get_logger()

State = Literal["connecting", "live", "retrying", "ended", "refused"]

AFTER_STOP_S = 30.0
"""So long after its recording's end a stream may still be sending what was rendered last."""
BACKOFF_S, BACKOFF_MOST_S = 1.0, 30.0
STEADY_S = 10.0
"""A stream that was live for so long is connected to again without much waiting."""
MOST_REMEMBERED = 1000

_LOOK_S = 0.25


class Following(Protocol):
    """What streams need of the render processes."""

    def start_following(self, work: Path) -> None:
        """Start the render of a recording that is still running, in the background."""

    async def drop(self, work: Path) -> None:
        """End the render of `work`, whatever it has done."""


class Guarding(Protocol):
    """What streams need of the guard (`outbound.guard.Guard`)."""

    async def check(self, url: str, schemes: frozenset[str]) -> Target:
        """Return where a URL leads. Raises InvalidRequest, DestinationError, and Barred where it must not lead."""

    def foresee(self, url: str, schemes: frozenset[str]) -> None:
        """Raise InvalidRequest or Barred where that is known without any look-up."""


@dataclass
class _Stream:
    """A recording's stream. `next` is the first segment that was not sent; `gone_by` (loop time) when it ends."""

    recording: Recording
    work: Path
    state: State = "connecting"
    since: datetime = field(default_factory=lambda: to_datetime(now_us()))
    error: str | None = None
    next: int = 0
    before_ms: int = 0
    sent_ms: int = 0
    gone_by: float | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        assert self.recording.config.rtmp_url is not None
        return self.recording.config.rtmp_url


class RtmpStreams:
    """The streams of this server; all methods belong to its event loop. `push` makes one try (`rtmp_push.push`)."""

    def __init__(
        self,
        data_dir: Path,
        guard: Guarding,
        runner: Following,
        push: Callable[..., Awaitable[None]] = rtmp_push.push,
    ) -> None:
        self._data_dir = data_dir
        self._guard = guard
        self._runner = runner
        self._push = push
        self._streams: dict[str, _Stream] = {}
        self._stopping = False

    def check(self, url: str, where: str) -> None:
        """Refuse an address of which it is plain that nothing can be sent there. Raises InvalidRequest for `where`."""
        try:
            self._guard.foresee(url, SCHEMES)
            parse(url)
        except (InvalidRequest, Barred) as error:
            raise InvalidRequest(error.message, where) from None

    def start(self, recording: Recording) -> None:
        """Begin to stream a live recording that has an address; does nothing where that is under way."""
        wanted = recording.kind is Kind.COMPOSITE and recording.config.rtmp_url is not None
        if not wanted or self._stopping or recording.id in self._streams:
            return
        stream = _Stream(recording, work.stream_folder(self._data_dir, recording))
        self._streams[recording.id] = stream
        metrics.RTMP_STREAMS.labels(stream.state).inc()
        stream.task = asyncio.create_task(self._kept_up(stream), name=f"rtmp {recording.id}")
        log.info("rtmp stream begun", recording_id=recording.id, to=masked(stream.url))

    def finish(self, recording_id: str) -> None:
        """The recording is over: the stream ends with its last packet, AFTER_STOP_S from now at the latest."""
        stream = self._streams.get(recording_id)
        if stream is not None and stream.gone_by is None:
            stream.gone_by = asyncio.get_running_loop().time() + AFTER_STOP_S
            stream.over.set()

    def state(self, recording: Recording) -> dict[str, Any] | None:
        """Return `rtmp_out` of a recording's answer; None where no stream was asked for.

        `{state, since, error, sent_s}`: `since` a datetime, `error` a sentence or None, `sent_s` seconds of media sent
        by this run of the server, None when it knows nothing of the stream.
        """
        if recording.kind is not Kind.COMPOSITE or recording.config.rtmp_url is None:
            return None
        stream = self._streams.get(recording.id)
        if stream is None:
            over = recording.status not in ACTIVE
            since = (recording.stopped_at if over else None) or recording.invoked_at
            state, sent_s = ("ended", None) if over else ("connecting", 0.0)
            return {"state": state, "since": since, "error": None, "sent_s": sent_s}
        total_s = round((stream.before_ms + stream.sent_ms) / 1000, 1)
        return {"state": stream.state, "since": stream.since, "error": stream.error, "sent_s": total_s}

    def sweep(self, active: Iterable[str]) -> None:
        """Remove what streams of an earlier run of the server left, but for those of the recordings `active`."""
        kept = set(active)
        for folder in (self._data_dir / "render").glob(f"*{work.STREAM}"):
            if folder.name.removesuffix(work.STREAM) not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    async def stop(self) -> None:
        """End every stream; recordings that still run are streamed again after the next start."""
        self._stopping = True
        tasks = [stream.task for stream in self._streams.values() if stream.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _kept_up(self, stream: _Stream) -> None:
        """Stream until the recording is over; nothing that happens here reaches anybody else."""
        separate = stream.work != work.folder(self._data_dir, stream.recording.id)
        try:
            if separate:
                capture = capture_dir(self._data_dir, stream.recording.session_id)
                await asyncio.to_thread(work.prepare_stream, stream.work, stream.recording, capture)
                self._runner.start_following(stream.work)
            await self._try_on(stream)
        except (RoomtapeError, OSError) as error:
            stream.error = str(error)
            log.warning("rtmp stream given up", recording_id=stream.recording.id, error=str(error))
        except Exception as error:
            stream.error = "something went wrong in the server; its log tells more"
            # The traceback's own words could have the address in them.
            log.error("rtmp stream given up", recording_id=stream.recording.id, error=type(error).__name__)
        finally:
            if not self._stopping:
                self._set(stream, "ended", stream.error)
        if separate:
            await self._runner.drop(stream.work)
            await asyncio.to_thread(shutil.rmtree, stream.work, ignore_errors=True)
        self._forget()

    async def _try_on(self, stream: _Stream) -> None:
        pause_s = BACKOFF_S
        while await self._something_to_send(stream):
            began = time.monotonic()
            try:
                target = await rtmp_push.checked(self._guard.check, stream.url)
                await self._one_connection(stream, target)
                stream.error = None
                return
            except rtmp_push.Lost as error:
                state: State = "retrying"
                sentence = error.message
            except (InvalidRequest, Barred) as error:
                state, sentence, pause_s = "refused", error.message, BACKOFF_MOST_S
            if stream.state == "live" and time.monotonic() - began >= STEADY_S:
                pause_s = BACKOFF_S
            self._set(stream, state, sentence)
            metrics.RTMP_LOST.inc()
            await self._pause(stream, pause_s)
            pause_s = min(pause_s * 2, BACKOFF_MOST_S)

    async def _one_connection(self, stream: _Stream, target: Target) -> None:
        stream.before_ms, stream.sent_ms = stream.before_ms + stream.sent_ms, 0
        first = stream.next
        sending = asyncio.ensure_future(
            self._push(stream.work, stream.url, target, first, lambda what: self._told(stream, what))
        )
        try:
            while not sending.done():
                await asyncio.wait({sending}, timeout=_LOOK_S)
                if _late(stream):
                    log.warning("rtmp stream cut short", recording_id=stream.recording.id)
                    return
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _something_to_send(self, stream: _Stream) -> bool:
        """Wait until a segment is there that was not sent; False when there will be none any more."""
        while not _late(stream):
            if process.whole(stream.work, stream.next):
                return True
            if stream.gone_by is not None and process.over(stream.work, stream.next):
                return False
            await asyncio.sleep(_LOOK_S)
        return False

    async def _pause(self, stream: _Stream, pause_s: float) -> None:
        """Wait before another try; the end of the recording shortens it, for it may be the last one that is of use."""
        if stream.gone_by is not None:
            await asyncio.sleep(min(pause_s, max(0.0, stream.gone_by - asyncio.get_running_loop().time())))
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stream.over.wait(), pause_s)

    def _told(self, stream: _Stream, what: dict[str, Any]) -> None:
        stream.next = max(stream.next, what.get("next", 0))
        stream.sent_ms = what.get("sent_ms", stream.sent_ms)
        if what.get("live"):
            self._set(stream, "live", None)
        if "skipped" in what:
            log.info("rtmp stream went on with what is newest", recording_id=stream.recording.id, **what)

    def _set(self, stream: _Stream, state: State, error: str | None) -> None:
        if stream.state != state:
            metrics.RTMP_STREAMS.labels(stream.state).dec()
            metrics.RTMP_STREAMS.labels(state).inc()
            stream.since = to_datetime(now_us())
        if (stream.state, stream.error) != (state, error):
            log.info(
                "rtmp stream", recording_id=stream.recording.id, to=masked(stream.url), state=state, error=error or None
            )
        stream.state, stream.error = state, error

    def _forget(self) -> None:
        over = [key for key, stream in self._streams.items() if stream.state == "ended"]
        for key in over[:-MOST_REMEMBERED]:
            del self._streams[key]
            metrics.RTMP_STREAMS.labels("ended").dec()


def _late(stream: _Stream) -> bool:
    return stream.gone_by is not None and asyncio.get_running_loop().time() >= stream.gone_by
