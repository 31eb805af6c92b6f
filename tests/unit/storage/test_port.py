import inspect

from roomtape.storage.bucket import FolderBucket
from roomtape.storage.port import Bucket


def test_the_folder_bucket_offers_what_a_bucket_must() -> None:
    for name in ("put", "names", "delete"):
        wanted, given = inspect.signature(getattr(Bucket, name)), inspect.signature(getattr(FolderBucket, name))
        assert list(wanted.parameters) == list(given.parameters)
