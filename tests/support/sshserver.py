"""Debian's OpenSSH server for tests: a child of ours on a free port, which lets whoever runs the tests in by key."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

SSHD = Path("/usr/sbin/sshd")
PASSPHRASE = "open sesame"
READY_WITHIN_S = 10.0


class SshServer:
    """`key` is the private key that opens it, as text, `locked_key` the same with PASSPHRASE, `wrong_key` another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files_dir = folder / "files"
        self.files_dir.mkdir(parents=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        key, wrong = (
            asyncssh.generate_private_key("ssh-rsa", key_size=2048),
            asyncssh.generate_private_key("ssh-ed25519"),
        )
        self.key = key.export_private_key("pkcs8-pem").decode()
        self.locked_key = key.export_private_key("pkcs8-pem", PASSPHRASE).decode()
        self.wrong_key = wrong.export_private_key().decode()
        (folder / "authorized").write_bytes(key.export_public_key())
        host = folder / "host_key"
        host.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
        host.chmod(0o600)
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {host}\nPidFile none\nUsePAM no\nStrictModes no\n"
            f"AuthorizedKeysFile {folder / 'authorized'}\nPasswordAuthentication no\nPermitRootLogin yes\n"
            "Subsystem sftp internal-sftp\nLogLevel VERBOSE\n"
        )

    def files(self) -> dict[str, bytes]:
        """Return what lies on it, also what is half written."""
        return {
            str(path.relative_to(self.files_dir)): path.read_bytes()
            for path in self.files_dir.rglob("*") if path.is_file()
        }  # fmt: skip

    def config(self, port: int | None = None, **more: Any) -> dict[str, Any]:
        """Return a storage_config that opens it, or leads to it by the gate on `port`."""
        where = {"host": "127.0.0.1", "port": port or self.port, "username": getpass.getuser()}
        login = {"auth_method": "KEY", "private_key": self.locked_key, "password": PASSPHRASE}
        return {"type": "sftp", **where, **login, "path": str(self.files_dir), **more}


@asynccontextmanager
async def ssh_server(folder: Path) -> AsyncIterator[SshServer]:
    """Yield a running server; everything of it lies in `folder`."""
    if not SSHD.exists():
        pytest.skip("openssh-server is not installed; run scripts/setup test")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd locks itself in when root runs it
    made = SshServer(folder)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(SSHD), "-D", "-e", "-f", str(folder / "config"), stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", made.port)
                    writer.close()
                    break
                except OSError:
                    assert process.returncode is None, (folder / "log").read_text()
                    await asyncio.sleep(0.05)
        yield made
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
