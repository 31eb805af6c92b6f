"""Owns the state of a live session as a value in memory: who is in, what they publish, whose packets are captured."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from roomtape.capture.eventlog import EventLogWriter
from roomtape.capture.events import Event, MediaKind, StreamKind
from roomtape.rooms.observers import Observers
from roomtape.sfu.port import Handle


@dataclass(frozen=True)
class LiveTrack:
    """One published m-line. `producer_id`, `app_data` and `paused` matter to SDK clients; WHIP leaves the defaults.

    The ids of header extensions are those of `PublishedTrack`.
    """

    mindex: int
    mid: str
    kind: MediaKind
    codec: str
    source: StreamKind = "peer"
    producer_id: str = ""
    paused: bool = False
    app_data: str = "{}"
    audio_level_id: int | None = None
    orientation_id: int | None = None
    capture_time_id: int | None = None


@dataclass
class LivePeer:
    """One connected participant. `base` names the files of the running take, None when not captured.

    `up`: the media transport has stood at least once. `left`: it is out for good. `etag` names its ICE session to
    WHIP clients; a restart of the server forgets it. `by_socket`: an SDK client, present for as long as its socket;
    its media may end and come anew. `transport` counts the media transports that it had before this one. `recorder`: it
    is there to record, hidden, and nobody who would keep the session going.
    """

    id: str
    participant_id: str
    custom_participant_id: str | None
    name: str
    picture: str | None
    preset_name: str
    hidden: bool
    joined_us: int
    handle: Handle | None = None
    tracks: tuple[LiveTrack, ...] = ()
    take: int = 0
    base: str | None = None
    up: bool = False
    left: bool = False
    etag: str | None = None
    by_socket: bool = False
    transport: int = 0
    recorder: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def tape(self) -> bool:
        """Whether it brings the page of a recording, and so is nobody's business but that recording's."""
        return self.recorder and not self.by_socket


@dataclass
class LiveSession:
    """One live session; times in µs since the Unix epoch. `lock` is held over joins and the end.

    `lobby` has the ids of SDK peers whose transports stand though they have not joined, and of recordings whose page is
    being opened; they keep it from ending.
    `unlogged` are events that the disk has not taken yet; `log_lock` keeps the log in order.
    """

    id: str
    app_id: str
    meeting_id: str
    title: str
    keep_alive_s: float
    started_us: int
    capture_dir: Path
    log: EventLogWriter
    peers: dict[str, LivePeer] = field(default_factory=dict)
    empty_since_us: int | None = None
    most_peers: int = 0
    ended: bool = False
    lobby: set[str] = field(default_factory=set)
    observers: Observers = field(default_factory=Observers)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    unlogged: list[Event] = field(default_factory=list)
    log_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def present(self) -> list[LivePeer]:
        """Who is in, hidden or not; recorders do not count."""
        return [peer for peer in self.peers.values() if not peer.recorder]
