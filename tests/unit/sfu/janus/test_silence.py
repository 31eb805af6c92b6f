from __future__ import annotations

import asyncio

from roomtape.sfu.janus.silence import SilenceWatch
from roomtape.sfu.port import Handle

A, B, C = Handle(1, 1), Handle(1, 2), Handle(1, 3)


async def test_only_who_is_silent_on_every_line_is_reported() -> None:
    silent: list[Handle] = []
    watch = SilenceWatch(0.05, silent.append)
    for handle in (A, B, C):
        watch.up(handle)
        watch.receiving(handle, "0", True)
        watch.receiving(handle, "1", True)
    watch.receiving(A, "0", False)
    watch.receiving(A, "1", False)
    watch.receiving(B, "0", False)  # muted, but its video comes
    watch.receiving(C, "0", False)
    watch.receiving(C, "1", False)
    watch.receiving(C, "1", True)  # came back
    await asyncio.sleep(0.12)
    assert silent == [A]
    watch.receiving(A, "0", False)
    watch.clear()
    await asyncio.sleep(0.08)
    assert silent == [A]


async def test_a_transport_without_any_packet_is_silent_too() -> None:
    silent: list[Handle] = []
    watch = SilenceWatch(0.03, silent.append)
    watch.up(A)
    watch.up(B)
    watch.forget(B)
    watch.receiving(C, "0", False)  # up since before we came: nothing is known of its other lines
    await asyncio.sleep(0.08)
    assert silent == [A]


async def test_what_was_up_before_counts_as_heard_until_janus_says_otherwise() -> None:
    silent: list[Handle] = []
    watch = SilenceWatch(0.03, silent.append)
    for handle in (A, B):
        watch.assume(handle, ["0", "1"])
        watch.receiving(handle, "0", False)
    watch.assume(C, [])
    watch.receiving(C, "0", False)
    await asyncio.sleep(0.06)
    assert silent == []
    watch.receiving(B, "1", False)
    await asyncio.sleep(0.06)
    assert silent == [B]
    watch.receiving(A, "1", False)
    watch.assume(A, ["0"])
    await asyncio.sleep(0.06)
    assert silent == [B]
    watch.clear()
