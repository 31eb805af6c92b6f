"""Owns the key with which deliveries are signed, and the signature: RSA-SHA256, PKCS#1 v1.5 (RFC 8017 8.2), base64."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from roomtape import keyfile
from roomtape.errors import StorageError

KEY_FILE = "webhooks.key"
_BITS = 2048


class Signer:
    """Signs with one private key; `public_key` (PEM, SubjectPublicKeyInfo) is what receivers verify with."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self.public_key = (
            key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def sign(self, body: bytes) -> str:
        """Return the base64 signature over the raw body."""
        return base64.b64encode(self._key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


def load(data_dir: Path) -> Signer:
    """Return the signer of a data folder; its key is made at the first start, readable by the owner alone.

    Raises StorageError when the key cannot be written, or is none.
    """
    path = data_dir / KEY_FILE
    try:
        key = serialization.load_pem_private_key(keyfile.kept(path, _new_key), password=None)
    except OSError as error:
        raise StorageError(f"the key that signs webhooks, {path}, cannot be read or made: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise _no_key(path) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _no_key(path)
    return Signer(key)


def _no_key(path: Path) -> StorageError:
    return StorageError(
        f"{path} holds no RSA key without a password: put the right one back, or remove it and have receivers fetch "
        "the new public key"
    )


def _new_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
