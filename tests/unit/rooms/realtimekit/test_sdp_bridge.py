from __future__ import annotations

import contextlib
import random

import pytest

from roomtape.errors import InvalidRequest, SfuError
from roomtape.rooms import sdp
from roomtape.rooms.realtimekit import send_sdp
from roomtape.rooms.realtimekit.sdp_bridge import ReceiveBridge
from tests.support.sdkoffer import Browser, send_offer
from tests.support.subscriber import FakeSubscriber, answer_to


class Pair:
    """A browser and a Janus with a bridge between them; every SDP that goes either way is checked by its receiver."""

    def __init__(self) -> None:
        self.browser = Browser()
        self.janus = FakeSubscriber()
        self.bridge = ReceiveBridge.first(self.browser.first_offer(), self.janus.offer())
        self.janus.answered(self.bridge.for_sfu())
        self.browser.take_answer(self.bridge.for_client("passive"))
        self.janus.changed = False

    def consume(self, *sources: tuple[str, str]) -> list[str]:
        again = [slot.sfu_mid for s in sources if (slot := self.bridge.slots.of_source(s)) and slot.sfu_mid]
        self.janus.update(list(sources), again)
        self.bridge.slots.detach(again)
        self.offered()
        found = [self.bridge.slots.of_source(source) for source in sources]
        self.bridge.answered(self.browser.answer(self.bridge.for_client("actpass")))
        self.janus.answered(self.bridge.for_sfu())
        return [slot.mid for slot in found if slot is not None]

    def offered(self, *, place: bool = True) -> None:
        subscription = self.janus.subscription(None)  # type: ignore[arg-type]
        assert subscription.offer is not None
        self.bridge.offered(subscription.offer, subscription.streams, place=place)

    def close(self, *mids: str) -> None:
        freed = self.bridge.closing(mids, self.browser.closing_offer(set(mids)))
        if freed:
            self.janus.update([], freed)
            self.offered(place=False)
            self.janus.answered(self.bridge.for_sfu())
        self.browser.take_answer(self.bridge.for_client("passive"))

    def restart(self) -> None:
        self.bridge = ReceiveBridge.load(self.bridge.dump())


def test_the_first_answer_has_the_sfus_transport_and_nothing_else() -> None:
    pair = Pair()
    first, second = sdp.parse(pair.bridge.for_client("passive")).sections
    assert first.attribute("ice-ufrag") == "sfu1"
    assert first.attribute("setup") == "passive"
    assert first.attribute("candidate")
    assert [s.direction for s in (first, second)] == ["inactive", "inactive"]
    assert [s.attribute("extmap") for s in (first, second)] == [None, None]
    answer = sdp.parse(pair.janus.answers[0]).sections[0]
    assert (answer.attribute("ice-ufrag"), answer.attribute("setup")) == ("brow", "active")
    assert answer.direction == "inactive"


def test_what_one_publishes_is_one_stream_which_the_client_plays_in_sync() -> None:
    pair = Pair()
    pair.consume(("ann", "v1"), ("bob", "a1"), ("ann", "a1"))
    streams = [s.attribute("msid") for s in sdp.parse(pair.bridge.for_client("actpass")).sections]
    assert streams == [None, None, "ann track2", "bob track3", "ann track4"]


def test_a_consumed_stream_reaches_the_client_at_its_own_mid() -> None:
    pair = Pair()
    assert pair.consume(("ann", "v1"), ("ann", "a1")) == ["2", "3"]
    assert pair.janus.sending() == {("ann", "v1"), ("ann", "a1")}
    section = sdp.parse(pair.bridge.for_client("actpass")).sections[2]
    extensions = [line for line in section.lines if line.startswith("a=extmap")]
    assert extensions == ["a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"]


def test_a_stream_that_is_wanted_again_is_sent_again_at_a_new_mid() -> None:
    pair = Pair()
    (first,) = pair.consume(("ann", "v1"))
    assert pair.consume(("ann", "v1")) != [first]
    assert pair.janus.sending() == {("ann", "v1")}


