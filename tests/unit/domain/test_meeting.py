from datetime import UTC, datetime
from typing import Any

from roomtape.domain.meeting import Preset


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
