"""Owns the settings: a `roomtape.toml` in the data folder and `ROOMTAPE_*` variables become one frozen object."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from roomtape.domain.own_bucket import OwnBucket, own_bucket
from roomtape.errors import RoomtapeError

DATABASE_FILE = "roomtape.sqlite"
Csv = Annotated[tuple[str, ...], NoDecode]
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
_MISTYPED = 0.75
_PREFIX = "ROOMTAPE_"
_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


class SettingsError(RoomtapeError):
    """A setting is not right; the sentence says which, and where it stands."""

    def __init__(self, message: str) -> None:
        super().__init__(f"a setting is not right: {message}")


class Settings(BaseSettings):
    """Each field is `ROOMTAPE_<NAME>` in the environment. Durations end in their unit."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Field(default=Path("data"), description="Everything Roomtape keeps lies here.")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535, description="0 takes a free port.")
    public_url: str | None = Field(default=None, description="What callers reach us by; default http://HOST:PORT.")
    base_uri: str | None = Field(
        default=None,
        description="`baseURI` of the official clients, when api.BASE_URI and the like lead here.",
    )
    web_modules_dir: Path | None = Field(default=None, description="node_modules; default: the one beside our code.")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    account_id: str | None = None
    app_id: str | None = None
    api_token: str | None = None

    database_url: str | None = Field(default=None, description="SQLAlchemy URL; default SQLite in the data folder.")

    janus_url: str | None = Field(default=None, description="ws:// address of a Janus that runs elsewhere.")
    janus_api_secret: str | None = None
    janus_binary: str = "janus"
    janus_reclaim_s: int = Field(default=300, ge=10, description="How long meetings outlive a server that is away.")
    ice_addresses: Csv = Field(default=(), description="Addresses or interface names that Janus may gather.")
    ice_port_range: str = "20000-40000"
    ice_public_address: str | None = Field(default=None, description="The address seen from outside behind a NAT.")
    ice_servers: Csv = Field(default=(), description="stun: and turn: URLs told to clients.")
    turn_urls: Csv = Field(default=(), description="turn: and turns: URLs of a TURN server that shares turn_secret.")
    turn_secret: str | None = Field(default=None, repr=False, description="The TURN server's static-auth-secret.")
    turn_ttl_s: int = Field(default=86_400, ge=60, description="How long a participant's TURN credentials are good.")

    empty_stop_s: float = Field(default=60, gt=0, description="A recording of an empty meeting ends after this.")
    session_keep_alive_s: float = Field(default=60, ge=0, description="Where the meeting does not say its own.")
    participant_token_ttl_s: int = Field(default=86_400, ge=60)
    retention_days: float = Field(default=7, gt=0)
    capture_retention_hours: float = Field(default=0, ge=0, description="Captures are kept this long after UPLOADED.")
    chat_file_max_mb: int = Field(default=25, ge=1, le=1024, description="The largest file that chat takes, in MiB.")
    fsync_interval_s: float = Field(default=1, gt=0)
    outbound_allow: Csv = Field(
        default=(),
        description="Private hosts, addresses and networks (CIDR) that callers' URLs may name: pictures, RTMP servers.",
    )
    page_allow: Csv = Field(
        default=(),
        description="Private hosts, addresses and networks that recorded pages may load from, besides outbound_allow.",
    )
    page_memory_mb: int = Field(default=2048, ge=256, description="What a recorded page and its browser may take, MiB.")
    page_download_mb: int = Field(default=512, ge=1, description="What a recorded page may load in all, in MiB.")
    chromium_binary: str = Field(default="chromium", description="The browser in which pages are recorded.")
    upload_patience_h: float = Field(
        default=72, gt=0, description="How long a failing upload, to a storage_config or to bucket_url, is tried again."
    )
    bucket_url: str | None = Field(
        default=None, description="The own bucket, if it is no folder: s3://BUCKET/FOLDER, gs://, azure://, sftp://."
    )
    bucket_config: Annotated[dict[str, Any], NoDecode] = Field(
        default={}, repr=False, description="What opens bucket_url: JSON with fields of a storage_config."
    )
    storage_endpoints: Csv = Field(
        default=(),
        description="Other addresses of storage services, as TYPE=URL: aws=http://minio:9000; also gcs, azure, …",
    )
    webhook_timeout_s: float = Field(default=10, gt=0, le=60, description="A webhook must answer within this.")
    webhook_retry_first_s: float = Field(default=1, gt=0, description="The first wait after a failure; it doubles.")
    webhook_retry_most_s: float = Field(default=900, gt=0, description="The longest wait between two attempts.")
    webhook_patience_h: float = Field(default=24, gt=0, description="A delivery is given up after this.")
    webhook_deliveries_days: float = Field(default=14, gt=0, description="How long finished deliveries can be seen.")
    render_processes: int = Field(default=0, ge=0, description="Composites rendered at once; 0: one per core.")

    recordings_per_app: int = Field(default=1000, ge=1, description="Recordings of an app that may run at once.")
    rate_per_s: float = Field(
        default=100, ge=0, description="Requests a second of one token, or one address without a token; 0: any number."
    )
    rate_burst: int = Field(default=500, ge=1, description="Requests that may come at once before the rate counts.")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / DATABASE_FILE}"

    @property
    def ice_ipv6(self) -> bool:
        """Whether media may use IPv6: only when an address of it is named."""
        return any(":" in address for address in self.ice_addresses)

    @cached_property
    def own_bucket(self) -> OwnBucket | None:
        """Where the own bucket is, None for the folder."""
        return None if self.bucket_url is None else own_bucket(self.bucket_url, self.bucket_config)

    @field_validator("bucket_config", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            found = json.loads(value)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ValueError('give a JSON object, such as {"access_key": "…", "secret": "…"}')
        return found

    @field_validator(
        "ice_addresses", "ice_servers", "turn_urls", "outbound_allow", "page_allow", "storage_endpoints", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(v.strip() for v in value.split(",") if v.strip()) if isinstance(value, str) else value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("turn_urls")
    @classmethod
    def _are_turn(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not url.startswith(("turn:", "turns:")):
                raise ValueError(f"{url} must begin with turn: or turns:; STUN servers belong into ice_servers")
        return value

    @field_validator("outbound_allow", "page_allow")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not _is_network(entry) and (":" in entry or _HOST.fullmatch(entry.lower()) is None):
                raise ValueError(f"{entry} is no host name, address or network such as 10.0.0.0/8")
        return value

    @field_validator("storage_endpoints")
    @classmethod
    def _are_endpoints(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            kind, _, url = entry.partition("=")
            if kind not in ("aws", "azure", "cloudflare", "digitalocean", "gcs") or not _URL.fullmatch(url):
                raise ValueError(f"{entry} is not of the form TYPE=URL, such as aws=http://minio:9000")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_whole(cls, value: str | None) -> str | None:
        try:
            good = not value or (_URL.fullmatch(value) and urlsplit(value).port != 0)
        except ValueError:  # what `port` says of a port that is none
            good = False
        if not good:
            raise ValueError("give the whole address: https://rtk.example.com")
        return value.rstrip("/") if value else None

    @field_validator("base_uri")
    @classmethod
    def _is_host(cls, value: str | None) -> str | None:
        if value is not None and _HOST.fullmatch(value) is None:
            raise ValueError("give a host name, with :PORT if need be, and no https:// and no path: rtk.example.com")
        return value

    @model_validator(mode="after")
    def _bucket_is_whole(self) -> Settings:
        if self.bucket_config and self.bucket_url is None:
            raise ValueError("bucket_config needs bucket_url, which says what it opens")
        assert self.own_bucket is None or self.own_bucket.storage
        return self

    @model_validator(mode="after")
    def _turn_has_its_secret(self) -> Settings:
        if self.turn_urls and not self.turn_secret:
            raise ValueError("turn_urls needs turn_secret, the static-auth-secret of that TURN server")
        return self


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def load(**overrides: Any) -> Settings:
    """Return the settings: `overrides` (command line) win over the environment, that over `roomtape.toml`.

    Raises SettingsError, naming the setting and where it stands, for a value that is not allowed, a file that cannot be
    read, a name in it that is unknown, and a variable that is nearly a setting's (`strangers` are not).
    """
    given = {k: v for k, v in overrides.items() if v is not None}
    folder = Path(given.get("data_dir") or os.environ.get("ROOMTAPE_DATA_DIR") or "data")
    file = folder / "roomtape.toml"
    if mistyped := [name for name in strangers() if _close(name, _MISTYPED)]:
        raise SettingsError("; ".join(f"{name}: {_no_such(name)}" for name in mistyped))
    in_env = _in_environment()
    values = {k: v for k, v in _read(file).items() if _variable(k) not in in_env} | given
    places = {name: f"{name} in {file}" for name in values} | {name: f"--{name.replace('_', '-')}" for name in given}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("; ".join(_told(problem, places) for problem in error.errors())) from None


def strangers() -> list[str]:
    """Return the `ROOMTAPE_…` variables that are no settings; Kubernetes makes such for a service of that name."""
    return sorted(_in_environment() - {_variable(name) for name in Settings.model_fields})


def _in_environment() -> set[str]:
    return {name.upper() for name in os.environ if name.upper().startswith(_PREFIX)}


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from error


def _told(problem: ErrorDetails, places: Mapping[str, str]) -> str:
    """Return a sentence; `places` says where each setting stands that is not in the environment."""
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "should be", 1)
    if not problem["loc"]:  # several settings do not go together
        return message
    name = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        message = _no_such(name)
    return f"{places.get(name) or _variable(name)}: {message}"


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _close(name: str, likeness: float = 0.6) -> list[str]:
    return get_close_matches(name.removeprefix(_PREFIX).lower(), Settings.model_fields, 1, likeness)


def _no_such(name: str) -> str:
    close = _close(name)
    found = [_variable(field) if name.startswith(_PREFIX) else field for field in close]
    return "there is no such setting" + "".join(f"; did you mean {field}?" for field in found)
