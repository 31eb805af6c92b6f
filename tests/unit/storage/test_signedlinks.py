from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import pytest

from roomtape.errors import Forbidden
from roomtape.storage.signedlinks import SignedLinks

LINKS = SignedLinks(lambda: "http://h:1/", b"k" * 32)
SOON = datetime.now(UTC) + timedelta(hours=1)
EXPIRES = str(int(SOON.timestamp()))


def _folder(url: str) -> tuple[str, str, str]:
    expires, signature, path = urlsplit(url).path.removeprefix("/bucket-folder/").split("/", 2)
    return unquote(path), expires, signature


def test_a_link_says_until_when_it_is_good() -> None:
    url = LINKS.link("app/a b.mp4", SOON)
    assert url.startswith(f"http://h:1/bucket/app/a%20b.mp4?expires={EXPIRES}&signature=")
    assert LINKS.check("app/a b.mp4", EXPIRES, url.rsplit("=", 1)[1]) == int(EXPIRES)


def test_a_folders_link_opens_what_lies_right_in_it() -> None:
    prefix = LINKS.link_folder("app/rec/hls ü", SOON)
    assert prefix.endswith("/app/rec/hls%20%C3%BC/")
    for name in ("index.m3u8", "seg 1.ts"):
        assert LINKS.check_folder(*_folder(prefix + name)) == int(EXPIRES)


@pytest.mark.parametrize("more", ["deeper/a.ts", "../a.ts", "../../other/a.ts", ""])
def test_and_nothing_else(more: str) -> None:
    path, expires, signature = _folder(LINKS.link_folder("app/rec", SOON) + more)
    if more == "":  # the folder itself: no file has such a path
        assert path == "app/rec/"
        return
    with pytest.raises(Forbidden):
        LINKS.check_folder(path, expires, signature)


def test_a_files_link_opens_no_folder_and_the_other_way_round() -> None:
    file = LINKS.sign("app/rec", EXPIRES)
    with pytest.raises(Forbidden):
        LINKS.check_folder("app/rec/a.ts", EXPIRES, file)
    folder = _folder(LINKS.link_folder("app/rec", SOON))[2]
    with pytest.raises(Forbidden):
        LINKS.check("app/rec", EXPIRES, folder)


def test_links_end() -> None:
    past = datetime.now(UTC) - timedelta(seconds=2)
    with pytest.raises(Forbidden, match="expired"):
        LINKS.check_folder(*_folder(LINKS.link_folder("app", past) + "a.ts"))
