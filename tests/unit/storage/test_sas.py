"""That Azure takes what is signed here is shown against Azurite, in tests/integration/test_storage_servers.py."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from roomtape.storage import sas

KEY = base64.b64encode(b"key").decode()


def test_a_link_reads_one_blob_until_it_ends() -> None:
    url = sas.link("https://acc.blob.core.windows.net/", "acc", KEY, "tapes", "in/a b.mp4", 600, None)
    split = urlsplit(url)
    assert (split.netloc, split.path) == ("acc.blob.core.windows.net", "/tapes/in/a%20b.mp4")
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    assert (query["sp"], query["sr"], "rscd" in query) == ("r", "b", False)
    until = datetime.strptime(query["se"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(seconds=590) < until - datetime.now(UTC) <= timedelta(seconds=600)


def test_every_part_is_signed() -> None:
    def signature(*more: str, key: str = KEY) -> str:
        url = sas.link("https://h", "acc", key, more[0], more[1], 600, more[2])
        return parse_qs(urlsplit(url).query)["sig"][0]

    one = signature("tapes", "a.mp4", "inline")
    others = [
        signature("other", "a.mp4", "inline"),
        signature("tapes", "b.mp4", "inline"),
        signature("tapes", "a.mp4", "attachment"),
        signature("tapes", "a.mp4", "inline", key=base64.b64encode(b"other").decode()),
    ]
    assert one not in others


def test_a_key_that_is_none() -> None:
    with pytest.raises(ValueError, match="padding"):
        sas.link("https://h", "acc", "abc", "tapes", "a", 600, None)
