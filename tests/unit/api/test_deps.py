from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from fastapi import APIRouter, Request

from roomtape.api.deps import Deps, deps_of
from tests.support.api import house


async def test_a_request_gets_at_what_the_app_was_made_with(tmp_path: Path) -> None:
    found: list[Deps] = []
    router = APIRouter()

    @router.get("/probe")
    async def probe(request: Request) -> None:
        found.append(deps_of(request))

    async with house(tmp_path, (router,)) as api:
        assert (await api.client.get("/probe")).status_code == 200
        assert found[0].db is api.db
    with pytest.raises(FrozenInstanceError):
        found[0].db = api.db  # type: ignore[misc]
