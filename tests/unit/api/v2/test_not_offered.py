from __future__ import annotations

import pytest

from roomtape.api.v2.not_offered import NOT_OFFERED
from tests.support.api import House


@pytest.mark.parametrize(("method", "path", "what"), NOT_OFFERED)
async def test_each_is_refused_in_the_own_meeting_and_unknown_elsewhere(
    api: House, method: str, path: str, what: str
) -> None:
    meeting = await api.meeting()
    _, token = await api.participant(meeting)
    own = {"Authorization": f"Bearer {token}"}
    answer = await api.client.request(method, f"/v2/meetings/{meeting}/{path}", headers=own)
    assert answer.status_code == 501
    assert what in answer.json()["errors"][0]["message"]
    other = await api.client.request(method, f"/v2/meetings/{await api.meeting()}/{path}", headers=own)
    assert other.status_code == 404
    nobody = await api.client.request(method, f"/v2/meetings/{meeting}/{path}", headers={"Authorization": ""})
    assert nobody.status_code == 401
