"""Tests of packet grids: segments take every packet once, and know enough around it."""

import pytest

from roomtape.media import encode_aac, encode_flac, encode_mp3
from roomtape.media.packet_grid import PacketGrid, span

GRIDS = [encode_aac.GRID, encode_mp3.GRID, encode_flac.GRID]
PIECE = 192_000


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("samples", [1, 1600, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_segments_take_each_packet_once(grid: PacketGrid, samples: int) -> None:
    count = -(-samples // PIECE)
    at = 0
    for index in range(count):
        last = index == count - 1
        end = samples if last else (index + 1) * PIECE
        found = span([grid], index * PIECE, end, last)
        ((first, behind),) = found.packets
        assert first == at
        assert found.start == grid.first_sample(first)
        assert found.start == 0 or found.start <= first * grid.frame - grid.warm_up * grid.frame
        assert last or (behind + grid.lookahead) * grid.frame <= found.end == end
        at = behind
    assert at == grid.packets_of(samples)
    assert (at - 1) * grid.frame - grid.delay < samples <= at * grid.frame - grid.delay


def test_several_codecs_begin_where_the_first_one_must() -> None:
    found = span(GRIDS, PIECE, 2 * PIECE, False)
    assert found.start == min(g.first_sample(first) for g, (first, _) in zip(GRIDS, found.packets, strict=True))
    assert found.packets == tuple(span([grid], PIECE, 2 * PIECE, False).packets[0] for grid in GRIDS)
