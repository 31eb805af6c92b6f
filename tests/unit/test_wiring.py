import json
import resource
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from roomtape import wiring
from roomtape.api.connections import HttpConnection, WebSocketConnection
from roomtape.db.database import Database
from roomtape.db.migrate import upgrade
from roomtape.errors import OurError, StorageError
from roomtape.settings import Settings
from roomtape.sfu.janus import interfaces
from roomtape.storage.bucket import FolderBucket
from roomtape.storage.signedlinks import SignedLinks


def test_the_server_loads_nothing_that_only_its_processes_need() -> None:
    code = "import sys, roomtape.cli, roomtape.wiring; print(*{'av', 'numpy', 'PIL', 'playwright'} & {*sys.modules})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == []


def test_connections_have_to_ask_in_time_and_there_may_be_many() -> None:
    config = wiring._doors(FastAPI())
    config.load()
    assert (config.http_protocol_class, config.ws_protocol_class) == (HttpConnection, WebSocketConnection)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        with capture_logs() as logs:
            wiring._allow_many_sockets()
        assert logs[0]["most"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_limit_that_may_not_be_raised_stops_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr("roomtape.openfiles.allow_many", refused)
    with capture_logs() as logs:
        wiring._allow_many_sockets()
    assert [entry["log_level"] for entry in logs] == ["warning"]


def test_two_servers_never_share_a_folder(tmp_path: Path) -> None:
    with wiring._own_folder(tmp_path / "data"), pytest.raises(OurError, match="another server runs"):
        wiring._own_folder(tmp_path / "data")
    wiring._own_folder(tmp_path / "data").close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        wiring._own_folder(tmp_path / "file" / "data")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OurError, match=f"127.0.0.1:{port}"):
            wiring._listen(Settings(data_dir=tmp_path, port=port))
    with wiring._listen(Settings(data_dir=tmp_path, port=0)) as free:
        assert wiring._address_of(free) == f"http://127.0.0.1:{free.getsockname()[1]}"


async def test_bootstrap_is_kept_and_made_again_when_lost(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/test.sqlite"
    await upgrade(url)
    db = Database(url)
    settings = Settings(data_dir=tmp_path)
    file = tmp_path / "bootstrap.json"
    first = await wiring._bootstrap(db, settings, "http://one.test")
    told = json.loads(file.read_text())
    assert told == {
        "base_url": "http://one.test",
        "account_id": first.account_id,
        "app_id": first.app_id,
        "api_token": first.api_token,
    }
    assert await wiring._bootstrap(db, settings, "http://two.test") == first
    assert json.loads(file.read_text())["base_url"] == "http://two.test"
    for damaged in ("[]", "{", '{"api_token": 5}'):
        file.write_text(damaged)
        again = await wiring._bootstrap(db, settings, "http://two.test")
        assert (again.account_id, again.app_id) == (first.account_id, first.app_id)
        assert again.api_token != first.api_token
    await db.close()


async def test_health_says_that_no_media_can_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path)
    bucket = FolderBucket(tmp_path, SignedLinks(lambda: "http://a.test", bytes(32)))
    monkeypatch.setattr(interfaces, "trouble", lambda settings: "this machine has no network")
    assert wiring._may_wait(settings, bucket) == {"media": "this machine has no network"}
    monkeypatch.setattr(interfaces, "trouble", lambda settings: None)
    assert wiring._may_wait(settings, bucket) == {}
