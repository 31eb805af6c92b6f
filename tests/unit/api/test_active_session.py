from __future__ import annotations

import cloudflare
import pytest

from tests.support.api import House


def ids(api: House) -> dict[str, str]:
    return {"account_id": api.account_id, "app_id": api.app_id}


async def test_without_a_session_there_is_nothing_to_get_or_kick(api: House) -> None:
    meeting = await api.meeting()
    active = api.sdk().realtime_kit.active_session
    with pytest.raises(cloudflare.NotFoundError):
        await active.get_active_session(meeting, **ids(api))
    with pytest.raises(cloudflare.NotFoundError):
        await active.kick_participants(meeting, **ids(api), participant_ids=["a"], custom_participant_ids=[])
    with pytest.raises(cloudflare.NotFoundError):
        await active.kick_all_participants(meeting, **ids(api))


async def test_the_sdk_gets_the_session_and_kicks_by_either_id(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    peers = [await api.peer(session, custom_participant_id=f"user-{n}") for n in range(4)]
    api.rooms.live(session, *peers)
    active = api.sdk().realtime_kit.active_session

    got = await active.get_active_session(meeting, **ids(api))
    assert got.data is not None
    assert (got.data.id, got.data.status, got.data.live_participants) == (session.id, "LIVE", 1)

    kicked = await active.kick_participants(
        meeting, **ids(api), participant_ids=[peers[0].participant_id], custom_participant_ids=["user-2"]
    )
    assert kicked.data is not None
    assert kicked.data.action == "kick"
    assert [p.id for p in kicked.data.participants or []] == [peers[0].participant_id, peers[2].participant_id]
    assert api.rooms.kicked == [peers[0].id, peers[2].id]

    rest = await active.kick_all_participants(meeting, **ids(api))
    assert rest.data is not None
    assert rest.data.kicked_participants_count == 2
    assert api.rooms.sessions == {}


async def test_kicking_nobody_is_a_mistake(api: House) -> None:
    meeting = await api.meeting()
    session = await api.session(meeting)
    api.rooms.live(session, await api.peer(session))
    url = f"{api.kit}/meetings/{meeting}/active-session/kick"
    assert (await api.client.post(url, json={})).status_code == 422
    assert (await api.client.post(url, json={"participant_ids": "p"})).status_code == 422
    assert (await api.client.post(url, json={"participant_ids": ["nobody"]})).status_code == 404
    assert api.rooms.kicked == []
