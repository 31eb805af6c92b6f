from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from roomtape.api.middleware import LARGEST_BODY
from tests.support.api import House

NOBODY = {"Authorization": "", "Origin": "https://app.example"}


@pytest.mark.parametrize("path", ["/otel/logs", "/api/v1/message"])
async def test_reports_are_taken_and_nothing_of_them_is_kept(
    api: House, tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {p for p in tmp_path.rglob("*") if not p.name.startswith("roomtape.db")}
    body = gzip.compress(b'{"secret-of-ada": 1}')
    answer = await api.client.post(path, content=body, headers={**NOBODY, "Content-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.json() == {"success": True}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {p for p in tmp_path.rglob("*") if not p.name.startswith("roomtape.db")} == before
    assert capsys.readouterr() == ("", "")
    too_large = await api.client.post(path, content=bytes(LARGEST_BODY + 1), headers=NOBODY)
    assert too_large.status_code == 413


@pytest.mark.parametrize("host", ["location.rtk.example", "location-legacy.rtk.example:8443"])
async def test_the_location_hosts_say_nowhere(api: House, host: str) -> None:
    for method in ("GET", "POST"):
        answer = await api.client.request(method, "/?token=x&peerId=y", headers={**NOBODY, "Host": host})
        assert answer.status_code == 200
        assert len(answer.json()["loc"]) > 5
        assert answer.json()["ip"] == ""


@pytest.mark.parametrize("host", ["rtk.example", "api.rtk.example", "localhost:8080", "my-location.example"])
async def test_other_hosts_have_the_start_page(api: House, host: str) -> None:
    answer = await api.client.get("/", headers={**NOBODY, "Host": host})
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("host", ["api.rtk.example", "socket-edge.rtk.example", "location.rtk.example", "10.0.0.1"])
async def test_paths_do_not_depend_on_the_host(api: House, host: str) -> None:
    assert (await api.client.get("/iceservers", headers={**NOBODY, "Host": host})).status_code == 401
    assert (await api.client.post("/otel/logs", headers={**NOBODY, "Host": host})).status_code == 200
