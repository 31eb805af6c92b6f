"""Owns the list of accounts that an API token opens: with nothing but its token a client finds its way from here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from roomtape.api.auth import bearer
from roomtape.api.deps import FromDeps
from roomtape.api.paging import LAST_PAGE
from roomtape.db import tokens
from roomtape.errors import Unauthorized

router = APIRouter(tags=["Accounts"])


@router.get("/client/v4/accounts", summary="List the accounts of the API token")
async def find(request: Request, deps: FromDeps, page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1) -> dict[str, Any]:
    """List the one account that the token opens. In `result`, as this part of the public API has it."""
    token = await tokens.by_secret(deps.db, bearer(request))
    if token is None:
        raise Unauthorized("this is not a valid API token of this server; the first one is in bootstrap.json")
    account = {"id": token.account_id, "name": token.account_id, "type": "standard"}
    # Clients ask for page after page until one is empty.
    found = [account] if page == 1 else []
    about = {"page": page, "per_page": 20, "count": len(found), "total_count": 1, "total_pages": 1}
    return {"success": True, "errors": [], "messages": [], "result": found, "result_info": about}
