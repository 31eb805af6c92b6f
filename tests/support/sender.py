"""Owns made-up senders: an Opus stream whose clock, network and mutes are known, as a `.mjr` file and as read again."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from roomtape.capture.takefile import TakeFile
from tests.support.mjr import opus_silence, rtp, write_mjr

T0 = 1_700_000_000_000_000
STEP_US = 20_000
PATH_US = 5_000
"""The network's least delay."""
RATE = 48_000


@dataclass
class Sender:
    """`seconds` of packets every 20 ms; all `*_at` are lists of (second, value).

    `jumps_at`: the clock's timestamps leap by so many seconds. `mutes_at`: nothing is sent for so long, and the clock
    stands still (`frozen`) or runs on. `losses_at`: the network loses everything for so long. `switches_at`: a new
    SSRC; the SFU then counts numbers and timestamps on, by the time that passed on its own clock
    (janus_rtp_header_update).
    `lost` counts what the network lost of the last `packets()`.
    """

    seconds: float
    seed: int = 0
    ppm: float = 0.0
    jitter_us: float = 8_000
    loss: float = 0.0
    swap: float = 0.0
    first_seq: int = 1
    first_timestamp: int = 0
    frozen: bool = True
    step_us: int = STEP_US
    jumps_at: list[tuple[float, float]] = field(default_factory=list)
    mutes_at: list[tuple[float, float]] = field(default_factory=list)
    losses_at: list[tuple[float, float]] = field(default_factory=list)
    switches_at: list[float] = field(default_factory=list)
    lost: int = 0

    def packets(self) -> list[tuple[int, int, bytes]]:
        """Return (arrival in ms after T0, sent in µs after T0, RTP packet) in order of arrival."""
        chance, self.lost = random.Random(self.seed), 0
        out, seq, shift_s, last, switched = [], self.first_seq, 0.0, 0, 0
        for n in range(int(self.seconds * 1_000_000 / self.step_us)):
            s = n * self.step_us / 1_000_000
            if _within(s, self.mutes_at):
                shift_s -= self.step_us / 1_000_000 if self.frozen else 0.0
                continue
            sent = n * self.step_us
            arrival = sent + PATH_US + int(chance.expovariate(1 / self.jitter_us))
            if chance.random() < self.swap:
                arrival += 60_000  # sent again after a NACK
            else:
                arrival = last = max(last, arrival)
            jump_s = sum(value for at, value in self.jumps_at if s >= at)
            while switched < len(self.switches_at) and s >= self.switches_at[switched]:
                switched += 1
                shift_s += (arrival - sent - PATH_US) / 1_000_000  # what the SFU's clock saw pass: with the jitter
            ticks = self.first_timestamp + round((s + shift_s + jump_s) * (1 + self.ppm / 1e6) * RATE)
            seq += 1
            if _within(s, self.losses_at) or (n and chance.random() < self.loss):
                self.lost += 1
                continue
            out.append((arrival // 1000, sent, rtp(seq - 1, ticks, opus_silence() + n.to_bytes(4, "big"))))
        return sorted(out, key=lambda packet: packet[0])


def placed(path: Path, sender: Sender) -> tuple[list[int], TakeFile]:
    """Write and read a sender's packets; return by how many µs each lies after when it was sent, and PATH_US."""
    packets = sender.packets()
    first_ms = packets[0][0]
    write_mjr(path, "audio", "opus", T0 + first_ms * 1000, [(ms - first_ms, data) for ms, _, data in packets])
    file = TakeFile(path)
    while file.pump():
        pass
    file.resolve()
    return [f.time_us - T0 - PATH_US - int.from_bytes(f.data[-4:], "big") * sender.step_us for f in file.frames], file


def share(errors: Iterable[int], part: float) -> int:
    """Return the magnitude that a part (0 to 1) of the errors do not exceed."""
    sizes = sorted(abs(error) for error in errors)
    return sizes[min(int(part * len(sizes)), len(sizes) - 1)]


def _within(s: float, spans: list[tuple[float, float]]) -> bool:
    return any(begin <= s < begin + length for begin, length in spans)
