"""Owns the HTTP application: all doors of the server put together."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from roomtape.api import (
    accounts,
    active_session,
    analytics,
    app_config,
    apps,
    auth,
    bucket,
    errors,
    manifests,
    meetings,
    metadata,
    not_offered,
    openapi,
    participants,
    presets,
    recordings,
    sessions,
    storage,
    system,
    tokens,
    webhooks,
)
from roomtape.api.deps import Deps
from roomtape.api.middleware import Guard
from roomtape.api.rate_limit import RateLimit
from roomtape.api.v2 import chat_files, participant, telemetry
from roomtape.api.v2 import not_offered as v2_not_offered
from roomtape.api.v2 import recordings as v2_recordings
from roomtape.console import http as console
from roomtape.storage.chatfiles import DOOR

_ABOUT = "Records meetings. The paths under /client/v4 are those of the Cloudflare RealtimeKit API."
_RESOURCES = (
    accounts,
    tokens,
    apps,
    app_config,
    not_offered,
    meetings,
    participants,
    active_session,
    presets,
    sessions,
    analytics,
    recordings,
    manifests,
    metadata,
    storage,
    webhooks,
)
_PARTICIPANTS = (participant, v2_recordings, chat_files, v2_not_offered)
_EXPOSED = ["Location", "ETag", "Link", "Accept-Patch", "Content-Range", "Content-Disposition", "Retry-After"]


def create_app(deps: Deps) -> FastAPI:
    """Return the application that serves everything of `deps`."""
    app = FastAPI(title="Roomtape", version=version("roomtape"), description=_ABOUT, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    app.state.deps = deps
    errors.install(app)
    openapi.install(app)
    app.include_router(system.router)
    app.include_router(bucket.router)
    app.include_router(webhooks.key_router)
    for resource in _RESOURCES:
        app.include_router(resource.router, dependencies=[auth.documented])
    for resource in _PARTICIPANTS:
        app.include_router(resource.router)
    app.include_router(telemetry.router)
    app.include_router(console.router(deps.settings))
    for router in deps.routers:
        app.include_router(router)
    app.add_middleware(telemetry.LocationHosts)
    app.add_middleware(RateLimit, per_s=deps.settings.rate_per_s, burst=deps.settings.rate_burst)
    app.add_middleware(Guard, files_under=DOOR, largest_file=deps.settings.chat_file_max_mb << 20)
    # No cookies are used anywhere, so a page of any origin may call with a token that it has.
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=_EXPOSED
    )
    return app
