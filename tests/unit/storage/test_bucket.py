import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from roomtape.errors import Forbidden, NotFound, StorageError
from roomtape.storage.bucket import FolderBucket, content_type, signing_key
from roomtape.storage.signedlinks import SignedLinks

KEY = b"k" * 32
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def bucket(tmp_path: Path) -> FolderBucket:
    return FolderBucket(tmp_path / "bucket", SignedLinks(lambda: "http://h:1/", KEY))


def _file(folder: Path, content: bytes = b"content") -> Path:
    file = folder / "made.mp4"
    file.write_bytes(content)
    return file


def _parts(url: str) -> tuple[str, str, str]:
    split = urlsplit(url)
    query = parse_qs(split.query)
    return unquote(split.path.removeprefix("/bucket/")), query["expires"][0], query["signature"][0]


async def test_a_file_is_there_whole_and_once_however_often_it_is_put(bucket: FolderBucket, tmp_path: Path) -> None:
    file = _file(tmp_path)
    for _ in range(2):
        await bucket.put("app/rec/a.mp4", file)
    assert await bucket.names("app/rec") == ["app/rec/a.mp4"]
    (tmp_path / "made.mp4").unlink()
    other = _file(tmp_path, b"newer")
    await bucket.put("app/rec/a.mp4", other)
    assert (bucket.root / "app/rec/a.mp4").read_bytes() == b"newer"


async def test_where_no_link_can_be_made_the_file_is_copied(
    bucket: FolderBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    file = _file(tmp_path)
    await bucket.put("app/rec/a.mp4", file)
    assert (bucket.root / "app/rec/a.mp4").stat().st_ino != file.stat().st_ino
    assert await bucket.names("app") == ["app/rec/a.mp4"]


async def test_a_folder_that_takes_nothing_is_a_storage_error(bucket: FolderBucket, tmp_path: Path) -> None:
    bucket.root.write_bytes(b"in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        await bucket.put("app/rec/a.mp4", _file(tmp_path))


async def test_delete_takes_a_folder_a_file_and_what_is_not_there(bucket: FolderBucket, tmp_path: Path) -> None:
    for name in ("a", "b"):
        await bucket.put(f"app/rec/{name}.mp4", _file(tmp_path))
    await bucket.delete("app/rec/a.mp4")
    assert await bucket.names("app") == ["app/rec/b.mp4"]
    await bucket.delete("app/rec")
    await bucket.delete("app/rec")
    assert await bucket.names("app") == []


async def test_a_link_opens_its_file_and_only_that(bucket: FolderBucket, tmp_path: Path) -> None:
    await bucket.put("app/rec/a b ü.mp4", _file(tmp_path))
    url = bucket.link("app/rec/a b ü.mp4", SOON)
    assert url.startswith("http://h:1/bucket/app/rec/a%20b%20%C3%BC.mp4?expires=")
    path, expires, signature = _parts(url)
    assert (await bucket.open_link(path, expires, signature)).read_bytes() == b"content"
    for forged in (
        (path, str(int(expires) + 1), signature),
        ("app/rec/other.mp4", expires, signature),
        (path, expires, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        (path, expires, ""),
        (path, expires, "ü"),
        (path, "never", signature),
    ):
        with pytest.raises(Forbidden, match="signature is wrong"):
            await bucket.open_link(*forged)


async def test_a_link_ends(bucket: FolderBucket, tmp_path: Path) -> None:
    await bucket.put("app/rec/a.mp4", _file(tmp_path))
    url = bucket.link("app/rec/a.mp4", datetime.now(UTC) - timedelta(seconds=2))
    with pytest.raises(Forbidden, match="expired"):
        await bucket.open_link(*_parts(url))


async def test_a_link_to_what_is_gone_is_not_found(bucket: FolderBucket) -> None:
    with pytest.raises(NotFound):
        await bucket.open_link(*_parts(bucket.link("app/rec/a.mp4", SOON)))


@pytest.mark.parametrize("path", ["../key", "a/../../key", "/etc/passwd", "a//b", "", ".", "a/\0", "out/key"])
async def test_nothing_outside_is_reached_even_with_a_true_signature(
    bucket: FolderBucket, tmp_path: Path, path: str
) -> None:
    (tmp_path / "key").write_bytes(b"secret")
    bucket.root.mkdir()
    (bucket.root / "out").symlink_to(tmp_path)
    expires = str(int(SOON.timestamp()))
    with pytest.raises(NotFound):
        await bucket.open_link(path, expires, bucket._links.sign(path, expires))
    with pytest.raises(NotFound):
        await bucket.put(path, tmp_path / "key")
    with pytest.raises(NotFound):
        await bucket.delete(path)


def test_the_key_is_made_once_and_is_its_owners_only(tmp_path: Path) -> None:
    file = tmp_path / "data" / "bucket.key"
    key = signing_key(file)
    assert len(key) == 32
    assert signing_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["bucket.key"]
    file.write_bytes(b"short")
    with pytest.raises(StorageError, match="no key of 32 bytes"):
        signing_key(file)


def test_browsers_are_told_what_a_file_is() -> None:
    names = ("a.mp4", "a.webm", "a.json", "a.m4a", "a.mp3", "a.unheardof")
    assert [content_type(n) for n in names] == [
        "video/mp4",
        "video/webm",
        "application/json",
        "audio/mp4",
        "audio/mpeg",
        "application/octet-stream",
    ]


async def test_a_file_is_read(tmp_path: Path, bucket: FolderBucket) -> None:
    await bucket.put("app/rec/a.json", _file(tmp_path, b"{}"))
    assert await bucket.read("app/rec/a.json") == b"{}"
    for missing in ("app/rec/b.json", "app/rec", "app/rec/a.json/x", "../a", ""):
        with pytest.raises(NotFound):
            await bucket.read(missing)