def test_a_transceiver_that_the_client_refuses_is_free_again() -> None:
    pair = Pair()
    pair.janus.update([("ann", "v1")], [])
    pair.offered()
    answer = pair.browser.answer(pair.bridge.for_client("actpass"))
    refusing = answer.replace(
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:2", "m=video 0 X 96\r\na=mid:2"
    )
    assert pair.bridge.answered(refusing) == ["2"]
    pair.janus.answered(pair.bridge.for_sfu())
    assert pair.janus.sending() == set()


@pytest.mark.parametrize("seed", range(40))
def test_no_sequence_of_publishing_and_consuming_puts_the_two_sides_out_of_step(seed: int) -> None:
    dice = random.Random(seed)
    pair = Pair()
    published: set[tuple[str, str]] = set()
    consumed: dict[tuple[str, str], str] = {}
    number = 0
    for _ in range(60):
        match dice.choice(["publish", "publish", "consume", "consume", "close", "end", "leave", "restart"]):
            case "publish":
                number += 1
                published.add((dice.choice("pqr"), f"{dice.choice('av')}{number}"))
            case "consume" if published - set(consumed):
                wanted = dice.sample(sorted(published - set(consumed)), 1)
                consumed |= dict(zip(wanted, pair.consume(*wanted), strict=True))
            case "close" if consumed:
                source = dice.choice(sorted(consumed))
                pair.close(consumed.pop(source))
            case "end" if published:
                peer, mid = dice.choice(sorted(published))
                published.discard((peer, mid))
                pair.janus.published(peer, {m for p, m in published if p == peer})
            case "leave" if published:
                peer = dice.choice(sorted(published))[0]
                published = {source for source in published if source[0] != peer}
                pair.janus.gone(peer)
            case "restart":
                pair.restart()
        assert published & set(consumed) <= pair.janus.sending() <= set(consumed)
        assert len(set(consumed.values())) == len(consumed), "two streams at one mid"
        for source, mid in consumed.items():
            slot = pair.bridge.slots.of_source(source)
            assert slot is None or slot.mid == mid
    for mid in consumed.values():
        pair.close(mid)
    assert pair.janus.sending() == set()


@pytest.mark.parametrize("text", ["", "v=0\r\n", "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\n", "v=0\r\nm=audio 9 X 111\r\n"])
def test_a_first_offer_that_cannot_be_used_is_named(text: str) -> None:
    with pytest.raises(InvalidRequest):
        ReceiveBridge.first(text, FakeSubscriber().offer())


def test_what_does_not_match_the_transport_changes_nothing() -> None:
    pair = Pair()
    pair.consume(("ann", "v1"))
    before = pair.bridge.dump()
    other = Browser().first_offer()
    with pytest.raises(InvalidRequest, match="m-lines"):
        pair.bridge.answered(other)
    with pytest.raises(InvalidRequest, match="m-lines"):
        pair.bridge.closing(["2"], other)
    assert pair.bridge.dump() == before


def damaged(text: str, dice: random.Random) -> str:
    lines = text.split("\r\n")
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        match dice.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 2:
                lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
            case 3:
                lines[at] = lines[at].replace(" ", "  ")
        lines = lines or [""]
    return "\r\n".join(lines)


@pytest.mark.parametrize("seed", range(300))
def test_damaged_descriptions_are_refused_or_taken_but_never_our_fault(seed: int) -> None:
    dice = random.Random(seed)
    with contextlib.suppress(InvalidRequest):
        ReceiveBridge.first(damaged(Browser().first_offer(), dice), FakeSubscriber().offer()).for_sfu()
    pair = Pair()
    pair.consume(("ann", "v1"))
    pair.janus.update([("ann", "a2")], [])
    pair.offered()
    with contextlib.suppress(InvalidRequest):
        pair.bridge.answered(damaged(pair.browser.answer(pair.bridge.for_client("actpass")), dice))
        pair.bridge.for_sfu()
    with contextlib.suppress(InvalidRequest):
        pair.bridge.closing(["2"], damaged(pair.browser.closing_offer({"2"}), dice))
        pair.bridge.for_client("passive")
    offer = send_offer(("video", "2", "sendonly"))
    with contextlib.suppress(InvalidRequest, SfuError):
        bad = damaged(offer, dice)
        send_sdp.for_client(send_sdp.for_sfu(bad, {"2"}), answer_to(bad))
