from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from roomtape.console.http import router
from roomtape.console.packages import EMOJI, FONT, SDK, UI
from roomtape.settings import Settings
from tests.support.api import House

PAGES = files("roomtape.console") / "pages"


def client(folder: Path, **settings: str) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(router(Settings(data_dir=folder, web_modules_dir=folder / "node_modules", **settings)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8080")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A node_modules with made-up packages."""
    made = {
        SDK: {"dist/browser.js": "window.RealtimeKitClient = {};"},
        UI: {"dist/realtimekit-ui/realtimekit-ui.esm.js": "export {};"},
        FONT: {"400.css": "@font-face {}", "files/inter.woff2": "wOF2"},
        EMOJI: {"data-by-emoji.json": json.dumps({"😀": {"name": "grinning face"}})},
    }
    for package, contents in made.items():
        for name, text in {**contents, "package.json": '{"version": "9.8.7"}'}.items():
            file = tmp_path / "node_modules" / package / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/storage", "/docs"])
async def test_pages_load_nothing_from_elsewhere(api: House, path: str) -> None:
    answer = await api.client.get(path, headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not re.search(r"""(src|href)=["'](https?:)?//""", answer.text)
    assert "Roomtape" in answer.text


async def test_the_meeting_page_names_the_installed_versions_and_all_it_names_is_there(installed: Path) -> None:
    async with client(installed) as asked:
        answer = await asked.get("/meet/some-meeting?authToken=x")
        assert answer.status_code == 200
        assert "/assets/@cloudflare/realtimekit@9.8.7/dist/browser.js" in answer.text
        assert "ws://localhost:8080" in answer.headers["Content-Security-Policy"]
        assert 'data-base-uri=""' in answer.text
        for address in re.findall(r'(?:src|href)="(/[^"]+)"', answer.text):
            if "500.css" in address or "700.css" in address:
                continue  # not among the made-up ones
            assert (await asked.get(address)).status_code == 200, address


async def test_with_real_host_names_the_page_is_told_and_may_ask_them(installed: Path) -> None:
    async with client(installed, base_uri="rtk.example", public_url="https://rtk.example") as asked:
        answer = await asked.get("/meet/some-meeting")
    assert 'data-base-uri="rtk.example"' in answer.text
    assert "https://*.rtk.example wss://*.rtk.example" in answer.headers["Content-Security-Policy"]


async def test_without_the_packages_the_page_says_what_to_do(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        answer = await asked.get("/meet/some-meeting")
    assert answer.status_code == 503
    assert "make setup" in answer.text
    assert str(tmp_path) not in answer.text


async def test_packages_are_kept_for_ever_and_have_their_types(installed: Path) -> None:
    types = {
        "@cloudflare/realtimekit@9.8.7/dist/browser.js": "text/javascript",
        "@fontsource/inter@9.8.7/400.css": "text/css",
        "@fontsource/inter@9.8.7/files/inter.woff2": "font/woff2",
    }
    async with client(installed) as asked:
        for path, kind in types.items():
            answer = await asked.get(f"/assets/{path}")
            assert answer.headers["Content-Type"].startswith(kind)
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_paths_out_of_the_packages_lead_nowhere(api: House) -> None:
    for path in ("../package.json", "@cloudflare/realtimekit@2.0.2/%2e%2e/%2e%2e/%2e%2e/pyproject.toml", "x"):
        assert (await api.client.get(f"/assets/{path}")).status_code == 404
    for name in ("start.html", "..%2fhttp.py", "http.py"):
        assert (await api.client.get(f"/console/{name}")).status_code == 404


async def test_every_file_of_ours_is_served_and_asked_for_again(api: House) -> None:
    pages = {"start.html", "storage.html", "docs.html", "meet.html", "missing.html"}
    for file in PAGES.iterdir():
        if file.name in pages:
            continue
        answer = await api.client.get(f"/console/{file.name}", headers={"Authorization": ""})
        assert answer.status_code == 200, file.name
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["ETag"]


async def test_the_emoji_picker_gets_its_list(installed: Path) -> None:
    async with client(installed) as asked:
        answer = await asked.get("/console/emojis.json")
    assert answer.json() == {"search": "grinning face:0", "emojis": ["😀"]}


def test_the_pages_of_ours_name_no_other_host() -> None:
    """Addresses elsewhere stand in redirect.js alone, as those that are not to be asked."""
    for file in PAGES.iterdir():
        if file.name.endswith((".html", ".css", ".js")) and file.name != "redirect.js":
            found = re.findall(r"https?://[\w.-]+", file.read_text("utf-8"))
            assert set(found) <= {"http://localhost"}, file.name
