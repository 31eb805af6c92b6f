from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from roomtape.storage.sigv4 import Signer

NOW = datetime(2026, 11, 21, 15, 4, 5, tzinfo=UTC)
SIGNER = Signer("https://minio.example:9000/base", "tapes", "eu-west-1", "AKIA/+=", "the secret")
PATH = "in/Réunion a+b (1) 100%~.mp4"


def _botocore(auth: Any, method: str, url: str, *more: Any) -> AWSRequest:
    request = AWSRequest(method, url)
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        auth(Credentials(SIGNER.access_key, SIGNER.secret), "s3", SIGNER.region, *more).add_auth(request)
    return request


@pytest.mark.parametrize("query", [{}, {"response-content-disposition": 'attachment; filename="ü b.mp4"'}])
def test_links_are_those_that_amazons_own_library_makes(query: dict[str, str]) -> None:
    ours = SIGNER.link("GET", PATH, 600, query, NOW)
    bare = ours.partition("X-Amz")[0].rstrip("?&")
    if query:
        bare = ours.partition("?")[0] + "?" + "&".join(p for p in urlsplit(ours).query.split("&") if "X-Amz" not in p)
    theirs = _botocore(S3SigV4QueryAuth, "GET", bare, 600).url
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)
    assert urlsplit(ours).path == "/base/tapes/in/R%C3%A9union%20a%2Bb%20%281%29%20100%25~.mp4"


def test_requests_too() -> None:
    url, headers = SIGNER.request("GET", "", {"uploads": "", "prefix": PATH}, NOW)
    theirs = _botocore(S3SigV4Auth, "GET", url)
    assert headers["authorization"] == theirs.headers["Authorization"]


def test_no_link_is_good_for_longer_than_the_service_takes() -> None:
    assert "X-Amz-Expires=604800&" in SIGNER.link("GET", "a", 10**9, {})


def test_it_tells_nobody_its_secret() -> None:
    assert "the secret" not in repr(SIGNER)
