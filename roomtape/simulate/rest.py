"""Owns adding participants to a meeting through the REST API, to get tokens for simulated ones."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from roomtape.errors import DestinationError

TIMEOUT_S = 15.0


@dataclass(frozen=True)
class MeetingAccess:
    """Where a meeting is and what lets us add participants to it."""

    url: str
    account_id: str
    app_id: str
    meeting_id: str
    api_token: str


async def add_participant(client: httpx.AsyncClient, access: MeetingAccess, name: str, preset: str) -> str:
    """Add one participant and return their token. Raises DestinationError, in the server's words, if it refuses."""
    path = f"/client/v4/accounts/{access.account_id}/realtime/kit/{access.app_id}"
    url = f"{access.url.rstrip('/')}{path}/meetings/{access.meeting_id}/participants"
    body = {"name": name, "preset_name": preset, "custom_participant_id": name.lower().replace(" ", "-")}
    headers = {"Authorization": f"Bearer {access.api_token}"}
    try:
        response = await client.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise DestinationError(f"{url} cannot be reached: {error or type(error).__name__}") from error
    if not response.is_success:
        raise DestinationError(f"{url} answered {response.status_code}: {response.text[:300].strip()}")
    try:
        return str(response.json()["data"]["token"])
    except (ValueError, KeyError, TypeError):
        raise DestinationError(f"{url} answered without a token; is this a Roomtape server?") from None
