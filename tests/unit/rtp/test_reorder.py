import random

from roomtape.rtp.packet import Packet
from roomtape.rtp.reorder import DEPTH, START_US, WINDOW_US, Reorder


def _packet(arrival_us: int) -> Packet:
    packet = Packet(0, 0, 0, False, 96, b"")
    packet.arrival_us = arrival_us
    return packet


def _run(arrivals: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], Reorder]:
    """Push (seq, arrival); return (seq, missing before it) in the order given back."""
    reorder = Reorder()
    numbers: dict[int, int] = {}
    out = []
    for seq, arrival in arrivals:
        packet = _packet(arrival)
        numbers[id(packet)] = seq
        out += [(packet, lost) for packet, lost in reorder.push(seq, packet)]
        arrivals_kept.append(packet)
    out += reorder.flush()
    return [(numbers[id(packet)], lost) for packet, lost in out], reorder


def _begin(reorder: Reorder, seq: int) -> None:
    """Let the stream begin with `seq`, so that it waits for nothing any more."""
    reorder.push(seq, _packet(-2 * START_US))
    reorder.advance(0)


arrivals_kept: list[Packet] = []  # ids stay unique while the packets live


def test_packets_in_order_pass_at_once() -> None:
    reorder = Reorder()
    _begin(reorder, 4)
    assert [len(reorder.push(n, _packet(n))) for n in (5, 6, 7)] == [1, 1, 1]
    assert not reorder.waiting


def test_the_first_packet_waits_for_one_sent_before_it() -> None:
    reorder = Reorder()
    assert reorder.push(2, _packet(0)) == []
    assert reorder.push(1, _packet(START_US)) == []
    assert len(reorder.push(3, _packet(START_US + 1))) == 3
    assert reorder.lost == 0


def test_a_late_packet_is_put_in_its_place() -> None:
    out, reorder = _run([(1, 0), (3, 10), (4, 20), (2, 30), (5, 40)])
    assert out == [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]
    assert (reorder.lost, reorder.late, reorder.duplicates) == (0, 0, 0)


def test_a_missing_packet_is_given_up_after_the_window_and_counted() -> None:
    out, reorder = _run([(1, 0), (4, 10), (5, WINDOW_US + 11), (2, WINDOW_US + 20)])
    assert out == [(1, 0), (4, 2), (5, 0)]
    assert (reorder.packets, reorder.lost, reorder.late) == (4, 2, 1)


def test_time_alone_gives_up_what_is_missing() -> None:
    reorder = Reorder()
    _begin(reorder, 1)
    assert reorder.push(3, _packet(5)) == []
    assert reorder.advance(5 + WINDOW_US) == []
    ((_, lost),) = reorder.advance(6 + WINDOW_US)
    assert lost == 1
    assert not reorder.waiting


def test_depth_is_bounded() -> None:
    reorder = Reorder()
    _begin(reorder, 0)
    given = [len(reorder.push(n, _packet(0))) for n in range(2, DEPTH + 3)]
    assert given[:-1] == [0] * DEPTH
    assert given[-1] == DEPTH + 1


def test_duplicates_are_left_out() -> None:
    out, reorder = _run([(1, 0), (1, 0), (3, 0), (3, 0), (2, 0)])
    assert [seq for seq, _ in out] == [1, 2, 3]
    assert reorder.duplicates == 2


def test_numbers_that_start_anew_are_followed() -> None:
    out, _ = _run([(50_000, 0), (50_001, START_US + 1), (50_003, START_US + 2), (7, START_US + 3), (8, START_US + 4)])
    assert out == [(50_000, 0), (50_001, 0), (50_003, 1), (7, 0), (8, 0)]


def test_shuffled_and_thinned_streams_come_out_sorted_and_all_losses_are_counted() -> None:
    for seed in range(30):
        chance = random.Random(seed)
        sent = [n for n in range(600) if n in (0, 599) or chance.random() > 0.05]
        arrivals = sorted((n * 5000 + chance.randrange(0, 100_000) * (n > 0), n) for n in sent)
        out, reorder = _run([(n, at) for at, n in arrivals])
        seqs = [seq for seq, _ in out]
        assert seqs == sent, seed
        assert reorder.lost == sum(lost for _, lost in out) == 600 - len(sent)
        assert reorder.packets == len(sent)
