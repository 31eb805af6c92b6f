"""Owns where a recording's files go besides the own bucket: what each type of storage needs, and what may be shown."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from roomtape.errors import InvalidRequest

StorageType = Literal["aws", "azure", "digitalocean", "gcs", "sftp", "cloudflare"]
AuthMethod = Literal["KEY", "PASSWORD"]
FIELD = "storage_config"
SECRETS = ("access_key", "secret", "private_key", "password")
"""Fields that open something: never in an answer, a log or a render's job, sealed in the database."""
_PUBLIC = ("type", "bucket", "path", "region", "host", "port", "username", "auth_method")
_PLACE = ("type", "account_id", "region", "host", "port", "username")
"""Fields that say whose storage it is. A level that changes one of them takes no secret from a more general level."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "aws": ("bucket", "access_key", "secret"),
    "azure": ("bucket", "access_key"),
    "cloudflare": ("bucket", "account_id", "access_key", "secret"),
    "digitalocean": ("bucket", "region", "access_key", "secret"),
    "gcs": ("bucket", "secret"),
    "sftp": ("host", "username"),
}
_FORMS = {
    "bucket": (
        re.compile(r"[A-Za-z0-9$](?!.*\.\.)[A-Za-z0-9._-]{0,221}"),
        "a bucket's name has letters, digits, . _ -",
    ),
    "region": (re.compile(r"[A-Za-z0-9-]{1,40}"), "a region's name has letters, digits and -"),
    "account_id": (re.compile(r"[A-Za-z0-9]{1,64}"), "an account id has letters and digits"),
}
_LONGEST_PATH = 512
_LONGEST_FOLDER = 255  # what file systems take
_SEALED = "sealed:"  # what the vault writes before a sealed value


@dataclass(frozen=True)
class StorageConfig:
    """One `storage_config` of the public API; what was not given, or was given empty, is None.

    `path` is a folder below the bucket's root (SFTP: below the folder one logs in to, or absolute).
    """

    type: StorageType
    bucket: str | None = None
    path: str | None = None
    region: str | None = None
    host: str | None = None
    port: int | None = None
    username: str | None = None
    auth_method: AuthMethod | None = None
    account_id: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Name the destination for a human, without anything that opens it: `sftp://files.example.com:22/in`."""
        where = f"{self.host}:{self.port or 22}" if self.type == "sftp" else self.bucket or ""
        return "/".join(filter(None, (f"{self.type}://{where}", (self.path or "").strip("/"))))

    @property
    def identity(self) -> str:
        """Tell storages apart, without anything that opens them: what lies in one does not lie in another."""
        names = (*_PLACE, "bucket", "path")
        said = [str(getattr(self, name) or "") for name in names]
        return "|".join([*said, azure_account(self).name if self.type == "azure" and self.access_key else ""])

    def object_path(self, name: str) -> str:
        """Return where a file of this name goes, relative to the bucket's root; SFTP keeps a leading `/`."""
        path = self.path or ""
        if self.type != "sftp":
            path = path.lstrip("/")
        return f"{path.rstrip('/')}/{name}" if path else name

    def public(self) -> dict[str, Any]:
        """Return what answers show; absent where it was not given."""
        return {name: getattr(self, name) for name in _PUBLIC if getattr(self, name) is not None}

    def scrubbed(self, text: str) -> str:
        """Return `text`, which a service wrote, with every secret in it masked."""
        for secret in sorted(filter(None, (getattr(self, name) for name in SECRETS)), key=len, reverse=True):
            for line in (secret, *secret.splitlines()):
                if len(line) > 3:
                    text = text.replace(line, "***")
        return text

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values with the secrets; `from_json` gives back an equal config."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> StorageConfig:
        """Inverse of `to_json`; unknown keys raise TypeError."""
        return StorageConfig(**data)


def meant(given: dict[str, Any]) -> StorageConfig:
    """Return the storage that a `storage_config` names, also where it is not all that is needed to open it.

    Raises InvalidRequest for a type that there is not.
    """
    values = {name: value for name, value in given.items() if value not in (None, "")}
    kind = values.get("type")
    if kind not in get_args(StorageType):
        raise InvalidRequest(f"must be one of {', '.join(get_args(StorageType))}", f"{FIELD}.type")
    if kind == "sftp":
        values.setdefault("auth_method", "KEY" if "private_key" in values else "PASSWORD")
    return StorageConfig(**values)


