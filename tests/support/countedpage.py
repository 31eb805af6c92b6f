"""Owns a page whose pictures are numbered and which sounds a tone, and the reading of what is received of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.support.arrivals import pictures, samples
from tests.support.whip_sink import Arrival

_CELL, _BITS = 40, 16


def page(tone_hz: int = 440, more: str = "") -> bytes:
    """Return the page: each frame of the screen has the next number, in black and white; `more` is its own script."""
    return f"""<!doctype html><title>counted</title><body style="margin:0">
<canvas width={_CELL * _BITS} height={_CELL}></canvas><p style="font:14px sans-serif">Small text</p><script>
const pen = document.querySelector('canvas').getContext('2d'); let number = 0;
(function draw() {{
  number += 1;
  for (let bit = 0; bit < {_BITS}; bit++) {{
    pen.fillStyle = (number >> bit) & 1 ? '#000' : '#fff';
    pen.fillRect(bit * {_CELL}, 0, {_CELL}, {_CELL});
  }}
  requestAnimationFrame(draw);
}})();
const sound = new AudioContext(), tone = new OscillatorNode(sound, {{frequency: {tone_hz}}});
tone.connect(new GainNode(sound, {{gain: 0.3}})).connect(sound.destination); tone.start();
{more}</script>""".encode()


def numbers(arrivals: Sequence[Arrival]) -> list[int]:
    """Decode what was received and return the number of each picture."""
    found = []
    for _, luma in pictures(arrivals):
        row = luma[_CELL // 2, _CELL // 2 : _CELL * _BITS : _CELL]
        found.append(sum(1 << bit for bit in range(_BITS) if row[bit] < 128))
    return found


def loudest_hz(arrivals: Sequence[Arrival]) -> int:
    """Decode the last second of sound and return its strongest frequency."""
    heard: NDArray[np.float32] = samples(arrivals)[-48_000:]
    spectrum = np.abs(np.fft.rfft(heard, 48_000))
    return int(np.argmax(spectrum[50:5_000])) + 50
