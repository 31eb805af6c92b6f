"""Tests of opening picture files: every kind comes out right, everything else is refused in one sentence."""

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from roomtape.errors import RenderError
from roomtape.media.picturefile import check, decoded


def saved(folder: Path, image: Image.Image, kind: str, **options: object) -> Path:
    file = folder / "picture"
    image.save(file, kind, **options)
    return file


def png(width: int, height: int, depth: int, colour: int, data: bytes, *chunks: bytes, interlace: int = 0) -> bytes:
    """A PNG put together by hand (PNG specification, chapter 5): Pillow writes few of its kinds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    rest = [chunk(c[:4], c[4:]) for c in chunks]
    parts = [chunk(b"IHDR", head), *rest, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_png_with_alpha_and_with_a_palette(tmp_path: Path) -> None:
    image = Image.new("RGBA", (3, 2), (10, 20, 30, 128))
    assert decoded(saved(tmp_path, image, "PNG")).getpixel((1, 1)) == (10, 20, 30, 128)
    palette = Image.new("P", (3, 2), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    assert decoded(saved(tmp_path, palette, "PNG")).getpixel((0, 0)) == (0, 255, 0)
    clear = decoded(saved(tmp_path, palette, "PNG", transparency=1))
    assert clear.getpixel((0, 0)) == (0, 255, 0, 0)
    grey = Image.new("LA", (3, 2), (77, 66))
    assert decoded(saved(tmp_path, grey, "PNG")).getpixel((0, 0)) == (77, 77, 77, 66)
    assert decoded(saved(tmp_path, Image.new("1", (9, 9), 1), "PNG")).getpixel((8, 8)) == (255, 255, 255)


def test_png_of_16_bits_a_channel(tmp_path: Path) -> None:
    file = tmp_path / "deep.png"
    file.write_bytes(png(2, 1, 16, 0, b"\0" + struct.pack(">2H", 65535, 0x8000)))
    image = decoded(file)
    assert [image.getpixel((x, 0)) for x in (0, 1)] == [(255,) * 3, (127,) * 3]
    file.write_bytes(png(2, 1, 16, 0, b"\0" + struct.pack(">2H", 65535, 0x8000), b"tRNS" + struct.pack(">H", 0x8000)))
    image = decoded(file)
    assert [image.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255, 255), (127, 127, 127, 0)]
    file.write_bytes(png(1, 1, 16, 6, b"\0" + struct.pack(">4H", 0xFF00, 0x8000, 0, 0x4000)))
    assert decoded(file).getpixel((0, 0)) == (255, 128, 0, 64)


def test_png_that_is_interlaced(tmp_path: Path) -> None:
    # 2 x 2 in Adam7: pass 1 has (0,0), pass 6 has (1,0), pass 7 has row 1.
    passes = b"\0" + bytes([10]) + b"\0" + bytes([20]) + b"\0" + bytes([30, 40])
    file = tmp_path / "interlaced.png"
    file.write_bytes(png(2, 2, 8, 0, passes, interlace=1))
    assert np.asarray(decoded(file))[..., 0].tolist() == [[10, 20], [30, 40]]


def test_jpeg_is_turned_upright_and_made_smaller_at_once(tmp_path: Path) -> None:
    image = Image.new("RGB", (1600, 800), (200, 0, 0))
    image.paste((0, 0, 200), (0, 0, 800, 800))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    file = saved(tmp_path, image, "JPEG", exif=exif)
    upright = decoded(file)
    assert upright.size == (800, 1600)
    assert upright.getpixel((400, 100))[2] > 150
    assert upright.getpixel((400, 1500))[0] > 150
    small = decoded(file, at_least=(100, 100))
    assert min(small.size) >= 100
    assert max(small.size) <= 400
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert decoded(saved(tmp_path, cmyk, "JPEG")).getpixel((8, 8))[0] > 200


def test_webp(tmp_path: Path) -> None:
    file = saved(tmp_path, Image.new("RGBA", (4, 4), (10, 200, 30, 100)), "WEBP", lossless=True)
    assert decoded(file).getpixel((2, 2)) == (10, 200, 30, 100)
    frames = [Image.new("RGB", (4, 4), c) for c in ("red", "blue")]
    file = saved(tmp_path, frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert decoded(file).getpixel((0, 0))[:3] == (255, 0, 0)


def test_a_small_file_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bomb.png"
    for width, height, message in ((50_000, 50_000, "too large"), (5_000, 5_000, "5000 x 5000")):
        file.write_bytes(png(width, height, 8, 0, b""))
        with pytest.raises(RenderError, match=message):
            check(file)
    file.write_bytes(png(4_000, 5_000, 1, 0, (b"\0" + bytes(500)) * 5_000))
    check(file)


def test_what_is_no_picture_or_damaged_is_refused(tmp_path: Path) -> None:
    good = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(good, "PNG")
    whole = good.getvalue()
    gif = io.BytesIO()
    Image.new("P", (4, 4)).save(gif, "GIF")
    bodies = {
        "no picture": [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", gif.getvalue(), b"\xff\xd8\xff"],
        "damaged": [b"RIFF\0\0\0\0WEBPVP8 ", whole[: len(whole) // 2], whole[:60] + bytes(500) + whole[560:]],
    }
    file = tmp_path / "picture"
    for sentence, files in bodies.items():
        for body in files:
            file.write_bytes(body)
            with pytest.raises(RenderError, match=sentence):
                check(file)
    with pytest.raises(RenderError):
        check(tmp_path / "missing")


def test_noise_never_raises_anything_else(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    file = tmp_path / "noise"
    for kind in ("PNG", "JPEG", "WEBP"):
        body = io.BytesIO()
        Image.effect_noise((40, 30), 50).convert("RGB").save(body, kind)
        for _ in range(60):
            damaged = bytearray(body.getvalue())
            for at in random.integers(0, len(damaged), 4):
                damaged[at] = random.integers(256)
            file.write_bytes(damaged)
            with suppress(RenderError):
                decoded(file)
