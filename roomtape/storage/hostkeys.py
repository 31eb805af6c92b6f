"""Owns which SSH servers are known: the first key that a host shows is kept, and no other one is taken after it."""

from __future__ import annotations

import os
from pathlib import Path

import asyncssh

from roomtape.errors import StorageError

FILE = "ssh_known_hosts"


class HostKeys:
    """Host keys in a file of OpenSSH's form, one line a host: `[host]:port ssh-ed25519 AAAA…`."""

    def __init__(self, data_dir: Path) -> None:
        self.file = data_dir / FILE

    def of(self, host: str, port: int) -> asyncssh.SSHKey | None:
        """Return the key that is kept for a host, or None. Raises StorageError when the file cannot be read."""
        name = f"[{host}]:{port}"
        for line in self._lines():
            place, _, key = line.partition(" ")
            if place == name:
                try:
                    return asyncssh.import_public_key(key)
                except asyncssh.KeyImportError as error:
                    raise StorageError(f"the line of {name} in {self.file} holds no key; remove it") from error
        return None

    def keep(self, host: str, port: int, key: asyncssh.SSHKey) -> None:
        """Remember the first key of a host. Raises StorageError."""
        text = key.export_public_key().decode().strip()
        lines = [*self._lines(), f"[{host}]:{port} {text}"]
        aside = self.file.with_suffix(".part")
        try:
            with aside.open("w") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.file)
        except OSError as error:
            raise StorageError(f"{self.file} cannot be written: {error.strerror}") from error

    def _lines(self) -> list[str]:
        try:
            return [line for line in self.file.read_text().splitlines() if line.strip()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(f"{self.file} cannot be read: {error.strerror}") from error
