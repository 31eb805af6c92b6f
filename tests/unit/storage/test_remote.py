"""What differs between stores is shown against real servers, in tests/integration/test_storage_servers.py."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from roomtape.domain.storage_config import StorageConfig
from roomtape.errors import DestinationError, Forbidden, NotFound, StorageError
from roomtape.storage import remote
from roomtape.storage.port import Right
from roomtape.storage.remote import OK, RemoteBucket, RemoteFile
from roomtape.storage.signedlinks import SignedLinks

SOON = datetime.now(UTC) + timedelta(hours=1)


class FakeStore:
    """A store that is a dict; `away` is what it says while it is."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.away: str | None = None
        self.linked: list[tuple[str, str, int, str | None]] = []
        self.links = True
        self.denied: tuple[Right, ...] = ()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["FakeStore"]:
        if self.away is not None:
            raise DestinationError(self.away)
        yield self

    async def put(self, path: str, file: Path) -> None:
        self.files[path] = file.read_bytes()

    async def check(self, path: str) -> tuple[Right, ...]:
        return self.denied

    async def close(self) -> None:
        return

    async def names(self, prefix: str) -> list[str]:
        return [name for name in self.files if name.startswith(prefix + "/")]

    async def delete(self, path: str) -> None:
        for name in [*await self.names(path), path]:
            self.files.pop(name, None)

    async def size(self, path: str) -> int:
        return len(self._file(path))

    async def read(self, path: str, start: int, end: int) -> bytes:
        return self._file(path)[start:end]

    def _file(self, path: str) -> bytes:
        if path not in self.files:
            raise NotFound("there is no such file in the bucket")
        return self.files[path]

    async def link(self, path: str, method: str, seconds: int, disposition: str | None) -> str | None:
        self.linked.append((path, method, seconds, disposition))
        return f"https://store/{path}" if self.links else None


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def bucket(store: FakeStore) -> RemoteBucket:
    where = StorageConfig("aws", "tapes", path="own", access_key="k", secret="s")
    return RemoteBucket(where, store.opened, store.opened, SignedLinks(lambda: "http://h:1", b"k" * 32))


async def _opened(bucket: RemoteBucket, url: str) -> RemoteFile:
    split = urlsplit(url)
    query = parse_qs(split.query)
    path = unquote(split.path.removeprefix("/bucket/"))
    return await bucket.open_link(path, query["expires"][0], query["signature"][0])


async def test_paths_are_below_the_folder_that_the_setting_names(
    bucket: RemoteBucket, store: FakeStore, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"film")
    await bucket.put("app/rec/a.mp4", tmp_path / "f")
    assert store.files == {"own/app/rec/a.mp4": b"film"}
    assert await bucket.names("app/rec") == ["app/rec/a.mp4"]
    assert await bucket.read("app/rec/a.mp4") == b"film"
    await bucket.delete("app/rec")
    assert store.files == {}


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a//b", "a/./b", "a\\b", "a\0"])
async def test_and_never_outside(bucket: RemoteBucket, path: str) -> None:
    with pytest.raises(NotFound):
        await bucket.read(path)
    with pytest.raises(NotFound):
        await _opened(bucket, bucket.link(path, SOON))


async def test_a_link_of_ours_leads_to_one_of_the_stores(bucket: RemoteBucket, store: FakeStore) -> None:
    month = datetime.now(UTC) + timedelta(days=30)
    url = bucket.link("app/a ü.mp4", month)
    assert url.startswith("http://h:1/bucket/app/a%20%C3%BC.mp4?expires=")
    file = await _opened(bucket, url)
    assert await file.link("HEAD", False) == "https://store/own/app/a ü.mp4"
    await file.link("GET", True)
    saved = "attachment; filename=\"a _.mp4\"; filename*=UTF-8''a%20%C3%BC.mp4"
    assert store.linked == [
        ("own/app/a ü.mp4", "HEAD", remote.LINK_S, None),
        ("own/app/a ü.mp4", "GET", remote.LINK_S, saved),
    ]
    with pytest.raises(Forbidden):
        await _opened(bucket, url.replace("signature=", "signature=0"))


async def test_without_links_it_is_read_in_pieces(
    bucket: RemoteBucket, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PIECE_BYTES", 4)
    store.files["own/a.mp4"], store.links = b"0123456789", False
    file = await _opened(bucket, bucket.link("a.mp4", SOON))
    assert await file.link("GET", False) is None
    assert await file.size() == 10
    assert [piece async for piece in file.pieces(1, 10)] == [b"1234", b"5678", b"9"]
    with pytest.raises(StorageError, match="ends before its time"):
        assert [piece async for piece in file.pieces(8, 12)]


async def test_what_is_wrong_is_a_storage_error_and_the_state(bucket: RemoteBucket, store: FakeStore) -> None:
    store.away = "aws://tapes/own: the service answered 503"
    for attempt in (bucket.names("app"), bucket.delete("app"), bucket.read("a"), bucket.put("a", Path("/none"))):
        with pytest.raises(StorageError, match=r"the own bucket cannot be used: aws://tapes/own: .* 503"):
            await attempt
    assert bucket.state == store.away
    store.away = None
    with pytest.raises(NotFound):
        await bucket.read("a")
    await bucket.names("app")
    assert bucket.state == OK


async def test_a_file_that_is_not_there_is_no_fault_of_the_bucket(bucket: RemoteBucket) -> None:
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        await bucket.put("a", Path("/none"))


async def test_the_state_is_asked_for_until_it_is_good(
    bucket: RemoteBucket, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PROBED_EVERY_S", 0.01)
    store.away = "away"
    assert bucket.state == "has not answered yet"
    bucket.start()
    async with asyncio.timeout(20):
        while bucket.state != "away":
            await asyncio.sleep(0.005)
        store.away = None
        while bucket.state != OK:
            await asyncio.sleep(0.005)
    await bucket.stop()


async def test_a_folders_link_leads_to_each_of_its_files(bucket: RemoteBucket) -> None:
    prefix = bucket.link_folder("app/rec", SOON)
    expires, signature, path = (urlsplit(prefix).path + "seg.ts").removeprefix("/bucket-folder/").split("/", 2)
    file = await bucket.open_folder_link(path, expires, signature)
    assert await file.link("GET", False) == "https://store/own/app/rec/seg.ts"


async def test_a_key_that_may_only_write_is_not_enough_for_the_own_bucket(
    bucket: RemoteBucket, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PROBED_EVERY_S", 0.01)
    store.denied = ("read", "delete")
    bucket.start()
    async with asyncio.timeout(10):
        while "may write there, but not read or delete" not in bucket.state:
            await asyncio.sleep(0.01)
        store.denied = ()
        while bucket.state != OK:
            await asyncio.sleep(0.01)
    await bucket.stop()
