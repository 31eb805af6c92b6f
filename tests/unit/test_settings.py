from pathlib import Path

import pytest
from pydantic import ValidationError

from roomtape import settings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"ROOMTAPE_{name.upper()}", raising=False)


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
        with pytest.raises(ValidationError, match="outbound_allow"):
            settings.load(data_dir=tmp_path, outbound_allow=wrong)


def test_an_unknown_or_absurd_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="retention_days"):
        settings.load(data_dir=tmp_path, retention_days=-1)
    (tmp_path / "roomtape.toml").write_text("prot = 1\n")
    with pytest.raises(ValidationError, match="prot"):
        settings.load(data_dir=tmp_path)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    loaded = settings.load(data_dir=tmp_path)
    with pytest.raises(ValidationError):
        loaded.port = 1


def test_storage_services_may_have_other_addresses(tmp_path: Path) -> None:
    good = ("aws=http://minio:9000", "gcs=https://fake.example/x")
    assert settings.load(data_dir=tmp_path, storage_endpoints=",".join(good)).storage_endpoints == good
    for wrong in ("http://minio", "sftp=http://x", "aws=minio:9000", "aws=ftp://x"):
        with pytest.raises(ValidationError, match="storage_endpoints"):
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
        with pytest.raises(ValidationError, match="bucket_config") as caught:
            settings.load(data_dir=tmp_path)
        assert "hush-hush" not in str(caught.value)
    monkeypatch.delenv("ROOMTAPE_BUCKET_URL")
    monkeypatch.setenv("ROOMTAPE_BUCKET_CONFIG", '{"secret": "hush-hush"}')
    with pytest.raises(ValidationError, match="needs bucket_url"):
        settings.load(data_dir=tmp_path)


def test_what_opens_it_may_stand_in_the_file(tmp_path: Path) -> None:
    text = 'bucket_url = "s3://tapes"\n[bucket_config]\naccess_key = "key-77"\nsecret = "hush"\n'
    (tmp_path / "roomtape.toml").write_text(text)
    found = settings.load(data_dir=tmp_path).own_bucket
    assert found is not None
    assert found.storage.secret == "hush"
