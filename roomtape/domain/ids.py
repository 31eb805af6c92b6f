"""Owns identifiers: how new ones are made and which strings are accepted as one."""

from __future__ import annotations

import re
import uuid

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def new_id() -> str:
    """Return a random UUID (version 4) in its usual spelling."""
    return str(uuid.uuid4())


def new_account_id() -> str:
    """Return 32 hexadecimal digits, the form of an account id in the public API (at most 32 characters)."""
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    """Tell whether `text` may be used as an id; such a string is also safe as a file name."""
    return _ID.fullmatch(text) is not None
