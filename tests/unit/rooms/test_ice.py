from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from pydantic import ValidationError

from roomtape.rooms.ice import ice_servers, turn_credentials
from roomtape.settings import Settings


def test_nothing_is_told_when_nothing_is_set(tmp_path: Path) -> None:
    assert ice_servers(Settings(data_dir=tmp_path), "ada", 1_000) == []


def test_credentials_are_what_coturn_computes() -> None:
    username, credential = turn_credentials("north", "ada", 1_700_000_000)
    assert username == "1700000000:ada"
    # As `echo -n 1700000000:ada | openssl dgst -binary -sha1 -hmac north | openssl base64` does.
    wanted = hmac.new(b"north", b"1700000000:ada", hashlib.sha1).digest()
    assert base64.b64decode(credential) == wanted


def test_stun_goes_without_and_turn_with_credentials_of_the_participant(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        ice_servers=("stun:stun.example:3478", "turn:old.example"),
        turn_urls=("turn:turn.example:3478?transport=udp", "turns:turn.example:5349"),
        turn_secret="north",
        turn_ttl_s=600,
    )
    stun, turn = ice_servers(settings, "ada", 1_000)
    assert stun == {"urls": ["stun:stun.example:3478"]}
    assert turn["urls"] == ["turn:turn.example:3478?transport=udp", "turns:turn.example:5349"]
    assert turn["username"] == "1600:ada"
    assert ice_servers(settings, "bob", 1_000)[1]["credential"] != turn["credential"]


def test_a_turn_server_without_its_secret_is_refused_and_no_secret_is_shown(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="turn_secret"):
        Settings(data_dir=tmp_path, turn_urls=("turn:turn.example",))
    with pytest.raises(ValidationError) as refused:
        Settings(data_dir=tmp_path, turn_urls=("stun:turn.example",), turn_secret="north-by-northwest")
    assert "must begin with turn:" in str(refused.value)
    assert "north-by-northwest" not in str(refused.value)
