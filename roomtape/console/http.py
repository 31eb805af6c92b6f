"""Owns the web pages' addresses: the start page, meetings, storages, operations, and the files that these load."""

from __future__ import annotations

import asyncio
import mimetypes
from importlib.resources import as_file, files

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from roomtape.console import page
from roomtape.console.packages import BESIDE_OUR_CODE, EMOJI, FONT, SDK, UI, Packages, emoji_index
from roomtape.errors import NotFound, OurError
from roomtape.settings import Settings

log = structlog.get_logger()

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".map": "application/json"}
_FILES = frozenset(
    {
        "start.css", "start.js", "storage.css", "storage.js", "storages.js", "api.js", "meet.css", "meet.js",
        "redirect.js", "help.html", "no-font.css", "icon.svg",
        "join.mp3", "message.mp3", "speaker.mp3", "permission-1.svg", "permission-2.svg", "permission-3.svg",
    }
)  # fmt: skip
_FONT_WEIGHTS = (400, 500, 700)
_NOSNIFF = {"X-Content-Type-Options": "nosniff"}


def router(settings: Settings) -> APIRouter:
    """Return the routes of the pages and their files."""
    routes = APIRouter(include_in_schema=False)
    packages = Packages(settings.web_modules_dir or BESIDE_OUR_CODE)

    @routes.get("/")
    async def start() -> HTMLResponse:
        return page.render("start.html", page.START_POLICY)

    @routes.get("/storage")
    async def storage() -> HTMLResponse:
        """Return the page that tests whether recordings can go where they shall."""
        return page.render("storage.html", page.START_POLICY)

    @routes.get("/docs")
    async def operations() -> HTMLResponse:
        """Return a page that lists the operations of /openapi.json; it loads nothing from elsewhere."""
        return page.render("docs.html", page.DOCS_POLICY)

    @routes.get("/meet/{meeting_id}")
    async def meet(request: Request, meeting_id: str) -> HTMLResponse:
        """Return the meeting page; who may come in is asked of the API by the page, with the token in its address."""
        policy = page.meeting_policy(request.headers.get("Host", ""), settings.base_uri, settings.public_url)
        try:
            values = _addresses(packages)
        except OurError as error:
            log.error("the meeting page cannot be shown", error=str(error))
            return page.render("missing.html", page.START_POLICY, status=503)
        return page.render("meet.html", policy, values | {"base_uri": settings.base_uri or ""})

    @routes.get("/assets/{address:path}")
    async def asset(address: str) -> FileResponse:
        """Return a file of an npm package."""
        file = await asyncio.to_thread(packages.file, address)
        kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
        return FileResponse(file, media_type=kind, headers={"Cache-Control": _FOR_EVER} | _NOSNIFF)

    @routes.get("/console/emojis.json")
    async def emojis() -> Response:
        """Return the emoji list in the UI kit's own shape."""
        source = packages.file(packages.address(EMOJI, "data-by-emoji.json"))
        text = await asyncio.to_thread(emoji_index, source)
        return Response(text, media_type="application/json", headers={"Cache-Control": "public, max-age=86400"})

    @routes.get("/console/{name}")
    async def own_file(name: str) -> FileResponse:
        """Return a file of our own pages."""
        if name not in _FILES:
            raise NotFound("the pages have no such file")
        with as_file(files("roomtape.console").joinpath("pages", name)) as file:
            kind = _TYPES.get(file.suffix) or mimetypes.guess_type(name)[0]
            return FileResponse(file, media_type=kind, headers={"Cache-Control": _ASK_FIRST} | _NOSNIFF)

    @routes.get("/favicon.ico")
    async def favicon() -> FileResponse:
        return await own_file("icon.svg")

    return routes


def _addresses(packages: Packages) -> dict[str, str]:
    """Return where the meeting page finds its packages. Raises OurError when one is not installed."""
    values = {
        "sdk": packages.address(SDK, "dist/browser.js"),
        "ui": packages.address(UI, "dist/realtimekit-ui/realtimekit-ui.esm.js"),
    }
    values |= {f"font_{weight}": packages.address(FONT, f"{weight}.css") for weight in _FONT_WEIGHTS}
    return {name: f"/assets/{address}" for name, address in values.items()}
