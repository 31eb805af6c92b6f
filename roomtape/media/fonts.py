"""Owns which of the installed fonts draws a character: a plain Latin one first, then whichever has a glyph for it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_FOLDER = Path("/usr/share/fonts/truetype")
_MAIN = _FOLDER / "dejavu" / "DejaVuSans.ttf"
_CJK = _FOLDER / "wqy" / "wqy-microhei.ttc"
_EMOJI = _FOLDER / "noto" / "NotoColorEmoji.ttf"
_SCRIPTS = ("NotoSans*-Regular.ttf", "NotoSerif*-Regular.ttf", "Noto*-Regular.ttf")

EMOJI_SIZE = 109
"""Pixels: the one size that the colour font has, its glyphs being pictures."""
_PROBE_SIZE = 16
_NO_CHARACTER = "\U0010ffff"
"""Unicode promises that this is never one, so a font shows its sign for a missing glyph."""


@lru_cache(maxsize=512)
def font_for(cluster: str) -> Path | None:
    """Return the file of the font that draws a cluster (a character and what combines with it); None if none has it.

    The first font that has all of it is taken, else the first that has its first character. Which fonts are installed
    is looked up once in a process.
    """
    wanted = [c for c in cluster if not _unseen(c)]
    if not wanted:
        return _fonts()[0] if _fonts() else None
    order = _ordered(cluster, wanted[0])
    for some in (wanted, wanted[:1]):
        for file in order:
            if all(_has(file, c) for c in some):
                return file
    return None


def is_emoji_font(file: Path | None) -> bool:
    """Tell whether the font's glyphs are coloured pictures of one size, EMOJI_SIZE."""
    return file == _EMOJI


@lru_cache(maxsize=128)
def load(file: Path | None, size: int) -> Font:
    """Return a font at `size` pixels; Pillow's own, which is Latin, for None and where the file cannot be read."""
    if file is not None:
        try:
            return ImageFont.truetype(str(file), max(6, size))
        except OSError:
            pass
    return ImageFont.load_default(max(6, size))


def main_font() -> Path | None:
    """Return the font of plain text, None where it is not installed."""
    return _MAIN if _MAIN in _fonts() else None


def _ordered(cluster: str, first: str) -> list[Path]:
    """Emoji that have a plain twin in a text font are still shown as emoji; the script's own font is tried early."""
    if "\ufe0e" not in cluster and ("\ufe0f" in cluster or ord(first) >= 0x1F000):
        return sorted(_fonts(), key=lambda file: file != _EMOJI)
    script = unicodedata.name(first, "").partition(" ")[0].lower()
    early = {_MAIN: 0, _CJK: 2}
    return sorted(_fonts(), key=lambda file: early.get(file, 1 if script and script in file.stem.lower() else 3))


@lru_cache(maxsize=1)
def _fonts() -> tuple[Path, ...]:
    """The installed fonts; sorted, so that every process takes the same one for a character."""
    named = [file for file in (_MAIN, _CJK, _EMOJI) if file.exists()]
    scripts = [file for pattern in _SCRIPTS for file in sorted((_FOLDER / "noto").glob(pattern))]
    return tuple(dict.fromkeys([*named, *scripts]))


def _unseen(char: str) -> bool:
    """Joiners and variation selectors are no glyphs: they only change their neighbours'."""
    return char in "\u200c\u200d" or "\ufe00" <= char <= "\ufe0f" or char.isspace()


@lru_cache(maxsize=4096)
def _has(file: Path, char: str) -> bool:
    return _glyph(file, char) != _missing(file)


@lru_cache(maxsize=256)
def _missing(file: Path) -> bytes:
    return _glyph(file, _NO_CHARACTER)


def _glyph(file: Path, char: str) -> bytes:
    """What the font draws for one character, unshaped."""
    font = _probe(file)
    side = 2 * int(font.size)
    image = Image.new("RGBA", (side, side))
    try:
        ImageDraw.Draw(image).text((0, 0), char, font=font, embedded_color=is_emoji_font(file))
    except OSError:
        return b""
    return repr(font.getlength(char)).encode() + image.tobytes()


@lru_cache(maxsize=256)
def _probe(file: Path) -> ImageFont.FreeTypeFont:
    size = EMOJI_SIZE if is_emoji_font(file) else _PROBE_SIZE
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
