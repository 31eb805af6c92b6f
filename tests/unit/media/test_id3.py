"""Tests of ID3 tags, byte by byte against the specification."""

from __future__ import annotations

from roomtape.media.id3 import private_tag, text_tag
from tests.support.tsreader import read_tag


def test_a_text_is_a_txxx_frame_in_utf_8() -> None:
    assert text_tag("ID3Data", "hé") == (
        b"ID3\x04\x00\x00\x00\x00\x00\x16TXXX\x00\x00\x00\x0c\x00\x00\x03ID3Data\x00h\xc3\xa9"
    )


def test_bytes_are_a_priv_frame() -> None:
    assert private_tag("ID3Data", b"\x00\xff") == (
        b"ID3\x04\x00\x00\x00\x00\x00\x14PRIV\x00\x00\x00\x0a\x00\x00ID3Data\x00\x00\xff"
    )


def test_sizes_are_synchsafe_and_anything_can_be_said() -> None:
    for data in (b"", b"\0" * 129, bytes(range(256)) * 200):
        assert read_tag(0, private_tag("a", data)).data == data
    assert read_tag(0, text_tag("na\0me", "a\0b")).data == b"a\0b"
    assert read_tag(0, text_tag("name", "\ud800")).data == b"?"
