"""Owns what the tests of recorded pages stand on: one site and one server for all files that a worker runs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.pagesite import Site, page_site
from tests.support.server import Server, running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site() -> AsyncIterator[Site]:
    async with page_site() as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    settings = {
        "ROOMTAPE_CAPTURE_RETENTION_HOURS": "1",
        "ROOMTAPE_PAGE_ALLOW": "127.0.0.1",
        "ROOMTAPE_EMPTY_STOP_S": "600",
    }
    # Most of these pages record a meeting in which nobody is.
    settings |= {"ROOMTAPE_SESSION_KEEP_ALIVE_S": "600"}
    async with running(tmp_path_factory.mktemp("pages") / "data", **settings) as started:
        yield started
