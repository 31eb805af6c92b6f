import inspect

import pytest

from roomtape.storage.bucket import FolderBucket
from roomtape.storage.gcs import GoogleStorage
from roomtape.storage.objectstore import ObjectStorage
from roomtape.storage.port import Bucket, Destination
from roomtape.storage.sftp import SftpStorage


def test_the_folder_bucket_offers_what_a_bucket_must() -> None:
    for name in ("put", "names", "delete"):
        wanted, given = inspect.signature(getattr(Bucket, name)), inspect.signature(getattr(FolderBucket, name))
        assert list(wanted.parameters) == list(given.parameters)


@pytest.mark.parametrize("kind", [ObjectStorage, GoogleStorage, SftpStorage])
def test_each_storage_offers_what_a_destination_must(kind: type) -> None:
    for name in ("put", "check", "close"):
        wanted, given = inspect.signature(getattr(Destination, name)), inspect.signature(getattr(kind, name))
        assert list(wanted.parameters) == list(given.parameters)
