import json
from typing import Any

import pytest

from roomtape.domain.own_bucket import OwnBucket, own_bucket
from roomtape.domain.storage_config import StorageConfig

KEYS = {"access_key": "key-77", "secret": "hush-hush"}
ACCOUNT = {"client_email": "a@b.example", "private_key": "-----BEGIN"}
AZURE = "AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.windows.net"


def test_amazon() -> None:
    found = own_bucket("s3://tapes/meetings/2026/?region=eu-west-1", KEYS)
    assert found == OwnBucket(StorageConfig("aws", "tapes", "meetings/2026", "eu-west-1", **KEYS))


def test_whoever_speaks_its_language() -> None:
    found = own_bucket("s3://tapes?endpoint=http://minio:9000&public_endpoint=https://files.example.com", KEYS)
    assert (found.endpoint, found.public_endpoint) == ("http://minio:9000", "https://files.example.com")
    assert found.storage.path is None
    r2 = own_bucket("s3://tapes", {"type": "cloudflare", "account_id": "abc", **KEYS})
    assert (r2.storage.type, r2.storage.account_id) == ("cloudflare", "abc")
    assert own_bucket("s3://tapes?region=fra1", {"type": "digitalocean", **KEYS}).storage.region == "fra1"


def test_google_takes_the_key_file_as_it_is() -> None:
    for secret in (ACCOUNT, json.dumps(ACCOUNT)):
        found = own_bucket("gs://tapes/own", {"secret": secret})
        assert (found.storage.type, json.loads(found.storage.secret or "")) == ("gcs", ACCOUNT)


def test_azure() -> None:
    assert own_bucket("azure://tapes", {"access_key": AZURE}).storage.access_key == AZURE


@pytest.mark.parametrize(
    ("path", "folder"), [("/srv/tapes/", "/srv/tapes"), ("/~/tapes/in", "tapes/in"), ("", None), ("/~", None)]
)
def test_sftp_paths_are_absolute_unless_they_begin_at_home(path: str, folder: str | None) -> None:
    found = own_bucket(f"sftp://me%40home@files.example.com:2222{path}", {"password": "pw"}).storage
    assert (found.host, found.port, found.username, found.path) == (
        "files.example.com", 2222, "me@home", folder,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("tapes", KEYS, "bucket_url is s3://BUCKET/FOLDER"),
        ("ftp://tapes", KEYS, "bucket_url is s3://BUCKET/FOLDER"),
        ("s3://", KEYS, "bucket_url is s3://BUCKET/FOLDER"),
        ("s3://tapes#x", KEYS, "bucket_url is s3://BUCKET/FOLDER"),
        ("sftp://u@h:port", {"password": "pw"}, "bucket_url is s3://BUCKET/FOLDER"),
        ("sftp://u:hush-hush@h", {"password": "pw"}, "must have no password"),
        ("s3://tapes?endpiont=x", KEYS, "endpiont in its query"),
        ("s3://tapes?endpoint=minio:9000", KEYS, "endpoint is the address of a service"),
        ("s3://tapes/../other", KEYS, "bucket_url: is a folder"),
        ("s3://ta pes", KEYS, "bucket_url: a bucket's name has"),
        ("s3://tapes", {"access_key": "key-77"}, "bucket_config.secret: storage of type aws needs it"),
        ("s3://tapes", {**KEYS, "bucket": "b"}, "bucket_config has bucket, which belongs into bucket_url"),
        ("s3://tapes", {**KEYS, "sekret": "hush-hush"}, "bucket_config has sekret"),
        ("s3://tapes", {**KEYS, "secret": 7}, "bucket_config.secret has to be text"),
        ("s3://tapes", {**KEYS, "type": "gcs"}, "bucket_config.type has to be one of aws, cloudflare, digitalocean"),
        ("gs://tapes", {"secret": "hush-hush"}, "bucket_config.secret: give the service account"),
        ("sftp://h", {"password": "pw"}, "bucket_url: storage of type sftp needs it"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(url: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        own_bucket(url, more)
    assert "hush-hush" not in str(caught.value)


def test_nobody_is_shown_its_secrets() -> None:
    assert "hush" not in repr(own_bucket("s3://tapes", KEYS))
