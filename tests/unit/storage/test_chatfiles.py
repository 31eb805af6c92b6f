from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from roomtape.errors import Conflict, Forbidden, InvalidRequest, NotFound, TooMany
from roomtape.storage import chatfiles
from roomtape.storage.chatfiles import DOOR, ChatFiles, safe_name, shown_type
from tests.support.wait import until

LATER = int(time.time()) + 3600


@pytest.fixture
def files(tmp_path: Path) -> ChatFiles:
    return ChatFiles(tmp_path / "chat-files", bytes(32), 1 << 20)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def place(files: ChatFiles, name: str) -> Path:
    return files.check("PUT", *parts_of(files.link("PUT", files.new_path("m-1", name, LATER), LATER)))


def parts_of(link: str) -> tuple[str, str, str]:
    split = urlsplit(link)
    query = parse_qs(split.query)
    return unquote(split.path).removeprefix(DOOR), query["expires"][0], query["signature"][0]


async def test_what_is_put_is_got(files: ChatFiles) -> None:
    path = files.new_path("m-1", "Plan für Mai.pdf", LATER)
    put = files.check("PUT", *parts_of(files.link("PUT", path, LATER)))
    assert await files.put(put, chunks(b"one ", b"two")) == 7
    got = files.check("GET", *parts_of(files.link("GET", path, LATER)))
    assert got.read_bytes() == b"one two"
    assert got.name == "Plan für Mai.pdf"
    assert [p.name for p in (files.root / "m-1").iterdir() if p.name.startswith(".part-")] == []


async def test_a_link_is_good_for_its_method_path_and_time_only(files: ChatFiles) -> None:
    path = files.new_path("m-1", "a.txt", LATER)
    _, expires, signature = parts_of(files.link("GET", path, LATER))
    for given in (
        ("PUT", path, expires, signature),
        ("GET", path + "x", expires, signature),
        ("GET", path, str(LATER + 1), signature),
        ("GET", path, expires, ""),
        ("GET", path, expires, signature[:-1] + "é"),
    ):
        with pytest.raises(Forbidden, match="signature"):
            files.check(*given)  # type: ignore[arg-type]
    past = int(time.time()) - 1
    with pytest.raises(Forbidden, match="expired"):
        files.check("GET", *parts_of(files.link("GET", path, past)))


@pytest.mark.parametrize("path", ["m-1/../../x", "m-1/123/a.txt", "../123-x/a.txt", "m-1", "m-1/.part-x/a", "", "m/1-"])
def test_a_signed_path_elsewhere_still_leads_nowhere(files: ChatFiles, path: str) -> None:
    with pytest.raises(NotFound):
        files.check("GET", *parts_of(files.link("GET", path, LATER)))


async def test_a_file_that_is_too_long_leaves_nothing(files: ChatFiles) -> None:
    file = files.check("PUT", *parts_of(files.link("PUT", files.new_path("m-1", "big", LATER), LATER)))
    with pytest.raises(InvalidRequest, match="1 MiB") as refused:
        await files.put(file, chunks(b"x" * (1 << 20), b"y"))
    assert refused.value.http_status == 413
    assert [p for p in files.root.rglob("*") if p.is_file()] == []


async def test_a_meeting_has_a_limit(files: ChatFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chatfiles, "MOST_BYTES_PER_MEETING", 2 * chatfiles.LEAST_BYTES)
    await files.put(place(files, "0.txt"), chunks(b"0123456789"))
    with pytest.raises(Conflict):
        await files.put(place(files, "large"), chunks(bytes(chatfiles.LEAST_BYTES + 1)))
    await files.put(place(files, "empty"), chunks())
    with pytest.raises(Conflict):
        await files.put(place(files, "an empty one takes room too"), chunks())
    assert sorted(p.name for p in files.root.rglob("*") if p.is_file()) == ["0.txt", "empty"]


async def test_files_that_come_at_once_do_not_pass_the_limit(files: ChatFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chatfiles, "MOST_BYTES_PER_MEETING", 3 * chatfiles.LEAST_BYTES)
    come = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"a"
        await come.wait()

    most = chatfiles.UPLOADS_AT_ONCE
    puts = [asyncio.create_task(files.put(place(files, f"{n}.txt"), slowly())) for n in range(most)]
    await until(lambda: len(list(files.root.glob("*/.part-*"))) == most)
    with pytest.raises(TooMany):
        await files.put(place(files, "late.txt"), chunks(b"x"))
    come.set()
    done = await asyncio.gather(*puts, return_exceptions=True)
    assert [found for found in done if isinstance(found, int)] == [1, 1, 1]
    assert sum(isinstance(found, Conflict) for found in done) == most - 3
    assert len([p for p in files.root.rglob("*") if p.is_file()]) == 3
    assert await files.put(files.check("PUT", *parts_of(files.link("PUT", files.new_path("m-2", "a", LATER), LATER))),
                           chunks(b"another meeting")) == 15  # fmt: skip


async def test_what_has_expired_goes_and_the_rest_stays(files: ChatFiles) -> None:
    for meeting, expires in (("m-1", LATER), ("m-1", LATER + 100), ("m-2", LATER)):
        path = files.new_path(meeting, "a.txt", expires)
        await files.put(files.check("PUT", *parts_of(files.link("PUT", path, LATER))), chunks(b"x"))
    assert await files.sweep(LATER - 1) == 0
    assert await files.sweep(LATER + 1) == 2
    assert [p.parent.name.split("-")[0] for p in files.root.rglob("a.txt")] == [str(LATER + 100)]
    assert not (files.root / "m-2").exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\docs\\Plan.PDF", "Plan.PDF"),
        ("a\r\nSet-Cookie: x", "a_Set-Cookie_ x"),
        (".htaccess", "htaccess"),
        ("日本語.png", "日本語.png"),
        ('quote".gif', "quote_.gif"),
    ],
)
def test_names_are_kept_as_far_as_they_are_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept
    assert safe_name(kept) == kept


@pytest.mark.parametrize("given", ["x" * 500 + ".pdf", "語" * 500 + ".pdf", "." * 5 + "x" * 400, "a." + "b" * 400])
def test_a_long_name_fits_every_disk(given: str) -> None:
    name = safe_name(given)
    assert 0 < len(name.encode()) <= chatfiles.LONGEST_NAME
    assert safe_name(name) == name
    assert name.endswith(".pdf") == given.endswith(".pdf")


@pytest.mark.parametrize("given", ["", "...", "/", "  "])
def test_a_name_that_is_nothing_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequest, match="filename"):
        safe_name(given)


def test_only_images_are_shown_as_what_they_are() -> None:
    assert shown_type("a.PNG") == "image/png"
    for name in ("a.svg", "a.html", "a.js", "a.pdf", "a"):
        assert shown_type(name) == "application/octet-stream"
