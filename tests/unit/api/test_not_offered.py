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


def table() -> dict[tuple[str, str], str]:
    """The table in the documentation: method and path, and how its state begins."""
    text = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text("utf-8")
    text = text.partition("\n## Endpoints\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+) (…[^`]*)` \| (offered|501|an extension)", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| `\w+ …", text, re.MULTILINE)), "a row without a state"
    found = {(method, path.replace("…", "/accounts/{account_id}/realtime/kit")): state for method, path, state in rows}
    assert len(found) == len(rows), "a row that is there twice"
    return found


async def offered(api: House) -> set[tuple[str, str]]:
    """What the description lists below an account."""
    return {
        (method.upper(), path.removeprefix("/client/v4"))
        for path, methods in (await api.client.get("/openapi.json")).json()["paths"].items()
        for method in methods
        if path.startswith("/client/v4/accounts/")
    }


async def test_the_table_in_the_documentation_is_what_the_sdk_has_and_the_server_does(api: House) -> None:
    rows = table()
    assert len(official()) == 54
    assert {row for row, state in rows.items() if state != "an extension"} == official()
    assert {row for row, state in rows.items() if state != "501"} == await offered(api)
    kit = "/accounts/{account_id}/realtime/kit/{app_id}"
    assert {row for row, state in rows.items() if state == "501"} == {(m, f"{kit}/{p}") for m, p, _ in NOT_OFFERED}
