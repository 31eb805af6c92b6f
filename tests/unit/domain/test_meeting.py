from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from roomtape.domain.meeting import Peer, Preset


def preset(permissions: dict[str, Any]) -> Preset:
    now = datetime.now(UTC)
    return Preset("1", "app", "host", {"permissions": permissions}, now, now)


def test_a_role_may_only_what_it_says() -> None:
    host = preset({"can_record": True, "media": {"audio": {"can_produce": "ALLOWED"}, "video": {"can_produce": "NO"}}})
    assert host.can_record
    assert host.may_produce("audio")
    assert not host.may_produce("video")
    assert not host.may_produce("screenshare")
    assert not host.hidden


def test_what_is_not_said_is_not_allowed() -> None:
    nobody = preset({})
    assert not nobody.can_record
    assert not nobody.may_produce("audio")
    assert not preset({"can_record": "yes"}).can_record
    assert preset({"hidden_participant": True}).hidden


def test_a_peer_was_in_for_all_its_stays_and_still_is() -> None:
    came = datetime(2026, 3, 1, 12, tzinfo=UTC)
    peer = Peer("1", "s", "p", None, "Ada", None, "host", False, came, None, None, None, None, 0, False, before_s=30.0)
    minute = timedelta(minutes=1)
    assert peer.seconds_in(came + minute) == 90
    assert replace(peer, left_at=came + 2 * minute).seconds_in(came + 9 * minute) == 150
