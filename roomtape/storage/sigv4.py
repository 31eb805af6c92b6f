"""Owns signatures for S3 (Signature Version 4) where obstore has none: links with any parameter, requests of our own.

Sources: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

LONGEST_S = 7 * 86_400
"""S3 takes no link that is good for longer."""
_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Signer:
    """Signs for one bucket; `address` is the service's, the bucket's name begins the path."""

    address: str
    bucket: str
    region: str
    access_key: str
    secret: str = field(repr=False)

    def link(self, method: str, path: str, seconds: int, query: Mapping[str, str], now: datetime | None = None) -> str:
        """Return a URL for `method` on the object `path` that is good for `seconds`, a week at most."""
        moment = _moment(now)
        text = _query({
            **query,
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{self._scope(moment)}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(min(seconds, LONGEST_S)),
            "X-Amz-SignedHeaders": "host",
        })  # fmt: skip
        signature = self._signature(method, path, text, {"host": self._host}, moment)
        return f"{self._url(path)}?{text}&X-Amz-Signature={signature}"

    def request(
        self, method: str, path: str, query: Mapping[str, str], now: datetime | None = None
    ) -> tuple[str, dict[str, str]]:
        """Return URL and headers of a request without a body; an empty `path` is the bucket itself."""
        moment = _moment(now)
        text = _query(query)
        headers = {"host": self._host, "x-amz-content-sha256": _NOTHING, "x-amz-date": moment}
        signature = self._signature(method, path, text, headers, moment)
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={self.access_key}/{self._scope(moment)}, "
            f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
        )
        return f"{self._url(path)}?{text}", headers

    def _signature(self, method: str, path: str, query: str, headers: Mapping[str, str], moment: str) -> str:
        said = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        body = headers.get("x-amz-content-sha256", _UNSIGNED)
        request = f"{method}\n{self._place(path)}\n{query}\n{said}\n{';'.join(sorted(headers))}\n{body}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for part in self._scope(moment).split("/"):
            key = _hmac(key, part)
        return _hmac(key, f"{_ALGORITHM}\n{moment}\n{self._scope(moment)}\n{digest}").hex()

    def _scope(self, moment: str) -> str:
        return f"{moment[:8]}/{self.region}/s3/aws4_request"

    @property
    def _host(self) -> str:
        return urlsplit(self.address).netloc

    def _place(self, path: str) -> str:
        parts = (urlsplit(self.address).path.strip("/"), self.bucket, path)
        return "/" + quote("/".join(filter(None, parts)), safe="/-_.~")

    def _url(self, path: str) -> str:
        return f"{urlsplit(self.address).scheme}://{self._host}{self._place(path)}"


def _moment(now: datetime | None) -> str:
    return (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")


def _query(values: Mapping[str, str]) -> str:
    return "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in values.items()))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
