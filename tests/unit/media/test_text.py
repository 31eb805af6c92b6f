"""Tests of lines of text: clusters, order, what is left out, and that something is drawn for every script."""

import numpy as np
import pytest
from PIL import Image, features

from roomtape.media import fonts, text

INK = (255, 255, 255, 255)
NAMES = [
    "Ann Cole",
    "محمد عبد الله",
    "דוד בן-גוריון",
    "राजेश कुमार",
    "สมชาย ใจดี",
    "李雷",
    "やまだ",
    "김철수",
    "🎉👨\u200d👩\u200d👧",
]


def drawn(line: text.Line) -> np.ndarray:
    image = Image.new("RGBA", (600, 60), (0, 0, 0, 255))
    line.draw(image, 10, 30, INK)
    return np.asarray(image)[..., :3].max(axis=2)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  Ann \n\t Cole ", "Ann Cole"),
        ("e\u0301", "é"),
        ("\u1112\u1161\u11ab", "한"),
        ("\u202eevil\u202c", "evil"),
        ("a\x00\x1b[31mb\ud800", "a[31mb"),
        ("\u3164", ""),
        ("\ufeff\u200b", ""),
        ("क्\u200dष", "क्\u200dष"),
        ("x" * 1000, "x" * 80),
    ],
)
def test_cleaning(given: str, expected: str) -> None:
    assert text.clean(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Ann", ["A", "n", "n"]),
        ("न्द", ["न्", "द"]),
        ("e\u0323\u0301x", ["e\u0323\u0301", "x"]),
        ("👨\u200d👩\u200d👧!", ["👨\u200d👩\u200d👧", "!"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),
    ],
)
def test_clusters(given: str, expected: list[str]) -> None:
    assert text.clusters(given) == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_script_is_drawn_where_it_was_laid_out(name: str) -> None:
    line = text.laid_out(text.clean(name), 24)
    pixels = drawn(line)
    columns = np.flatnonzero(pixels.max(axis=0) > 60)
    assert columns.size > 10
    assert columns[0] >= 8
    assert columns[-1] <= 10 + line.width + 4
    assert (np.flatnonzero(pixels.max(axis=1) > 60) > 3).all()


def test_no_script_is_drawn_as_boxes() -> None:
    box = fonts.load(fonts.main_font(), 24).getmask("\U0010ffff").getbbox()
    for name in NAMES:
        for piece in text.laid_out(text.clean(name), 24).pieces:
            assert piece.font is not None, (name, piece)
    assert box is not None


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ("Ann محمد Cole", ["Ann ", "محمد", " Cole"]),
        ("محمد Ann", ["Ann", "محمد "]),
        ("שלום नमस्ते Bob", ["नमस्ते", " ", "Bob", "שלום "]),
        ("李 שלום 雷", ["李", " ", "שלום", " ", "雷"]),
        ("محمد 42", ["42", "محمد "]),
        ("abc 42 क", ["abc 42 ", "क"]),
        ("Ann 42", ["Ann 42"]),
    ],
)
def test_pieces_stand_in_reading_order(given: str, order: list[str]) -> None:
    seen = [piece.text for piece in text.laid_out(given, 20).pieces]
    assert "".join(seen).replace(" ", "") == "".join(order).replace(" ", "")
    if given != "שלום नमस्ते Bob":
        assert seen == order


@pytest.mark.skipif(not features.check("raqm"), reason="no Raqm here")
def test_arabic_is_joined_and_runs_from_right_to_left() -> None:
    line = text.laid_out("لمحمد", 30)
    apart = sum(text.laid_out(c, 30).width for c in "لمحمد")
    assert line.pieces[0].right_to_left
    assert line.width < apart * 0.95


def test_a_long_name_is_shortened_to_fit() -> None:
    whole = text.laid_out("Ann Cole", 20)
    assert text.shortened("Ann Cole", 20, whole.width) == whole
    for name in ("x" * 80, "李" * 80, "👨\u200d👩\u200d👧" * 10, "محمد " * 16):
        line = text.shortened(text.clean(name), 20, 150)
        assert 50 < line.width <= 150
        assert "…" in "".join(piece.text for piece in line.pieces)
    assert text.shortened("Ann", 20, 0).pieces[0].text == "…"


def test_symbols_without_a_font_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "font_for", lambda cluster: None if ord(cluster[0]) > 0x2000 else fonts.main_font())
    assert [p.text for p in text.laid_out("a🎉b", 20).pieces] == ["ab"]
    assert drawn(text.laid_out("李", 20)).max() > 60


def test_without_the_fonts_latin_is_still_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's own font knows no Raqm."""
    monkeypatch.setattr(fonts, "font_for", lambda cluster: None)
    assert drawn(text.laid_out("Ann محمد", 20)).max() > 200
