"""Owns secrets at rest: what opens somebody else's doors lies in the database sealed, the key in a file beside it.

Whoever gets hold of a copy of the database, or of a backup of it, has no stream keys with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken

from roomtape import keyfile
from roomtape.domain.storage_config import SECRETS
from roomtape.errors import StorageError

KEY_FILE = "vault.key"
PREFIX = "sealed:"
"""Begins every sealed value; no secret that we take begins so: that is checked."""
SECRET_FIELDS = frozenset({"rtmp_url", "page_url", *SECRETS})
"""Names of fields whose text is sealed, wherever in a JSON object they stand."""

log = structlog.get_logger()


class Vault:
    """Seals and opens with one key (Fernet: AES-128-CBC, HMAC-SHA256). Without a key it makes one that dies with it."""

    def __init__(self, key: bytes | None = None) -> None:
        self._fernet = Fernet(key or Fernet.generate_key())

    def sealed(self, body: Any) -> Any:
        """Return a JSON value with the text of every field in SECRET_FIELDS sealed; what is sealed already stays."""
        return _walk(body, lambda text: text if text.startswith(PREFIX) else self._seal(text))

    def opened(self, body: Any) -> Any:
        """Inverse of `sealed`. A value that another key sealed becomes None, as if nobody had given it."""
        return _walk(body, lambda text: self._open(text) if text.startswith(PREFIX) else text)

    def _seal(self, text: str) -> str:
        return PREFIX + self._fernet.encrypt(text.encode()).decode()

    def _open(self, text: str) -> str | None:
        try:
            return self._fernet.decrypt(text.removeprefix(PREFIX).encode()).decode()
        except InvalidToken:
            # A recording without its stream is better than no list of recordings.
            log.error("a secret in the database was sealed with another key; give it again", key_file=KEY_FILE)
            return None


def load(data_dir: Path) -> Vault:
    """Return the vault of a data folder; its key is made at the first start, readable by the owner alone.

    Raises StorageError when the key cannot be written, or is none.
    """
    path = data_dir / KEY_FILE
    try:
        return Vault(keyfile.kept(path, Fernet.generate_key).strip())
    except OSError as error:
        raise StorageError(f"the key of the secrets, {path}, cannot be read or made: {error.strerror}") from error
    except ValueError as error:
        raise StorageError(
            f"{path} holds no key: put the right one back, or remove it and give secrets anew"
        ) from error


def _walk(body: Any, change: Any, name: str = "") -> Any:
    if isinstance(body, dict):
        return {key: _walk(value, change, key) for key, value in body.items()}
    if isinstance(body, list | tuple):
        return [_walk(value, change) for value in body]
    return change(body) if name in SECRET_FIELDS and isinstance(body, str) else body
