"""Owns the app endpoints: list and create."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from roomtape.api.auth import WithAccount
from roomtape.api.bodies import Body
from roomtape.api.paging import PageQuery, Search, SortOrder, iso, success
from roomtape.api.paths import KIT
from roomtape.clock import now_us, to_datetime
from roomtape.db import apps as rows
from roomtape.domain.ids import new_id
from roomtape.domain.meeting import App

router = APIRouter(prefix=KIT + "/apps", tags=["Apps"])


class NewApp(Body):
    """Body of POST …/apps."""

    name: Annotated[str, Field(min_length=1, max_length=255)]


@router.get("", summary="List apps")
async def find(
    account: WithAccount, page: PageQuery, search: Search | None = None, sort_order: SortOrder = "DESC"
) -> dict[str, Any]:
    """List an account's apps by the time of their creation; `search` looks in the name."""
    found, total = await rows.find(
        account.deps.db,
        account.account_id,
        search=search,
        newest_first=sort_order == "DESC",
        offset=page.offset,
        limit=page.size,
    )
    return success([_body(app) for app in found], paging=page.paging(found, total))


@router.post("", status_code=201, summary="Create an app")
async def create(account: WithAccount, body: NewApp) -> dict[str, Any]:
    """Create an app; it has the default presets from the start."""
    app = App(new_id(), account.account_id, body.name, to_datetime(now_us()))
    await rows.insert(account.deps.db, app)
    return success({"app": _body(app)})


def _body(app: App) -> dict[str, Any]:
    return {"id": app.id, "name": app.name, "created_at": iso(app.created_at)}
