from __future__ import annotations

import json
from typing import Any

import pytest

from roomtape.domain.storage_config import (
    SECRETS,
    StorageConfig,
    azure_account,
    from_api,
    meant,
    merged,
    service_account,
)
from roomtape.errors import InvalidRequest

ACCOUNT = {"client_email": "a@b.example", "private_key": "PEM", "private_key_id": "7", "token_uri": "http://10.0.0.1"}
AZURE = "DefaultEndpointsProtocol=https;AccountName=tapes;AccountKey=a2V5a2V5;EndpointSuffix=core.windows.net"
WHOLE: list[dict[str, Any]] = [
    {"type": "aws", "bucket": "b", "access_key": "k", "secret": "s", "region": "eu-west-1", "path": "p/q"},
    {"type": "cloudflare", "bucket": "b", "access_key": "k", "secret": "s", "account_id": "abc1"},
    {"type": "digitalocean", "bucket": "b", "access_key": "k", "secret": "s", "region": "fra1"},
    {"type": "azure", "bucket": "b", "access_key": AZURE, "secret": "", "region": ""},
    {"type": "gcs", "bucket": "b", "secret": json.dumps(ACCOUNT)},
    {"type": "sftp", "host": "h", "port": 22, "username": "u", "auth_method": "PASSWORD", "password": "p"},
    {"type": "sftp", "host": "h", "username": "u", "auth_method": "KEY", "private_key": "k", "password": "p"},
]


@pytest.mark.parametrize("given", WHOLE)
def test_whole_ones_pass_and_come_back_from_json(given: dict[str, Any]) -> None:
    config = from_api(given)
    assert StorageConfig.from_json(config.to_json()) == config
    assert not set(SECRETS) & set(config.public())
    assert config.public()["type"] == given["type"]
    for name in SECRETS:
        assert not given.get(name) or len(given[name]) < 4 or given[name] not in repr(config)


@pytest.mark.parametrize(
    ("index", "without", "field"),
    [(0, "secret", "secret"), (0, "bucket", "bucket"), (1, "account_id", "account_id"), (2, "region", "region"),
     (3, "access_key", "access_key"), (4, "secret", "secret"), (5, "password", "password"), (5, "host", "host"),
     (6, "private_key", "private_key")],
)  # fmt: skip
def test_what_is_missing_is_named(index: int, without: str, field: str) -> None:
    for given in (
        {k: v for k, v in WHOLE[index].items() if k != without},
        WHOLE[index] | {without: ""},
    ):
        with pytest.raises(InvalidRequest) as caught:
            from_api(given)
        assert caught.value.field == f"storage_config.{field}"


@pytest.mark.parametrize(
    "wrong",
    [{"type": "floppy"}, {"bucket": "../b"}, {"bucket": "a/b"}, {"bucket": "a@evil.example"}, {"region": "x.evil/"},
     {"path": "../up"}, {"path": "a/./b"}, {"path": "a\\b"}, {"path": "a\nb"}, {"path": "a\x7fb"}, {"path": "x" * 600},
     {"secret": "sealed:x"}],
)  # fmt: skip
def test_values_that_could_lead_elsewhere_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        from_api(WHOLE[0] | wrong)
    assert caught.value.field == f"storage_config.{next(iter(wrong))}"


def test_a_folder_on_a_server_has_a_name_that_file_systems_take() -> None:
    for path in ("é" * 127, f"a/{'x' * 255}/b"):
        assert from_api(WHOLE[5] | {"path": path}).path == path
    for path in ("é" * 128, f"a/{'x' * 256}/b"):
        assert from_api(WHOLE[0] | {"path": path}).path == path
        with pytest.raises(InvalidRequest, match=r"storage_config\.path"):
            from_api(WHOLE[5] | {"path": path})


def test_what_is_incomplete_can_be_meant() -> None:
    assert meant({"type": "aws", "bucket": "b", "secret": ""}) == StorageConfig("aws", "b")
    with pytest.raises(InvalidRequest, match=r"storage_config\.type"):
        meant({"bucket": "b"})


def test_of_a_service_account_only_name_and_key_are_used() -> None:
    found = service_account(from_api(WHOLE[4]))
    assert found == {"client_email": "a@b.example", "private_key": "PEM", "private_key_id": "7"}
    for bad in ("no json", "[]", "{}", json.dumps({"client_email": "a"})):
        with pytest.raises(InvalidRequest, match=r"storage_config\.secret"):
            from_api(WHOLE[4] | {"secret": bad})


