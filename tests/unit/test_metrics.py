from __future__ import annotations

from prometheus_client import generate_latest

from roomtape import metrics


def test_every_figure_is_shown_under_our_name() -> None:
    metrics.RECORDINGS.labels("UPLOADED").set(3)
    metrics.RTMP_STREAMS.labels("live").set(2)
    shown = generate_latest(metrics.REGISTRY).decode()
    for name in (
        "renders_running",
        "renders_waiting",
        "live_sessions",
        "live_peers",
        "sdk_sockets",
        "active_recordings",
    ):
        assert f"\nroomtape_{name} " in shown
    assert 'roomtape_recordings{status="UPLOADED"} 3.0' in shown
    assert 'roomtape_rtmp_streams{state="live"} 2.0' in shown
    assert "roomtape_rtmp_lost_total " in shown
    assert "process_cpu_seconds_total" in shown
