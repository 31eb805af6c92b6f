"""Test that the overlays are to be had under one name."""

from roomtape.media import avatar, label, marks, overlay


def test_they_are_the_same() -> None:
    assert (overlay.avatar, overlay.more) == (avatar.avatar, avatar.more)
    assert (overlay.label, overlay.ring) == (label.label, marks.ring)