def from_api(given: dict[str, Any]) -> StorageConfig:
    """Return the storage that a `storage_config` names. Raises InvalidRequest, naming the field that is wrong."""
    config = meant(given)
    for name in _needed(config):
        if getattr(config, name) is None:
            raise InvalidRequest(f"storage of type {config.type} needs it", f"{FIELD}.{name}")
    for name in SECRETS:
        if (getattr(config, name) or "").startswith(_SEALED):
            raise InvalidRequest(f"must not begin with {_SEALED}", f"{FIELD}.{name}")
    for name, (form, sentence) in _FORMS.items():
        if getattr(config, name) is not None and form.fullmatch(getattr(config, name)) is None:
            raise InvalidRequest(sentence, f"{FIELD}.{name}")
    _check_path(config)
    if config.type == "gcs":
        service_account(config)
    if config.type == "azure":
        azure_account(config)
    return config


def _needed(config: StorageConfig) -> tuple[str, ...]:
    if config.type == "sftp":
        return (*_NEEDED["sftp"], "private_key" if config.auth_method == "KEY" else "password")
    return _NEEDED[config.type]


def _check_path(config: StorageConfig) -> None:
    path, field_name = config.path or "", f"{FIELD}.path"
    parts = path.split("/")
    if len(path) > _LONGEST_PATH:
        raise InvalidRequest(f"may have {_LONGEST_PATH} characters at most", field_name)
    if any(part in (".", "..") for part in parts) or "//" in path:
        raise InvalidRequest("is a folder such as meetings/2026, without empty parts, . and ..", field_name)
    if any(ord(character) < 32 or character in "\\\x7f" for character in path):
        raise InvalidRequest("has a control character or a backslash in it", field_name)
    if config.type == "sftp" and any(len(part.encode()) > _LONGEST_FOLDER for part in parts):
        raise InvalidRequest(f"a folder's name may have {_LONGEST_FOLDER} bytes at most", field_name)


def merged(general: dict[str, Any], specific: dict[str, Any]) -> dict[str, Any]:
    """Merge two levels of `storage_config` field by field, unless the specific one is about another storage.

    None takes a field away. About another storage the specific one stands alone: whoever may name another host must
    not be sent the secrets of the first one.
    """
    said = {name: value for name, value in specific.items() if value is not None}
    if any(name in specific and specific[name] != general.get(name) for name in _PLACE):
        return said
    kept = _before_a_key(general) if said.get("private_key") and said.get("auth_method") != "PASSWORD" else general
    return {name: value for name, value in kept.items() if name not in specific} | said


def _before_a_key(general: dict[str, Any]) -> dict[str, Any]:
    """Return what a key is added to: a login by password goes, which would be taken for the key's passphrase."""
    if general.get("auth_method") == "KEY" or (general.get("private_key") and not general.get("auth_method")):
        return general
    return {name: value for name, value in general.items() if name not in ("auth_method", "password")}


def service_account(config: StorageConfig) -> dict[str, str]:
    """Return `client_email`, `private_key` and `private_key_id` of the service account in `secret`.

    Nothing else of it is used: its addresses could lead anywhere. Raises InvalidRequest.
    """
    where = f"{FIELD}.secret"
    try:
        body = json.loads(config.secret or "")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise InvalidRequest("give the service account's JSON key file, as text", where)
    found = {name: body.get(name) for name in ("client_email", "private_key", "private_key_id")}
    for name in ("client_email", "private_key"):
        if not isinstance(found[name], str) or not found[name]:
            raise InvalidRequest(f"the service account's JSON has no {name}", where)
    return {name: str(value or "") for name, value in found.items()}


@dataclass(frozen=True)
class AzureAccount:
    """What an Azure connection string says. `endpoint` is the blob service's address, its default when none is said."""

    name: str
    key: str | None = field(default=None, repr=False)
    sas: str | None = field(default=None, repr=False)
    endpoint: str = ""


def azure_account(config: StorageConfig) -> AzureAccount:
    """Take the connection string in `access_key` apart. Raises InvalidRequest, which repeats nothing of it.

    Its form: learn.microsoft.com/azure/storage/common/storage-configure-connection-string.
    """
    where = f"{FIELD}.access_key"
    parts = dict(part.split("=", 1) for part in (config.access_key or "").split(";") if "=" in part)
    said = {name.strip().lower(): value.strip() for name, value in parts.items()}
    name, key, sas = said.get("accountname", ""), said.get("accountkey"), said.get("sharedaccesssignature")
    endpoint = said.get("blobendpoint", "").rstrip("/")
    if not name and endpoint:
        name = endpoint.split("://", 1)[-1].split(".", 1)[0]
    if re.fullmatch(r"[a-z0-9]{3,24}", name) is None or not (key or sas):
        raise InvalidRequest("give a connection string: AccountName=NAME;AccountKey=KEY;EndpointSuffix=…", where)
    if key and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", key) is None:
        raise InvalidRequest("the AccountKey in it is no Base64", where)
    scheme = said.get("defaultendpointsprotocol", "https")
    suffix = said.get("endpointsuffix", "core.windows.net")
    return AzureAccount(name, key, sas, endpoint or f"{scheme}://{name}.blob.{suffix}")
