from pathlib import Path

import asyncssh
import pytest

from roomtape.errors import StorageError
from roomtape.storage.hostkeys import FILE, HostKeys


def test_each_host_and_port_has_its_own_key(tmp_path: Path) -> None:
    first, second = (asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for _ in range(2))
    keys = HostKeys(tmp_path)
    assert keys.of("a.example", 22) is None
    keys.keep("a.example", 22, first)
    keys.keep("a.example", 2222, second)
    again = HostKeys(tmp_path)
    for port, key in ((22, first), (2222, second)):
        found = again.of("a.example", port)
        assert found is not None
        assert found.public_data == key.public_data
    assert again.of("b.example", 22) is None


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[a.example]:22 nonsense\n")
    with pytest.raises(StorageError, match=r"\[a\.example\]:22"):
        HostKeys(tmp_path).of("a.example", 22)
