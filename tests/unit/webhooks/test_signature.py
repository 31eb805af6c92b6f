from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from roomtape.errors import StorageError
from roomtape.webhooks import signature


def test_the_key_is_made_once_and_signs_what_its_public_half_verifies(tmp_path: Path) -> None:
    signer = signature.load(tmp_path)
    file = tmp_path / "webhooks.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in tmp_path.iterdir()] == ["webhooks.key"]
    again = signature.load(tmp_path)
    assert again.public_key == signer.public_key
    public = serialization.load_pem_public_key(signer.public_key.encode())
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size >= 2048
    signed = base64.b64decode(signer.sign(b'{"a":1}'), validate=True)
    public.verify(signed, b'{"a":1}', padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signed, b'{"a":2}', padding.PKCS1v15(), hashes.SHA256())


def test_what_is_no_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "webhooks.key"
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for wrong in (b"", b"no key", curve):
        file.write_bytes(wrong)
        with pytest.raises(StorageError, match=r"webhooks\.key holds no RSA key"):
            signature.load(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(StorageError, match="cannot be read or made"):
        signature.load(tmp_path)
