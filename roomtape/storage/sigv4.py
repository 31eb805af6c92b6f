"""Owns URLs that are signed for S3: Signature Version 4 in the query, with any parameters, which obstore leaves out.

Source: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

LONGEST_S = 7 * 86_400
"""S3 takes no URL that is good for longer."""


@dataclass(frozen=True)
class Signer:
    """Signs for one bucket; `address` is the service's, the bucket's name begins the path."""

    address: str
    bucket: str
    region: str
    access_key: str
    secret: str = field(repr=False)

    def url(self, method: str, path: str, seconds: int, query: Mapping[str, str], now: datetime | None = None) -> str:
        """Return a URL for `method` on the object `path` (empty: on the bucket itself) that is good for `seconds`."""
        split = urlsplit(self.address)
        moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        place = quote("/".join(filter(None, (split.path.strip("/"), self.bucket, path))), safe="/-_.~")
        asked = {
            **query,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.access_key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(min(seconds, LONGEST_S)),
            "X-Amz-SignedHeaders": "host",
        }
        text = "&".join(sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in asked.items()))
        request = f"{method}\n/{place}\n{text}\nhost:{split.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = _hmac(key, part)
        signature = _hmac(key, f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}").hex()
        return f"{split.scheme}://{split.netloc}/{place}?{text}&X-Amz-Signature={signature}"


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
