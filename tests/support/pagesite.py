"""Owns a small web site of pages that tests let record: the sample recorder as it is built, and made-up pages."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from roomtape.media import testpicture
from tests.support.asgi import listening

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "custom-recorder"
FIXTURES = ROOT / "tests" / "fixtures"


@dataclass(frozen=True)
class Site:
    """A running site; `host` is where it is, `address:port`."""

    host: str

    def sample(self, server_url: str) -> str:
        """Return the address of the sample recorder for a server without host names."""
        return f"http://{self.host}/sample/index.html?" + urlencode({"server": server_url})

    def show(self, page: str = "show", **asked: object) -> str:
        """Return the address of a page that shows and plays what is `asked` (see fixtures/pages/show.html).

        `page` may be `elsewhere` instead, which is the same for a visitor.
        """
        return f"http://{self.host}/{page}.html?" + urlencode(asked)


@asynccontextmanager
async def page_site() -> AsyncIterator[Site]:
    """Build the sample recorder and serve all pages on loopback until the end of the block."""
    built = subprocess.run(["node", "build.js"], cwd=SAMPLE, capture_output=True, text=True, timeout=60, check=False)
    assert built.returncode == 0, built.stderr
    routes = [
        Mount("/sample", StaticFiles(directory=SAMPLE / "dist")),
        Route("/show.html", _page),
        Route("/elsewhere.html", _page),
        Route("/signal.js", _script),
        Route("/geometry.json", _geometry),
    ]
    async with listening(Starlette(routes=routes)) as host:
        yield Site(host)


async def _page(_: Request) -> Response:
    return FileResponse(FIXTURES / "pages" / "show.html")


async def _script(request: Request) -> Response:
    return FileResponse(FIXTURES / request.url.path.strip("/"))


async def _geometry(_: Request) -> Response:
    return JSONResponse(testpicture.geometry())
