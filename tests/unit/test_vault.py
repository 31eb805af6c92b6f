import stat
from pathlib import Path

import pytest

from roomtape import vault
from roomtape.errors import StorageError

URL = "rtmp://live.example.com/app/secret-key"


def test_secrets_are_sealed_wherever_they_stand_and_open_again(tmp_path: Path) -> None:
    body = {"max_seconds": 60, "live": {"rtmp_url": URL}, "list": [{"rtmp_url": URL}], "file_name_prefix": "rtmp_url"}
    sealed = vault.load(tmp_path).sealed(body)
    assert "secret-key" not in str(sealed)
    assert sealed["max_seconds"] == 60
    assert sealed["file_name_prefix"] == "rtmp_url"
    assert vault.load(tmp_path).opened(sealed) == body


def test_sealing_twice_seals_once(tmp_path: Path) -> None:
    kept = vault.load(tmp_path)
    once = kept.sealed({"rtmp_url": URL})
    assert kept.opened(kept.sealed(once)) == {"rtmp_url": URL}


def test_nothing_and_plain_values_pass() -> None:
    assert vault.Vault().sealed(None) is None
    assert vault.Vault().sealed({"rtmp_url": None}) == {"rtmp_url": None}
    assert vault.Vault().opened({"rtmp_url": URL}) == {"rtmp_url": URL}


def test_another_key_opens_nothing_and_breaks_nothing() -> None:
    assert vault.Vault().opened(vault.Vault().sealed({"rtmp_url": URL, "a": 1})) == {"rtmp_url": None, "a": 1}


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    vault.load(tmp_path)
    assert stat.S_IMODE((tmp_path / vault.KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [vault.KEY_FILE]


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    (tmp_path / vault.KEY_FILE).write_bytes(b"short")
    with pytest.raises(StorageError, match=r"vault\.key holds no key"):
        vault.load(tmp_path)


def test_a_folder_that_takes_no_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"vault\.key"):
        vault.load(tmp_path / "not there")
