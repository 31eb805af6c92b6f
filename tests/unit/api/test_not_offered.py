from __future__ import annotations

import inspect
import re
from pathlib import Path

from cloudflare.resources import realtime_kit

from roomtape.api.not_offered import NOT_OFFERED
from tests.support.api import House


async def test_each_is_refused_with_a_sentence(api: House) -> None:
    for method, path, what in NOT_OFFERED:
        url = f"{api.kit}/{re.sub('{[a-z_]+}', 'some-id', path)}"
        answer = await api.client.request(method, url)
        assert answer.status_code == 501, f"{method} {path}"
        assert answer.json()["errors"][0]["code"] == 1501
        assert what in answer.json()["errors"][0]["message"]


_TOKENS = "/accounts/{account_id}/realtime/kit-tokens"


def official() -> set[tuple[str, str]]:
    """Every method and path of the official SDK, read from its source."""
    found = set()
    for file in Path(inspect.getfile(realtime_kit)).parent.glob("*.py"):
        calls = re.findall(r'self\._(get|post|put|patch|delete)\(\s*path_template\(\s*"([^"]+)"', file.read_text())
        found |= {(method.upper(), path) for method, path in calls}
    return found


async def test_every_official_endpoint_is_offered_or_refused_by_name(api: House) -> None:
    offered = {
        (method.upper(), path.removeprefix("/client/v4"))
        for path, methods in (await api.client.get("/openapi.json")).json()["paths"].items()
        for method in methods
        if path.startswith("/client/v4/accounts/")
    }
    refused = {(m, f"/accounts/{{account_id}}/realtime/kit/{{app_id}}/{path}") for m, path, _ in NOT_OFFERED}
    kit = "/accounts/{account_id}/realtime/kit/{app_id}"
    deliveries = f"{kit}/webhooks/{{webhook_id}}/deliveries"
    ours = {
        *((method, f"{kit}/recording-config") for method in ("GET", "PUT", "PATCH")),
        *((method, f"{_TOKENS}{below}") for method, below in (("GET", ""), ("POST", ""), ("DELETE", "/{token_id}"))),
        ("GET", f"{kit}/recordings/{{recording_id}}/manifest"),
        ("PUT", f"{kit}/recordings/{{recording_id}}/storage"),
        ("POST", f"{kit}/storage/test"),
        ("GET", f"{kit}/webhooks/all"),  # documented, though the SDK has no method for it
        ("GET", deliveries),
        ("GET", f"{deliveries}/{{delivery_id}}"),
        ("POST", f"{deliveries}/{{delivery_id}}/repeat"),
    }
    assert ours <= offered
    assert len(official()) == 54
    assert official() == (offered | refused) - ours
    assert not offered & refused


def test_the_table_in_the_documentation_is_complete() -> None:
    text = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text("utf-8")
    refused = {(m, f"/accounts/{{account_id}}/realtime/kit/{{app_id}}/{path}") for m, path, _ in NOT_OFFERED}
    rows = re.findall(r"^\| `(\w+) ([^`]+)` \| (offered|not yet)", text, re.MULTILINE)
    prefix = "/accounts/{account_id}/realtime/kit"
    table = {(method, path.replace("…", prefix)): state for method, path, state in rows}
    assert set(table) == official()
    assert {row for row, state in table.items() if state == "not yet"} == refused
