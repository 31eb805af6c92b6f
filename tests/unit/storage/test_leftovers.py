"""That uploads end is shown against an S3 server, in tests/integration/test_storage_servers.py."""

from roomtape.storage.leftovers import abort_uploads, uploads
from roomtape.storage.sigv4 import Signer

LISTED = """<?xml version="1.0"?><ListMultipartUploadsResult><Prefix>in/a&amp;b.mp4</Prefix>
<Upload><Key>in/a&amp;b.mp4</Key><UploadId>one&amp;1</UploadId><Initiator><ID>x</ID></Initiator></Upload>
<Upload>
  <Key>in/a&amp;b.mp4.json</Key><UploadId>two</UploadId></Upload>
<Upload><UploadId>three</UploadId><Key>in/a&amp;b.mp4</Key></Upload><Upload><Key>in/a&amp;b.mp4</Key></Upload>
</ListMultipartUploadsResult>"""


def test_only_uploads_of_the_same_object_are_meant() -> None:
    assert uploads(LISTED, "in/a&b.mp4") == ["one&1", "three"]
    assert uploads("<Error>AccessDenied</Error>", "in/a&b.mp4") == []


async def test_a_service_that_does_not_answer_is_no_reason_to_stop() -> None:
    assert await abort_uploads(Signer("http://127.0.0.1:9", "b", "us-east-1", "k", "s"), "a") == 0
