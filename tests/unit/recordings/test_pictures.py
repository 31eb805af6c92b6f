"""Tests of participants' pictures: once a session and URL, never in anybody's way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from roomtape.capture.events import PeerPictured
from roomtape.db.database import Database
from roomtape.domain.recording import Kind
from roomtape.errors import DestinationError, StorageError
from roomtape.recordings import pictures as module
from roomtape.recordings.assets import Assets
from roomtape.recordings.captures import Captures
from roomtape.recordings.pictures import Pictures
from roomtape.rooms.live import LivePeer, LiveSession
from tests.support.images import png
from tests.support.recording_fakes import FakeRooms, make_database, meeting, peer, recording


def pictured(name: str, url: str | None, *, hidden: bool = False) -> LivePeer:
    made = peer(name, hidden=hidden)
    made.picture = url
    return made


class World:
    def __init__(self, folder: Path, db: Database) -> None:
        self.db = db
        self.rooms = FakeRooms(folder, db)
        self.captures = Captures(self.rooms)
        self.asked: list[str] = []
        self.pictures = Pictures(self.rooms, self.captures, Assets(folder, self.fetch))
        self.session: LiveSession

    async def fetch(self, url: str, limit: int, within_s: float, types: Sequence[str]) -> bytes:
        assert limit == module.LARGEST
        self.asked.append(url)
        if "bad" in url:
            raise DestinationError("bad.example answered 404")
        return b"<svg/>" if "svg" in url else png("blue" if "blue" in url else "red")

    def told(self) -> list[str]:
        return [e.peer_id for e in self.rooms.events(self.session) if isinstance(e, PeerPictured)]

    async def until_told(self, *peers: str) -> None:
        async with asyncio.timeout(20):
            while set(self.told()) != set(peers):
                await asyncio.sleep(0.005)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, await make_database(tmp_path, meeting()))
    made.session = await made.rooms.make("sess-1")
    made.session.capture_dir.mkdir(parents=True)
    yield made
    await made.pictures.stop()
    await made.db.close()


async def test_those_who_are_in_and_those_who_come_later(world: World) -> None:
    one = recording()
    world.rooms.join(
        world.session,
        pictured("ann", "http://red.example/"),
        pictured("bob", "http://red.example/"),
        pictured("cy", None),
    )
    world.captures.active[one.id] = one
    world.pictures.begin(one)
    world.pictures.begin(one)
    await world.until_told("peer-ann", "peer-bob")
    late = pictured("dora", "http://blue.example/")
    world.rooms.join(world.session, late)
    world.pictures.joined(world.session, late)
    world.pictures.joined(world.session, late)
    await world.until_told("peer-ann", "peer-bob", "peer-dora")
    assert world.asked == ["http://red.example/", "http://blue.example/"]
    assert len(world.told()) == 3
    assert len(list((world.session.capture_dir / "assets").iterdir())) == 2


async def test_nobody_is_asked_while_no_composite_is_made(world: World) -> None:
    ann = pictured("ann", "http://red.example/")
    world.rooms.join(world.session, ann)
    world.pictures.joined(world.session, ann)
    track = recording(kind=Kind.TRACK)
    world.captures.active[track.id] = track
    world.pictures.joined(world.session, ann)
    one = recording("rec-2")
    world.captures.active[one.id] = one
    world.pictures.joined(world.session, pictured("spy", "http://red.example/", hidden=True))
    world.pictures.begin(replace(one, session_id="gone"))
    await asyncio.sleep(0.02)
    assert world.asked == []


async def test_what_cannot_be_had_is_left(world: World) -> None:
    one = recording()
    world.captures.active[one.id] = one
    world.rooms.join(
        world.session,
        pictured("ann", "http://bad.example/"),
        pictured("bob", "http://x.example/svg"),
        pictured("cy", "http://red.example/"),
    )
    world.pictures.begin(one)
    await world.until_told("peer-cy")
    assert len(world.asked) == 3


async def test_there_is_a_limit(world: World) -> None:
    one = recording()
    world.captures.active[one.id] = one
    world.pictures._albums["sess-1"] = module._Album(
        files={f"http://{i}": asyncio.create_task(asyncio.sleep(0, None)) for i in range(module.MOST_URLS)}
    )
    world.pictures.joined(world.session, pictured("ann", "http://red.example/"))
    await asyncio.sleep(0.02)
    assert world.asked == []


async def test_a_full_disk_and_the_end_of_a_session_disturb_nobody(world: World) -> None:
    one = recording()
    world.captures.active[one.id] = one
    world.rooms.log_fails = StorageError("full")
    world.rooms.join(world.session, pictured("ann", "http://red.example/"))
    world.pictures.begin(one)
    await asyncio.sleep(0.05)
    assert world.asked == ["http://red.example/"]
    await world.pictures.forget("sess-1")
    await world.pictures.forget("sess-1")
    world.rooms.log_fails = None
    assert world.told() == []
