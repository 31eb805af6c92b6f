"""Owns the metrics that /metrics shows; whoever knows a figure sets it here."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Histogram(
    "roomtape_http_request_seconds",
    "Time until the answer was sent, by method, route and status; _count counts the requests.",
    ["method", "route", "status"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)
SESSIONS = Gauge("roomtape_live_sessions", "Sessions that are live on this server.", registry=REGISTRY)
PEERS = Gauge("roomtape_live_peers", "Peers that are in a session on this server.", registry=REGISTRY)
ACTIVE_RECORDINGS = Gauge(
    "roomtape_active_recordings", "Recordings that are INVOKED, RECORDING or PAUSED.", registry=REGISTRY
)
FINISHED_RECORDINGS = Counter(
    "roomtape_recordings_finished", "Recordings that reached UPLOADED or ERRORED.", ["status"], registry=REGISTRY
)
RENDERS_RUNNING = Gauge("roomtape_renders_running", "Render processes that are running.", registry=REGISTRY)
RENDERS_WAITING = Gauge("roomtape_renders_waiting", "Recordings that wait for a render process.", registry=REGISTRY)
RENDER_SPEED = Gauge(
    "roomtape_render_speed",
    "Recorded seconds rendered per second, by kind, at the last render.",
    ["kind"],
    registry=REGISTRY,
)
