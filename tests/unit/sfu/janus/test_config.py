from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from roomtape.errors import StorageError
from roomtape.settings import Settings
from roomtape.sfu.janus import config


def made(tmp_path: Path, **values: object) -> dict[str, str]:
    return config.render(Settings(data_dir=tmp_path, **values), config.Secrets("s"), 4711)  # type: ignore[arg-type]


def test_only_the_videoroom_and_the_websocket_on_loopback_are_on(tmp_path: Path) -> None:
    files = made(tmp_path)
    socket = files["janus.transport.websockets.jcfg"]
    assert 'ws_ip = "127.0.0.1"' in socket
    assert "ws_port = 4711" in socket
    assert "wss = false" in socket
    assert "admin_ws = false" in socket
    main = files["janus.jcfg"]
    assert "libjanus_http.so" in main
    assert "libjanus_streaming.so" in main
    assert "videoroom" not in main
    assert "libjanus_websockets.so" not in main
    assert "string_ids = true" in files["janus.plugin.videoroom.jcfg"]
    assert "protected_folders = []" in main


def test_settings_reach_janus(tmp_path: Path) -> None:
    main = made(
        tmp_path,
        janus_reclaim_s=77,
        ice_addresses=("127.0.0.2", "eth0"),
        ice_port_range="30000-31000",
        ice_public_address="203.0.113.9",
        log_level="error",
    )["janus.jcfg"]
    assert "session_timeout = 77" in main
    assert "reclaim_session_timeout = 77" in main
    assert 'ice_enforce_list = "127.0.0.2,eth0"' in main
    assert 'rtp_port_range = "30000-31000"' in main
    assert 'nat_1_1_mapping = "203.0.113.9"' in main
    assert "nice_debug = false" in main
    assert "debug_level = 2" in main
    assert "ipv6 = false" in main
    assert "ipv6 = true" in made(tmp_path, ice_addresses=("2001:db8::1",))["janus.jcfg"]
    assert "ice_enforce_list" not in made(tmp_path)["janus.jcfg"]


def test_a_value_cannot_break_out_of_its_string(tmp_path: Path) -> None:
    main = made(tmp_path, ice_addresses=('x"\n\\y',))["janus.jcfg"]
    assert r'ice_enforce_list = "x\"\n\\y"' in main


def test_secrets_are_random_private_kept_and_apart(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "a")
    first = config.load_secrets(settings)
    assert config.load_secrets(settings) == first
    assert config.load_secrets(Settings(data_dir=tmp_path / "b")) != first
    file = tmp_path / "a" / "janus" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    derived = {first.root, first.api, first.admin, first.room("1"), first.room("2")}
    assert len(derived) == 5
    assert all(re.fullmatch(r"[0-9a-f]{64}", secret) for secret in derived)


def test_files_are_written_for_us_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    config.write(settings, config.Secrets("s"), 1)
    config.write(settings, config.Secrets("s"), 2)
    written = sorted(path.name for path in (tmp_path / "janus").iterdir())
    assert written == ["janus.jcfg", "janus.plugin.videoroom.jcfg", "janus.transport.websockets.jcfg"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "janus").iterdir()} == {0o600}
    assert "ws_port = 2" in (tmp_path / "janus" / "janus.transport.websockets.jcfg").read_text()


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "janus").write_text("a file")
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(StorageError, match="cannot be used"):
        config.load_secrets(settings)
    with pytest.raises(StorageError, match="cannot be written"):
        config.write(settings, config.Secrets("s"), 1)


def test_the_digest_is_that_of_the_settings_alone(tmp_path: Path) -> None:
    one = Settings(data_dir=tmp_path, ice_addresses=("127.0.0.2",))
    assert config.digest(one) == config.digest(Settings(data_dir=tmp_path, ice_addresses=("127.0.0.2",), port=1))
    assert config.digest(one) != config.digest(Settings(data_dir=tmp_path, ice_addresses=("127.0.0.3",)))
