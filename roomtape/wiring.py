"""Owns putting the server together: the only place that knows every adapter, and the order of starting and stopping."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvicorn
import uvloop

from roomtape import logs, openfiles, vault
from roomtape.api.app import create_app
from roomtape.api.connections import HttpConnection, WebSocketConnection
from roomtape.api.deps import Deps
from roomtape.api.recording_config import effective, for_meeting
from roomtape.console import hint
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.db.seed import Bootstrap, seed
from roomtape.errors import OurError, StorageError
from roomtape.outbound.fetch import fetch
from roomtape.outbound.guard import Guard
from roomtape.recordings.assets import Assets
from roomtape.recordings.captures import Captures
from roomtape.recordings.confirmation import Confirmation
from roomtape.recordings.delivery import Delivery
from roomtape.recordings.finalize import Finalizer
from roomtape.recordings.messages import Messages
from roomtape.recordings.page_url import Addresses, Places, pair
from roomtape.recordings.pages import Pages
from roomtape.recordings.pictures import Pictures
from roomtape.recordings.recovery import recover
from roomtape.recordings.retention import Retention
from roomtape.recordings.rtmp import RtmpStreams
from roomtape.recordings.service import Recordings
from roomtape.recordings.sessionlogs import SessionLogs
from roomtape.recordings.supervisor import Supervisor
from roomtape.recordings.watermarks import Watermarks
from roomtape.render.job import write_json
from roomtape.render.runner import RenderRunner
from roomtape.rooms.realtimekit import http as realtimekit
from roomtape.rooms.realtimekit.chatlog import ChatLogs
from roomtape.rooms.realtimekit.memory import RoomFiles
from roomtape.rooms.service import Rooms
from roomtape.rooms.tokens import TokenIssuer, load_key
from roomtape.rooms.whip import http as whip
from roomtape.settings import Settings, strangers
from roomtape.sfu.janus import interfaces
from roomtape.sfu.janus.adapter import JanusSfu
from roomtape.storage.bucket import FolderBucket, signing_key
from roomtape.storage.chatfiles import ChatFiles
from roomtape.storage.destinations import Destinations
from roomtape.storage.remote import RemoteBucket, remote_bucket
from roomtape.storage.signedlinks import SignedLinks
from roomtape.webhooks import signature
from roomtape.webhooks.dispatch import Dispatcher

log = structlog.get_logger()

BOOTSTRAP = "bootstrap.json"
KEEP_ALIVE_S = 75
"""Longer than clients keep an idle connection: a request sent just as we close one fails for no reason they can see."""
REQUESTS_END_WITHIN_S = 2
"""SIGTERM must be over within 10 s; requests get this much of it, the captures and Janus the rest."""

LARGEST_HEAD = 64 << 10
"""Bytes of a request's first line and headers together; h11 keeps to it, uvicorn's other parser has no limit."""
LARGEST_SOCKET_MESSAGE = 1 << 20
"""Bytes; nothing larger is even read from a client. What is read and still too large gets a reason."""


def serve(settings: Settings) -> None:
    """Run the server until SIGTERM or SIGINT. Raises RoomtapeError when it cannot start."""
    logs.configure(settings.log_level)
    os.umask(0o077)  # recordings are nobody else's; Janus, renders and recorders inherit it
    _allow_many_sockets()
    for name in strangers():
        log.warning("there is no such setting", variable=name)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


def _allow_many_sockets() -> None:
    try:
        log.info("files and sockets may be open at once", most=openfiles.allow_many())
    except OSError as error:
        log.warning("the number of files and sockets stays as it was", error=str(error))


async def _serve(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        stack.callback(_own_folder(settings.data_dir).close)
        listener = _listen(settings)
        stack.callback(listener.close)
        base_url = settings.public_url or _address_of(listener)
        deps = await stack.enter_async_context(_house(settings, base_url, _places(base_url, listener)))
        server = _Server(_doors(create_app(deps)), base_url, settings.data_dir / BOOTSTRAP)
        await server.serve(sockets=[listener])


def _doors(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=REQUESTS_END_WITHIN_S, server_header=False, ws_max_size=LARGEST_SOCKET_MESSAGE,
        timeout_keep_alive=KEEP_ALIVE_S, h11_max_incomplete_event_size=LARGEST_HEAD,
        http=HttpConnection, ws=WebSocketConnection,
    )  # fmt: skip


class _Server(uvicorn.Server):
    """Says so on standard output once it accepts requests; ends at SIGTERM and SIGINT without dying of them.

    uvicorn would raise the signal again when it is done, and the rest of the house could not be stopped any more.
    """

    def __init__(self, config: uvicorn.Config, base_url: str, bootstrap: Path) -> None:
        super().__init__(config)
        self._base_url = base_url
        self._bootstrap = bootstrap

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"roomtape ready {self._base_url}", flush=True)
            self._tell_where()

    def _tell_where(self) -> None:
        """Whoever sits before a terminal gets a link that signs them in; logs get no token."""
        if sys.stderr.isatty():
            print(hint.for_terminal(self._base_url, self._bootstrap), file=sys.stderr, flush=True)
        else:
            log.info("start page", url=hint.start_page(self._base_url), api_token_in=str(self._bootstrap))


@asynccontextmanager
async def _house(settings: Settings, base_url: str, places: Places) -> AsyncIterator[Deps]:
    """Build everything, start it from the bottom up, and stop it from the top down."""
    data = settings.data_dir
    db = Database(settings.database, vault.load(data))
    await upgrade(db.url)
    await _bootstrap(db, settings, base_url)
    sfu = JanusSfu(settings)
    rooms = Rooms(settings, db, sfu)
    runner = RenderRunner(settings.render_processes)
    key = signing_key(data / "bucket.key")
    endpoints = dict(entry.split("=", 1) for entry in settings.storage_endpoints)
    bucket = _own_bucket(settings, endpoints, SignedLinks(lambda: base_url, key))
    chat_files = ChatFiles(data / "chat-files", key, settings.chat_file_max_mb << 20)
    chat_logs = ChatLogs(db, RoomFiles(data / "rooms"), bucket, settings.retention_days)
    session_logs = SessionLogs(data, rooms)
    captures = Captures(rooms)
    retention = Retention(settings, db, bucket)
    guard = Guard(settings.outbound_allow)
    delivery = Delivery(db, Destinations(data, guard, endpoints), settings.upload_patience_h * 3600)
    finalizer = Finalizer(settings, db, runner, bucket, session_logs, delivery, retention.forget_capture)
    finalizer.expire = retention.expire
    confirmation = Confirmation(db, captures, session_logs)
    recordings = Recordings(
        db, rooms, captures, session_logs, confirmation, finalizer, most_per_app=settings.recordings_per_app
    )
    supervisor = Supervisor(settings, db, rooms, captures, recordings, runner, for_meeting)
    supervisor.forget_capture = retention.forget_capture
    streams = supervisor.streams = RtmpStreams(data, guard, runner)
    assets = Assets(data, partial(fetch, guard))
    watermarks = supervisor.watermarks = Watermarks(data, db, session_logs, assets)
    messages = supervisor.messages = Messages(rooms, recordings)
    pictures = supervisor.pictures = Pictures(rooms, captures, assets)
    finalizer.settle = watermarks.settle
    rooms.listener = supervisor
    dispatcher = Dispatcher(settings, db, guard, signature.load(data), bucket.link)
    issuer = TokenIssuer(load_key(data), settings.participant_token_ttl_s)
    pages = recordings.pages = Pages(settings, rooms, recordings, issuer, places, effective)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(db.close)
        stack.push_async_callback(rooms.stop)
        await rooms.start()
        stack.push_async_callback(runner.stop_all)
        stack.push_async_callback(watermarks.stop)
        stack.push_async_callback(pictures.stop)
        if isinstance(bucket, RemoteBucket):
            stack.push_async_callback(bucket.stop)
            bucket.start()
        stack.push_async_callback(finalizer.close)
        await finalizer.start()
        stack.push_async_callback(recordings.close)
        stack.push_async_callback(streams.stop)
        stack.push_async_callback(supervisor.stop)
        stack.push_async_callback(pages.stop)
        await recover(rooms, recordings, supervisor, finalizer)
        await pages.sweep(captures.active)
        streams.sweep(captures.active)
        supervisor.start()
        stack.push_async_callback(dispatcher.stop)
        dispatcher.start()
        stack.push_async_callback(retention.stop)
        retention.start(
            finalizer.begin_all,
            finalizer.forget_finished,
            lambda: chat_files.sweep(time.time()),
            lambda: chat_logs.sweep(rooms.sessions),
        )
        deps = Deps(
            settings, db, rooms, recordings, issuer, bucket, chat_files, streams, delivery, dispatcher, messages,
            ready=lambda: {"janus": "ok" if sfu.session is not None else "away; it is being started again"},
            renders=runner.load,
            pages=Addresses(Guard(settings.outbound_allow + settings.page_allow, setting="page_allow"), places),
            may_wait=lambda: _may_wait(settings, bucket),
        )  # fmt: skip
        yield _with_doors(deps, chat_logs)


def _own_bucket(settings: Settings, endpoints: dict[str, str], links: SignedLinks) -> FolderBucket | RemoteBucket:
    if settings.own_bucket is None:
        return FolderBucket(settings.data_dir / "bucket", links)
    return remote_bucket(settings.data_dir, settings.own_bucket, endpoints, links)


def _with_doors(deps: Deps, chat_logs: ChatLogs) -> Deps:
    return Deps(**{**vars(deps), "routers": (whip.router(deps), realtimekit.router(deps, chat_logs))})


def _may_wait(settings: Settings, bucket: FolderBucket | RemoteBucket) -> dict[str, str]:
    """Return what is not as it should be though the server can work, by part; `ok` where it is."""
    told = interfaces.trouble(settings)
    media = {} if told is None else {"media": told}
    return media | ({"bucket": bucket.state} if isinstance(bucket, RemoteBucket) else {})


async def _bootstrap(db: Database, settings: Settings, base_url: str) -> Bootstrap:
    """Make what the first start makes, and tell it in `bootstrap.json`, which only the owner can read."""
    file = settings.data_dir / BOOTSTRAP
    try:
        before = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        before = None
    known = before.get("api_token") if isinstance(before, dict) else None
    made = await seed(db, settings, known if isinstance(known, str) else None)
    write_json(file, {"base_url": base_url, **asdict(made)})
    return made


def _own_folder(folder: Path) -> Any:
    """Make the data folder and lock it: two servers on one folder would destroy each other's recordings."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_mode & 0o007:
            log.warning("the data folder is open to every user of this machine: chmod 700 it", folder=str(folder))
        lock = (folder / "server.lock").open("a")
    except OSError as error:
        raise StorageError(f"the data folder {folder} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OurError(f"another server runs on {folder}; stop it, or give --data-dir another folder") from error
    return lock


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise OurError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; "
            "choose another --host or --port, or stop what uses this one"
        ) from error


def _places(base_url: str, listener: socket.socket) -> Places:
    """Return where recorders of pages, on this machine, and the pages in them reach the server."""
    host, port = listener.getsockname()[:2]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    local = f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
    names = {local, base_url, *([f"http://localhost:{port}"] if near in ("127.0.0.1", "::1") else [])}
    return Places(local, tuple(sorted(pair(url) for url in names)))


def _address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
