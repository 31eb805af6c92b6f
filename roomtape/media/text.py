"""Owns a line of text in any script: which font draws which part, in which order the parts stand, and their drawing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from roomtape.media import fonts

Ink = tuple[int, int, int, int]
LONGEST = 80
"""Characters of a name that are looked at."""
_CAPITALS = 0.73
"""Height of a capital letter in DejaVu Sans, in ems: lines are centred on it."""
_BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_JOINER, _REGIONAL = "\u200d", range(0x1F1E6, 0x1F200)


@dataclass(frozen=True)
class _Piece:
    """A part in one font and one direction."""

    text: str
    font: Path | None
    right_to_left: bool
    width: float


@dataclass(frozen=True)
class Line:
    """A text laid out at `size` pixels an em; `width` in pixels. The pieces stand in order from left to right."""

    pieces: tuple[_Piece, ...]
    size: int
    width: float

    def draw(self, image: Image.Image, x: float, middle_y: float, ink: Ink) -> None:
        """Draw on an RGB or RGBA image from `x` on; the middle of its capital letters comes to `middle_y`."""
        baseline = round(middle_y + self.size * _CAPITALS / 2)
        brush = ImageDraw.Draw(image)
        for piece in self.pieces:
            if fonts.is_emoji_font(piece.font):
                _draw_emoji(image, piece, self.size, round(x), baseline)
            else:
                font = fonts.load(piece.font, self.size)
                brush.text((x, baseline), piece.text, fill=ink, font=font, anchor="ls", direction=_direction(piece))
            x += piece.width


def clean(text: str) -> str:
    """Return what of a name can be shown: composed, its spaces made one each, without controls and blank letters.

    Marks that turn the direction of what follows go as well: a name must not be able to disguise itself.
    """
    shown = "".join(
        " " if c.isspace() else c
        for c in unicodedata.normalize("NFC", text[: LONGEST * 4])
        if c.isspace() or c in "\u200c\u200d" or _is_shown(c)
    )
    return " ".join(shown.split())[:LONGEST]


def clusters(text: str) -> list[str]:
    """Split into what readers take for one character: a base with its marks, joined emoji, flags (after UAX 29)."""
    found: list[str] = []
    for char in text:
        if found and _continues(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def laid_out(text: str, size: int) -> Line:
    """Return a cleaned `text` as a line at `size` pixels an em."""
    parts = [(cluster, font) for cluster in clusters(text) if not _hopeless(cluster, font := fonts.font_for(cluster))]
    levels = _levels([cluster for cluster, _ in parts])
    pieces = []
    for (font, level), group in groupby(zip(parts, levels, strict=True), key=lambda item: (item[0][1], item[1])):
        run = "".join(cluster for (cluster, _), _ in group)
        pieces.append((level, _piece(run, font, bool(level % 2), size)))
    ordered = _in_order(pieces)
    return Line(tuple(ordered), size, sum(piece.width for piece in ordered))


def shortened(text: str, size: int, room: float) -> Line:
    """Return as much of a cleaned `text` as `room` pixels hold, with an ellipsis if it is not all."""
    line = laid_out(text, size)
    if line.width <= room:
        return line
    parts = clusters(text)
    fits, too_many = 0, len(parts)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if laid_out("".join(parts[:middle]).rstrip() + "…", size).width <= room:
            fits = middle
        else:
            too_many = middle
    return laid_out("".join(parts[:fits]).rstrip() + "…", size)


def _is_shown(char: str) -> bool:
    if char in _BLANK_LETTERS:
        return False
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn") or "\U000e0020" <= char <= "\U000e007f"


def _continues(cluster: str, char: str) -> bool:
    if cluster.isspace():
        return False
    if char in "\u200c\u200d" or unicodedata.category(char).startswith("M") or cluster.endswith(_JOINER):
        return True
    if 0x1F3FB <= ord(char) <= 0x1F3FF or 0xE0020 <= ord(char) <= 0xE007F:
        return True
    return ord(char) in _REGIONAL and len(cluster) == 1 and ord(cluster) in _REGIONAL


def _hopeless(cluster: str, font: Path | None) -> bool:
    """A symbol that no font has is left out; of a letter the empty box at least says that one is there."""
    return font is None and unicodedata.category(cluster[0])[0] in "SCM"


def _levels(parts: list[str]) -> list[int]:
    """Embedding levels (UAX 9, without explicit marks): odd ones run from right to left."""
    strong = [_strength(part) for part in parts]
    base = 1 if next((s for s in strong if s in "LR"), "L") == "R" else 0
    outer = "LR"[base]
    levels: list[int] = []
    before = outer
    for i, kind in enumerate(strong):
        if kind in "LR":
            before = kind
        if kind == "R":
            levels.append(1)
        elif kind == "L":
            levels.append(2 * base)
        elif kind == "N":
            levels.append(2 if before == "R" or base else 0)
        else:
            after = next((s for s in strong[i + 1 :] if s != "-"), outer).replace("N", "R" if before == "R" else "L")
            levels.append((1 if before == "R" else 2 * base) if before == after else base)
    return levels


def _strength(part: str) -> str:
    """L and R for letters, N for digits, - for what goes along with its surroundings."""
    kind = unicodedata.bidirectional(part[0])
    return {"L": "L", "R": "R", "AL": "R", "EN": "N", "AN": "N"}.get(kind, "-")


def _in_order(pieces: list[tuple[int, _Piece]]) -> list[_Piece]:
    """Reverse every stretch of a level or higher ones, from the highest to 1 (UAX 9, rule L2)."""
    ordered = list(pieces)
    for level in (2, 1):
        turned: list[tuple[int, _Piece]] = []
        for deep, group in groupby(ordered, key=lambda item: item[0] >= level):
            stretch = list(group)
            turned += stretch[::-1] if deep else stretch
        ordered = turned
    return [piece for _, piece in ordered]


def _piece(text: str, font: Path | None, right_to_left: bool, size: int) -> _Piece:
    piece = _Piece(text, font, right_to_left, 0.0)
    if fonts.is_emoji_font(font):
        width = fonts.load(font, fonts.EMOJI_SIZE).getlength(text) * size / fonts.EMOJI_SIZE
    else:
        width = fonts.load(font, size).getlength(text, direction=_direction(piece))
    return _Piece(text, font, right_to_left, width)


def _direction(piece: _Piece) -> str | None:
    """Without Raqm Pillow takes no direction: right-to-left scripts then stand unshaped and the wrong way round."""
    font = fonts.load(piece.font, fonts.EMOJI_SIZE)
    if not isinstance(font, ImageFont.FreeTypeFont) or font.layout_engine != ImageFont.Layout.RAQM:
        return None
    return "rtl" if piece.right_to_left else "ltr"


def _draw_emoji(image: Image.Image, piece: _Piece, size: int, x: int, baseline: int) -> None:
    font = fonts.load(piece.font, fonts.EMOJI_SIZE)
    assert isinstance(font, ImageFont.FreeTypeFont)
    width, (ascent, descent) = int(font.getlength(piece.text)) + 1, font.getmetrics()
    glyphs = Image.new("RGBA", (max(1, width), ascent + descent), (0, 0, 0, 0))
    ImageDraw.Draw(glyphs).text((0, ascent), piece.text, font=font, anchor="ls", embedded_color=True)
    scale = size / fonts.EMOJI_SIZE
    small = glyphs.resize((max(1, round(glyphs.width * scale)), max(1, round(glyphs.height * scale))))
    above = round(ascent * scale)
    if image.mode == "RGBA":
        image.alpha_composite(small, (max(0, x), max(0, baseline - above)))
    else:
        image.paste(small, (x, baseline - above), small)