def test_azure_connection_strings() -> None:
    account = azure_account(from_api(WHOLE[3]))
    assert (account.name, account.key) == ("tapes", "a2V5a2V5")
    assert account.endpoint == "https://tapes.blob.core.windows.net"
    said = "AccountName=tapes;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/tapes/"
    assert azure_account(from_api(WHOLE[3] | {"access_key": said})).endpoint == "http://127.0.0.1:10000/tapes"
    for bad in ("x", "AccountName=tapes", "AccountName=T/;AccountKey=a2V5", "AccountName=tapes;AccountKey=no base64"):
        with pytest.raises(InvalidRequest) as caught:
            from_api(WHOLE[3] | {"access_key": bad})
        assert caught.value.field == "storage_config.access_key"


def test_places_and_paths() -> None:
    assert from_api(WHOLE[0]).place == "aws://b/p/q"
    assert from_api(WHOLE[0]).object_path("f.mp4") == "p/q/f.mp4"
    assert from_api(WHOLE[0] | {"path": "/p/"}).object_path("f.mp4") == "p/f.mp4"
    assert from_api(WHOLE[1]).object_path("f.mp4") == "f.mp4"
    sftp = from_api(WHOLE[5] | {"path": "/in/"})
    assert (sftp.place, sftp.object_path("f.mp4")) == ("sftp://h:22/in", "/in/f.mp4")
    assert from_api(WHOLE[5] | {"path": "in"}).object_path("f.mp4") == "in/f.mp4"


def test_storages_are_told_apart_by_everything_but_their_secrets() -> None:
    aws, azure = from_api(WHOLE[0]), from_api(WHOLE[3])
    assert from_api(WHOLE[0] | {"secret": "other", "access_key": "other"}).identity == aws.identity
    for other in ({"region": "eu-west-2"}, {"bucket": "c"}, {"path": "x"}, {"type": "digitalocean"}):
        assert from_api(WHOLE[0] | other).identity != aws.identity
    assert from_api(WHOLE[3] | {"access_key": AZURE.replace("tapes", "films")}).identity != azure.identity
    assert "a2V5a2V5" not in azure.identity


def test_a_level_that_names_another_host_gets_no_secret_of_the_first() -> None:
    assert merged(WHOLE[5], {"type": "sftp", "host": "evil.example"}) == {"type": "sftp", "host": "evil.example"}
    assert merged(WHOLE[5], {"type": "sftp", "path": "x"}) == WHOLE[5] | {"path": "x"}
    assert merged(WHOLE[0], WHOLE[5]) == WHOLE[5]


def test_null_takes_a_field_away() -> None:
    assert merged(WHOLE[0], {"type": "aws", "path": None, "account_id": None}) == {
        name: value for name, value in WHOLE[0].items() if name != "path"
    }
    assert merged(WHOLE[0], {"type": "aws", "region": None, "bucket": "c"}) == {"type": "aws", "bucket": "c"}
    assert merged({}, {"type": "aws", "path": None}) == {"type": "aws"}


def test_a_key_takes_the_place_of_a_password() -> None:
    password, key = WHOLE[5], WHOLE[6]
    without_method = {name: value for name, value in password.items() if name != "auth_method"}
    for before in (password, without_method, from_api(password).to_json()):
        after = from_api(merged(before, {"type": "sftp", "private_key": "new"}))
        assert (after.auth_method, after.private_key, after.password) == ("KEY", "new", None)
    locked = from_api(merged(password, {"type": "sftp", "private_key": "new", "password": "phrase"}))
    assert (locked.auth_method, locked.password) == ("KEY", "phrase")
    assert merged(key, {"type": "sftp", "private_key": "new"}) == key | {"private_key": "new"}
    plain = {name: value for name, value in key.items() if name != "auth_method"}
    assert merged(plain, {"type": "sftp", "private_key": "new"}) == plain | {"private_key": "new"}
    assert merged(plain, {"type": "sftp", "password": "phrase"}) == plain | {"password": "phrase"}


def test_what_a_service_wrote_is_scrubbed() -> None:
    config = from_api(WHOLE[0] | {"secret": "very-secret", "access_key": "AKIA1"})
    assert config.scrubbed("signed with very-secret of AKIA1") == "signed with *** of ***"
