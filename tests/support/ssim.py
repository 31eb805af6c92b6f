"""Owns the likeness of two pictures: SSIM (Wang, Bovik, Sheikh, Simoncelli 2004) of all three colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_WINDOW = 8
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(one: Image, other: Image) -> NDArray[np.float64]:
    """Return the likeness (1: the same) of two pictures of height x width x 3 around each place, mean of the colours.

    Windows are squares of 8 pixels, all equal in weight, which lie wholly inside: each side is 7 shorter than the
    picture's. Raises ValueError for pictures of different sizes.
    """
    if one.shape != other.shape:
        raise ValueError(f"pictures of {one.shape} and {other.shape} cannot be compared")
    maps = [_channel(one[..., i].astype(np.float64), other[..., i].astype(np.float64)) for i in range(one.shape[2])]
    return np.mean(maps, axis=0)


def worst_block(likeness: NDArray[np.float64], side: int = 32) -> tuple[float, int, int]:
    """Return the lowest mean of blocks of `side` by `side`, and the left and top of that block.

    The mean of a whole picture hardly sees a missing icon; this does. All blocks are whole: the last ones overlap.
    """
    tops, lefts = (sorted({*range(0, length - side, side), max(0, length - side)}) for length in likeness.shape)
    blocks = {
        (left, top): float(likeness[top : top + side, left : left + side].mean()) for top in tops for left in lefts
    }
    left, top = min(blocks, key=lambda place: blocks[place])
    return blocks[left, top], left, top


def _channel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    mean_a, mean_b = _means(a), _means(b)
    var_a, var_b = _means(a * a) - mean_a**2, _means(b * b) - mean_b**2
    both = _means(a * b) - mean_a * mean_b
    return ((2 * mean_a * mean_b + _C1) * (2 * both + _C2)) / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of every window, by the sums over the rectangle that each place closes."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    sums[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    total = (
        sums[_WINDOW:, _WINDOW:] - sums[:-_WINDOW, _WINDOW:] - sums[_WINDOW:, :-_WINDOW] + sums[:-_WINDOW, :-_WINDOW]
    )
    return total / _WINDOW**2
