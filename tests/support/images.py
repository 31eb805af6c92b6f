"""Small picture files for tests."""

from __future__ import annotations

import io

from PIL import Image


def png(colour: str | tuple[int, ...] = "red", width: int = 4, height: int = 4) -> bytes:
    """A PNG with an alpha channel, of one colour."""
    out = io.BytesIO()
    Image.new("RGBA", (width, height), colour).save(out, "PNG")
    return out.getvalue()
