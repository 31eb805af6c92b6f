"""Owns Janus as a process: started once per data folder, watched, taken over after a crash of ours, and stopped."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from roomtape import openfiles
from roomtape.errors import SfuError
from roomtape.settings import Settings
from roomtape.sfu.janus import config, interfaces, state
from roomtape.sfu.janus.client import SESSION_NOT_FOUND, UNAUTHORIZED, JanusClient
from roomtape.sfu.janus.logfile import LogFile
from roomtape.sfu.janus.state import Running

log = structlog.get_logger()

UP_WITHIN_S = 15.0
STOP_WITHIN_S = 4.0
_STARTS = 3
_POLL_S = 0.02
_LOG_CHECK_S = 30.0
_BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STEADY_S = 60.0
"""A Janus that ran this long has not failed because of how it was started: the next restart is quick again."""


class JanusProcess:
    """The Janus of one data folder. `on_exit` is called in the event loop whenever it died without our asking."""

    def __init__(self, settings: Settings, on_exit: Callable[[], None] | None = None) -> None:
        self.secrets = config.load_secrets(settings)
        self._settings = settings
        self._home = config.folder(settings)
        self._state_file = self._home / "state.json"
        self._log_file = LogFile(self._home / "janus.log")
        self._on_exit = on_exit
        self._running: Running | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pid(self) -> int | None:
        """The process id while Janus is up."""
        return self._running.pid if self._running else None

    async def start(self) -> None:
        """Take over the folder's Janus that still runs, or start one; return once it takes connections.

        Raises SfuError when the binary or every one of `ice_addresses` is missing, or Janus ends or does not come up
        within 15 s; StorageError.
        """
        await self._come_up()
        self._tasks = [
            asyncio.create_task(self._watch(), name="janus watch"),
            asyncio.create_task(self._keep_log_small(), name="janus log"),
        ]

    async def url(self) -> str:
        """Return the WebSocket address as soon as Janus is up. Raises SfuError when that takes longer than 15 s."""
        try:
            async with asyncio.timeout(UP_WITHIN_S):
                await self._up.wait()
        except TimeoutError:
            raise SfuError(f"Janus is not running; see {self._log_file.path}") from None
        assert self._running is not None
        return self._running.url

    def release(self) -> None:
        """Stop watching and leave Janus running."""
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def stop(self) -> None:
        """End Janus: SIGTERM, and SIGKILL for its process group when it is not gone within 4 s."""
        self.release()
        running, self._running = self._running, None
        self._up.clear()
        if running is not None:
            await self._end(running.pid)
        self._state_file.unlink(missing_ok=True)

    async def _come_up(self) -> None:
        found = state.read(self._state_file)
        if found is not None and state.is_alive(found, self._home):
            if found.digest != config.digest(self._settings):
                log.warning("Janus runs on with its earlier settings; stop the server once to apply new ones")
            if await self._answers(found):
                log.info("Janus taken over", pid=found.pid, url=found.url)
                self._set_up(found)
                return
            log.warning("the Janus that was found does not answer and is replaced", pid=found.pid)
        for pid in await asyncio.to_thread(state.strays, self._home):
            await self._end(pid)
        self._set_up(await self._spawn())

    def _set_up(self, running: Running) -> None:
        self._running = running
        self._up.set()

    async def _spawn(self) -> Running:
        """Start Janus; again on another port when it ended at once (somebody may have taken the port meanwhile)."""
        interfaces.check(self._settings)
        for _ in range(_STARTS):
            port = _free_port()
            await asyncio.to_thread(config.write, self._settings, self.secrets, port)
            child = self._child = self._launch()
            try:
                running = state.note(child.pid, port, config.digest(self._settings))
            except ProcessLookupError:
                continue
            await asyncio.to_thread(state.write, self._state_file, running)
            if await self._answers(running):
                log.info("Janus started", pid=running.pid, url=running.url)
                return running
            await self._end(child.pid)
        raise SfuError(f"Janus does not start; the end of its log {self._log_file.path}:\n{self._log_file.tail()}")

    def _launch(self) -> subprocess.Popen[bytes]:
        binary = shutil.which(self._settings.janus_binary)
        if binary is None:
            raise SfuError(
                f"Janus is not installed: there is no `{self._settings.janus_binary}`. Install Debian's package "
                "`janus`, name the binary with ROOMTAPE_JANUS_BINARY, or name a running one with ROOMTAPE_JANUS_URL"
            )
        # Its log is a file, never a pipe to us, and its session is its own: our end, by whatever signal, is not its.
        try:
            with self._log_file.open() as output:
                child = subprocess.Popen(
                    [binary, f"--configs-folder={self._home}"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self._home,
                    start_new_session=True,
                )
        except OSError as error:
            raise SfuError(f"{binary} cannot be run: {error.strerror}") from error
        with suppress(OSError):
            openfiles.allow_many(child.pid)
        return child

    async def _answers(self, running: Running) -> bool:
        """Wait until Janus knows us on its port; False when it ended, does not within 15 s, or has another secret.

        A mere connection would not do: another program may have taken the port before Janus did.
        """
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline and state.is_alive(running, self._home):
            try:
                await self._ask(running.url)
                return True
            except SfuError as error:
                if error.sfu_code == UNAUTHORIZED:
                    return False
                await asyncio.sleep(_POLL_S)
        return False

    async def _ask(self, url: str) -> None:
        client = await JanusClient.open(url, self.secrets.api, lambda event: None)
        try:
            # Unlike `ping` this asks for the secret, and unlike `create` it leaves nothing behind.
            await client.request({"janus": "keepalive", "session_id": 1})
        except SfuError as error:
            if error.sfu_code != SESSION_NOT_FOUND:
                raise
        finally:
            await client.close()

    async def _watch(self) -> None:
        failures = 0
        while True:
            running = self._running
            assert running is not None
            since = time.monotonic()
            await _gone(running.pid)
            self._reap()
            self._up.clear()
            self._running = None
            log.error("Janus died and is started again", pid=running.pid, log=str(self._log_file.path))
            if self._on_exit is not None:
                self._on_exit()
            failures = 0 if time.monotonic() - since > _STEADY_S else failures
            while not self._up.is_set():
                await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
                failures += 1
                try:
                    await self._come_up()
                except Exception as error:  # whatever it was, another try costs nothing and meetings depend on it
                    log.error("Janus cannot be started; trying again", error=str(error))

    async def _keep_log_small(self) -> None:
        while True:
            await asyncio.sleep(_LOG_CHECK_S)
            await asyncio.to_thread(self._log_file.trim)

    async def _end(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await _gone(pid)
            except TimeoutError:
                log.warning("Janus does not stop and is killed", pid=pid)
                os.killpg(pid, signal.SIGKILL)
                with suppress(TimeoutError):
                    async with asyncio.timeout(STOP_WITHIN_S):
                        await _gone(pid)
        self._reap()

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None


async def _gone(pid: int) -> None:
    """Return when the process has ended, child or not (pidfd_open(2): readable at its end)."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(fd)
        os.close(fd)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
