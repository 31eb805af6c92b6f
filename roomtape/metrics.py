"""Owns the figures that /metrics shows: what each is called and what it means."""

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
SOCKETS = Gauge("roomtape_sdk_sockets", "Sockets of official clients that are open.", registry=REGISTRY)
SOCKETS_CLOSED = Counter(
    "roomtape_sdk_sockets_closed", "Sockets of official clients that ended, by close code.", ["code"], registry=REGISTRY
)
RECORDINGS = Gauge(
    "roomtape_recordings",
    "Recordings in the database by status; UPLOADED and ERRORED are final.",
    ["status"],
    registry=REGISTRY,
)
ACTIVE_RECORDINGS = Gauge(
    "roomtape_active_recordings", "Recordings that are INVOKED, RECORDING or PAUSED.", registry=REGISTRY
)
RENDERS_RUNNING = Gauge("roomtape_renders_running", "Render processes that are running.", registry=REGISTRY)
RENDERS_WAITING = Gauge("roomtape_renders_waiting", "Recordings that wait for a render process.", registry=REGISTRY)
PAGES = Gauge("roomtape_page_recorders", "Recordings of pages whose browser is looked after.", registry=REGISTRY)
PAGE_TROUBLES = Counter(
    "roomtape_page_events", "What happened to recorded pages: crashed, hung, …, back.", ["what"], registry=REGISTRY
)
RTMP_STREAMS = Gauge(
    "roomtape_rtmp_streams",
    "Live streams of recordings since the server's start, by state; ended and refused send nothing.",
    ["state"],
    registry=REGISTRY,
)
RTMP_LOST = Counter("roomtape_rtmp_lost", "Connections to RTMP servers that failed or were lost.", registry=REGISTRY)
WEBHOOK_ATTEMPTS = Counter(
    "roomtape_webhook_attempts",
    "Attempts to tell webhooks, by outcome: delivered, retried (it is made again), failed (refused or given up).",
    ["outcome"],
    registry=REGISTRY,
)
WEBHOOK_WAITING = Gauge("roomtape_webhook_deliveries_waiting", "Deliveries that are not made yet.", registry=REGISTRY)
