"""Owns Janus's configuration files and secrets: written into the data folder from the settings, read by Janus alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from roomtape.errors import StorageError
from roomtape.settings import Settings

Value = str | int | bool | tuple[str, ...]
Sections = Mapping[str, Mapping[str, Value]]

_DEBUG_LEVELS = {"debug": 5, "info": 4, "warning": 3, "error": 2}
# Everything that Janus 1.x ships besides the VideoRoom and the WebSocket transport: what is not loaded cannot fail.
_PLUGINS = "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail"
_TRANSPORTS = "http mqtt nanomsg pfunix rabbitmq"


@dataclass(frozen=True)
class Secrets:
    """All secrets of one data folder, derived from a single random one."""

    root: str

    @property
    def api(self) -> str:
        """What every request to our Janus must carry."""
        return self._derive("api")

    @property
    def admin(self) -> str:
        """What the VideoRoom asks for before it makes a room."""
        return self._derive("admin")

    def room(self, room_id: str) -> str:
        """What it takes to change or remove one room."""
        return self._derive(f"room {room_id}")

    def _derive(self, purpose: str) -> str:
        return hmac.new(self.root.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def folder(settings: Settings) -> Path:
    """Where Janus's configuration, log and state lie."""
    return settings.data_dir / "janus"


def load_secrets(settings: Settings) -> Secrets:
    """Return the data folder's secrets, made at the first call and kept in a file of mode 0600.

    Raises StorageError when the folder cannot be written.
    """
    file = folder(settings) / "secret"
    try:
        if file.exists():
            return Secrets(file.read_text("ascii").strip())
        _make_folder(file.parent)
        root = secrets.token_hex(32)
        write_private(file, root + "\n")
        return Secrets(root)
    except OSError as error:
        raise StorageError(f"Janus's folder {file.parent} cannot be used: {error.strerror}") from error


def write_private(file: Path, text: str) -> None:
    """Write `file` (mode 0600) aside, sync it and rename it into place, so that no reader ever sees half of it."""
    aside = file.with_name(file.name + ".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)


def write(settings: Settings, known: Secrets, ws_port: int) -> None:
    """Write all configuration files for a Janus whose WebSocket API listens on 127.0.0.1:`ws_port`.

    Raises StorageError.
    """
    home = folder(settings)
    try:
        _make_folder(home)
        for name, text in render(settings, known, ws_port).items():
            write_private(home / name, text)
    except OSError as error:
        raise StorageError(f"Janus's configuration cannot be written to {home}: {error.strerror}") from error


def render(settings: Settings, known: Secrets, ws_port: int) -> dict[str, str]:
    """Return the files as name → text, in the libconfig syntax that Janus reads."""
    files: dict[str, Sections] = {
        "janus.jcfg": {
            "general": _general(settings, known),
            "nat": _nat(settings),
            "media": {
                "rtp_port_range": settings.ice_port_range,
                "ipv6": settings.ice_ipv6,
            },
            "plugins": {"disable": ",".join(f"libjanus_{name}.so" for name in _PLUGINS.split())},
            "transports": {"disable": ",".join(f"libjanus_{name}.so" for name in _TRANSPORTS.split())},
            "loggers": {"disable": "libjanus_jsonlog.so"},
            "events": {"broadcast": False},
        },
        "janus.transport.websockets.jcfg": {
            "general": {"json": "compact", "ws": True, "ws_port": ws_port, "ws_ip": "127.0.0.1", "wss": False},
            "admin": {"admin_ws": False, "admin_wss": False},
        },
        "janus.plugin.videoroom.jcfg": {"general": {"admin_key": known.admin, "string_ids": True}},
    }
    return {name: _libconfig(sections) for name, sections in files.items()}


def digest(settings: Settings) -> str:
    """Return a fingerprint of what a Janus started with these settings would be like, wherever its API listens."""
    return hashlib.sha256(repr(render(settings, Secrets(""), 0)).encode()).hexdigest()


def _general(settings: Settings, known: Secrets) -> dict[str, Value]:
    return {
        "api_secret": known.api,
        "server_name": "Roomtape",
        "debug_level": _DEBUG_LEVELS[settings.log_level],
        "debug_timestamps": True,
        "debug_colors": False,
        # Both: the first ends a session nobody keeps alive, the second one whose connection is gone.
        "session_timeout": settings.janus_reclaim_s,
        "reclaim_session_timeout": settings.janus_reclaim_s,
        # Janus's own default protects /var, where a data folder may well lie.
        "protected_folders": (),
        "hide_dependencies": True,
    }


def _nat(settings: Settings) -> dict[str, Value]:
    nat: dict[str, Value] = {"nice_debug": False, "ice_ignore_list": "vmnet"}
    if settings.ice_addresses:
        nat["ice_enforce_list"] = ",".join(settings.ice_addresses)
    if settings.ice_public_address:
        nat["nat_1_1_mapping"] = settings.ice_public_address
    return nat


def _make_folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)


def _libconfig(sections: Sections) -> str:
    lines = []
    for section, values in sections.items():
        lines.append(f"{section}: {{")
        lines += [f"\t{name} = {_value(value)}" for name, value in values.items()]
        lines.append("}")
    return "\n".join(lines) + "\n"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
