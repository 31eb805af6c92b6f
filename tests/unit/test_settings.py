import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from roomtape import settings
from roomtape.settings import SettingsError


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ROOMTAPE_")]:
        monkeypatch.delenv(name)


def test_command_line_wins_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "roomtape.toml").write_text('host = "10.0.0.1"\nport = 1111\nretention_days = 3\n')
    monkeypatch.setenv("ROOMTAPE_PORT", "2222")
    monkeypatch.setenv("ROOMTAPE_HOST", "10.0.0.2")
    loaded = settings.load(data_dir=tmp_path, host="10.0.0.3")
    assert (loaded.host, loaded.port, loaded.retention_days) == ("10.0.0.3", 2222, 3)


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROOMTAPE_ICE_ADDRESSES", "127.0.0.2, eth0")
    assert settings.load(data_dir=tmp_path).ice_addresses == ("127.0.0.2", "eth0")


def test_what_may_be_reached_is_hosts_addresses_and_networks(tmp_path: Path) -> None:
    good = ("files.inside", "10.0.0.0/8", "::1", "127.0.0.1")
    assert settings.load(data_dir=tmp_path, outbound_allow=",".join(good)).outbound_allow == good
    for wrong in ("http://x", "10.0.0.0/99", "a b", "host:80"):
        with pytest.raises(SettingsError, match="outbound-allow"):
            settings.load(data_dir=tmp_path, outbound_allow=wrong)


def test_an_unknown_or_absurd_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="retention-days"):
        settings.load(data_dir=tmp_path, retention_days=-1)
    (tmp_path / "roomtape.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="prot"):
        settings.load(data_dir=tmp_path)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    loaded = settings.load(data_dir=tmp_path)
    with pytest.raises(ValidationError):
        loaded.port = 1


def test_storage_services_may_have_other_addresses(tmp_path: Path) -> None:
    good = ("aws=http://minio:9000", "gcs=https://fake.example/x")
    assert settings.load(data_dir=tmp_path, storage_endpoints=",".join(good)).storage_endpoints == good
    for wrong in ("http://minio", "sftp=http://x", "aws=minio:9000", "aws=ftp://x"):
        with pytest.raises(SettingsError, match="storage-endpoints"):
            settings.load(data_dir=tmp_path, storage_endpoints=wrong)


def test_the_own_bucket_may_be_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load(data_dir=tmp_path).own_bucket is None
    monkeypatch.setenv("ROOMTAPE_BUCKET_URL", "s3://tapes/in?region=eu-west-1")
    monkeypatch.setenv("ROOMTAPE_BUCKET_CONFIG", '{"access_key": "key-77", "secret": "hush-hush"}')
    loaded = settings.load(data_dir=tmp_path)
    assert loaded.own_bucket is not None
    assert (loaded.own_bucket.storage.bucket, loaded.own_bucket.storage.secret) == ("tapes", "hush-hush")
    assert "hush-hush" not in repr(loaded) + str(loaded)
    for wrong in ('{"access_key": "hush-hush"}', "hush-hush", '["hush-hush"]', '{"sekret": "hush-hush"}'):
        monkeypatch.setenv("ROOMTAPE_BUCKET_CONFIG", wrong)
        with pytest.raises(SettingsError, match=r"(?i)bucket_config") as caught:
            settings.load(data_dir=tmp_path)
        assert "hush-hush" not in str(caught.value)
    monkeypatch.delenv("ROOMTAPE_BUCKET_URL")
    monkeypatch.setenv("ROOMTAPE_BUCKET_CONFIG", '{"secret": "hush-hush"}')
    with pytest.raises(SettingsError, match="needs bucket_url"):
        settings.load(data_dir=tmp_path)


def test_what_opens_it_may_stand_in_the_file(tmp_path: Path) -> None:
    text = 'bucket_url = "s3://tapes"\n[bucket_config]\naccess_key = "key-77"\nsecret = "hush"\n'
    (tmp_path / "roomtape.toml").write_text(text)
    found = settings.load(data_dir=tmp_path).own_bucket
    assert found is not None
    assert found.storage.secret == "hush"


def test_a_mistyped_variable_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMTAPE_ICE_ADRESSES", "10.0.0.7")
    with pytest.raises(SettingsError, match=r"ROOMTAPE_ICE_ADRESSES.* did you mean ROOMTAPE_ICE_ADDRESSES\?"):
        settings.load(data_dir=tmp_path)
    monkeypatch.delenv("ROOMTAPE_ICE_ADRESSES")
    for name in settings.Settings.model_fields:
        monkeypatch.setenv(f"ROOMTAPE_{name.upper()}", "")
    with pytest.raises(SettingsError) as caught:  # empty ones are no good, but there are such settings
        settings.load(data_dir=tmp_path)
    assert "no such setting" not in str(caught.value)


def test_variables_of_others_are_told_of_and_stop_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROOMTAPE_SERVICE_HOST", "ROOMTAPE_PORT_8080_TCP_ADDR", "ROOMTAPE_NONSENSE"):
        monkeypatch.setenv(name, "x")
    settings.load(data_dir=tmp_path)
    assert settings.strangers() == ["ROOMTAPE_NONSENSE", "ROOMTAPE_PORT_8080_TCP_ADDR", "ROOMTAPE_SERVICE_HOST"]
    monkeypatch.setenv("ROOMTAPE_RETENTION_DAY", "1")
    with pytest.raises(SettingsError, match="RETENTION_DAYS"):
        settings.load(data_dir=tmp_path)


def test_a_wrong_setting_is_one_sentence_that_says_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "roomtape.toml"
    file.write_text("retention_days = -1\nprot = 1\nice_addresses = [1]\n")
    monkeypatch.setenv("ROOMTAPE_RENDER_PROCESSES", "many")
    with pytest.raises(SettingsError) as caught:
        settings.load(data_dir=tmp_path, port=70000)
    assert str(caught.value).removeprefix("a setting is not right: ").split("; ") == [
        "--port: should be less than or equal to 65535",
        f"ice_addresses in {file}: should be a valid string",
        f"retention_days in {file}: should be greater than 0",
        "ROOMTAPE_RENDER_PROCESSES: should be a valid integer, unable to parse string as an integer",
        f"prot in {file}: there is no such setting",
        "did you mean port?",
    ]
    file.write_text("retention_days = \n")
    with pytest.raises(SettingsError, match=f"{file} is not TOML"):
        settings.load(data_dir=tmp_path)
    monkeypatch.setattr(Path, "read_text", _refused)
    with pytest.raises(SettingsError, match=f"{file} cannot be read: not yours"):
        settings.load(data_dir=tmp_path)


def _refused(*asked: object) -> str:
    raise PermissionError(13, "not yours")


def test_the_public_url_is_a_whole_one(tmp_path: Path) -> None:
    for good in ("https://rtk.example.com", "http://[::1]:8080", "https://example.com/tapes"):
        assert settings.load(data_dir=tmp_path, public_url=good).public_url == good
    assert settings.load(data_dir=tmp_path, public_url="https://a.example/").public_url == "https://a.example"
    for wrong in ("rtk.example.com", "ftp://x", "https://x:y", "https://x:99999", "https://x/?a=1"):
        with pytest.raises(SettingsError, match=r"public-url: give the whole address"):
            settings.load(data_dir=tmp_path, public_url=wrong)
