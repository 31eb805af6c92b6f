"""Tests of choosing fonts."""

from pathlib import Path

import pytest

from roomtape.media import fonts


@pytest.mark.parametrize(
    ("cluster", "stem"),
    [
        ("a", "DejaVuSans"),
        ("Ж", "DejaVuSans"),
        ("ا", "DejaVuSans"),
        ("ש", "DejaVuSans"),
        ("न", "NotoSansDevanagari-Regular"),
        ("क्ष", "NotoSansDevanagari-Regular"),
        ("ไ", "NotoSansThai-Regular"),
        ("தி", "NotoSansTamil-Regular"),
        ("བོ", "NotoSerifTibetan-Regular"),
        ("አ", "NotoSansEthiopic-Regular"),
        ("李", "wqy-microhei"),
        ("の", "wqy-microhei"),
        ("한", "wqy-microhei"),
        ("🎉", "NotoColorEmoji"),
        ("👨\u200d👩\u200d👧", "NotoColorEmoji"),
        ("🇩🇪", "NotoColorEmoji"),
        ("❤\ufe0f", "NotoColorEmoji"),
        ("❤\ufe0e", "DejaVuSans"),
        ("1", "DejaVuSans"),
        ("1\ufe0f\u20e3", "NotoColorEmoji"),
        (" ", "DejaVuSans"),
    ],
)
def test_every_script_finds_its_font(cluster: str, stem: str) -> None:
    file = fonts.font_for(cluster)
    assert file is not None
    assert file.stem == stem
    assert fonts.is_emoji_font(file) == (stem == "NotoColorEmoji")


def test_what_no_font_has_is_told() -> None:
    assert fonts.font_for("\ue000") is None


def test_a_font_that_is_gone_is_replaced() -> None:
    assert fonts.load(Path("/nowhere.ttf"), 20).getlength("Ann") > 10
    assert fonts.load(None, 20).getlength("Ann") > 10


def test_without_any_font_there_is_none_to_choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts, "_fonts", lambda: ())
    fonts.font_for.cache_clear()
    assert fonts.font_for("a") is None
    assert fonts.font_for(" ") is None
    fonts.font_for.cache_clear()
