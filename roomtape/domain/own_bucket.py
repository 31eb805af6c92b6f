"""Owns what the operator's `bucket_url` and `bucket_config` say: where the own bucket is, when it is no folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from roomtape.domain.storage_config import FIELD, StorageConfig, from_api
from roomtape.errors import InvalidRequest

_TYPES = {
    "s3": ("aws", "cloudflare", "digitalocean"),
    "gs": ("gcs",),
    "azure": ("azure",),
    "sftp": ("sftp",),
}
_QUERY = ("endpoint", "public_endpoint", "region")
_FORM = "is s3://BUCKET/FOLDER, gs://BUCKET/FOLDER, azure://CONTAINER/FOLDER or sftp://USER@HOST/FOLDER"
_FROM_URL = ("bucket", "host", "port", "username", "path")


@dataclass(frozen=True)
class OwnBucket:
    """`endpoint` is where the service answers if not at its own address, `public_endpoint` where browsers reach it."""

    storage: StorageConfig
    endpoint: str | None = None
    public_endpoint: str | None = None


def own_bucket(url: str, more: Mapping[str, Any]) -> OwnBucket:
    """Return the bucket that a URL names; `more` has credentials and the like, as fields of a `storage_config`.

    `s3://` is Amazon's, or what `endpoint` in its query names, unless `type` in `more` is cloudflare or digitalocean.
    An SFTP path is absolute; `/~/in` is below the folder one logs in to. Raises ValueError, which repeats no secret.
    """
    try:
        split = urlsplit(url)
        port = split.port
        query = {name: values[-1] for name, values in parse_qs(split.query, strict_parsing=bool(split.query)).items()}
    except ValueError:
        raise ValueError(f"bucket_url {_FORM}") from None
    if split.scheme not in _TYPES or not split.hostname or split.fragment:
        raise ValueError(f"bucket_url {_FORM}")
    if split.password is not None:
        raise ValueError("bucket_url must have no password in it, it is seen in too many places; use bucket_config")
    for name in query:
        if name not in _QUERY:
            raise ValueError(f"bucket_url has {name} in its query; it may have {', '.join(_QUERY)}")
    for name in ("endpoint", "public_endpoint"):
        if name in query and not query[name].startswith(("http://", "https://")):
            raise ValueError(f"bucket_url: {name} is the address of a service, such as https://minio:9000")
    values = _values(split.scheme, more)
    if split.scheme == "sftp":
        path = unquote(split.path)
        values |= {"host": split.hostname, "port": port, "username": unquote(split.username or "")}
        values["path"] = path.removeprefix("/~").lstrip("/") if f"{path}/".startswith("/~/") else path.rstrip("/")
    else:
        values |= {"bucket": split.netloc, "path": unquote(split.path).strip("/")}
        values |= {"region": query["region"]} if "region" in query else {}
    try:
        storage = from_api(values)
    except InvalidRequest as error:
        raise ValueError(_told(error)) from None
    return OwnBucket(storage, query.get("endpoint"), query.get("public_endpoint"))


def _values(scheme: str, more: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.name for field in fields(StorageConfig)}
    if isinstance(more.get("secret"), dict):  # a service account's JSON, written as it is
        more = {**more, "secret": json.dumps(more["secret"])}
    for name, value in more.items():
        if name not in known:
            raise ValueError(f"bucket_config has {name}, which no storage_config has")
        if name in _FROM_URL:
            raise ValueError(f"bucket_config has {name}, which belongs into bucket_url")
        if not isinstance(value, str):
            raise ValueError(f"bucket_config.{name} has to be text")
    kind = more.get("type", _TYPES[scheme][0])
    if kind not in _TYPES[scheme]:
        raise ValueError(f"bucket_config.type has to be one of {', '.join(_TYPES[scheme])} for {scheme}://")
    return {**more, "type": kind}


def _told(error: InvalidRequest) -> str:
    """Name the setting instead of the API's field."""
    name = (error.field or "").removeprefix(f"{FIELD}.")
    where = "bucket_url" if name in _FROM_URL else f"bucket_config.{name}"
    return error.message.replace(f"{FIELD}.{name}", where, 1)
