from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from roomtape.api.auth import Access
from roomtape.api.deps import Deps
from roomtape.api.v2.access import identity_of
from roomtape.domain.meeting import App
from roomtape.errors import Unauthorized
from tests.support.api import House

SENT = "authorization,content-type,tracing-id,x-realtimekit-version,traceparent"


def test_an_organization_is_no_participant() -> None:
    app = App("app-1", "account-1", "Roomtape", datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(Unauthorized):
        identity_of(Access(cast("Deps", None), app))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_pages_of_any_origin_may_ask_with_the_headers_of_the_sdk(api: House, method: str) -> None:
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": SENT,
    }
    for path in ("/v2/internals/participant-details", "/iceservers", "/v2/recordings/x", "/otel/logs", "/"):
        answer = await api.client.options(path, headers=headers)
        assert answer.status_code == 200, path
        assert method in answer.headers["Access-Control-Allow-Methods"]
        assert set(SENT.split(",")) <= {h.strip() for h in answer.headers["Access-Control-Allow-Headers"].split(",")}
