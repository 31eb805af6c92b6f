from __future__ import annotations

from roomtape.api.not_offered import NOT_OFFERED
from tests.support.api import House


async def test_a_browser_may_ask_from_any_page(api: House) -> None:
    headers = {
        "Origin": "https://meet.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,tracing-id,x-realtimekit-version,traceparent",
    }
    answer = await api.client.options(f"{api.kit}/recordings/some", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "tracing-id", "traceparent"))
    assert "Access-Control-Allow-Credentials" not in answer.headers

    refused = await api.client.get(
        f"{api.kit}/recordings", headers={"Origin": "https://meet.example", "Authorization": ""}
    )
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in refused.headers["Access-Control-Expose-Headers"]


async def test_openapi_lists_what_is_offered_and_how_to_authorize(api: House) -> None:
    found = (await api.client.get("/openapi.json")).json()
    kit = "/client/v4/accounts/{account_id}/realtime/kit/{app_id}"
    assert set(found["paths"][f"{kit}/meetings/{{meeting_id}}"]) == {"get", "patch", "put"}
    assert "/bucket/{path}" in found["paths"]
    assert not any(f"{kit}/{path}" in found["paths"] for _, path, what in NOT_OFFERED if what == "livestreams")
    start = found["paths"][f"{kit}/recordings"]["post"]
    assert start["security"] == [{"HTTPBearer": []}]
    assert {p["name"] for p in start["parameters"]} == {"account_id", "app_id"}
    assert start["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/StartRecording")
