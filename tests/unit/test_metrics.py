from __future__ import annotations

from prometheus_client import generate_latest

from roomtape import metrics


def test_every_figure_is_shown_under_our_name() -> None:
    metrics.FINISHED_RECORDINGS.labels("UPLOADED").inc(0)
    metrics.RENDER_SPEED.labels("COMPOSITE").set(3.5)
    shown = generate_latest(metrics.REGISTRY).decode()
    for name in ("roomtape_renders_running", "roomtape_renders_waiting", "roomtape_live_sessions"):
        assert f"\n{name} " in shown
    assert 'roomtape_recordings_finished_total{status="UPLOADED"}' in shown
    assert 'roomtape_render_speed{kind="COMPOSITE"} 3.5' in shown
    assert "process_cpu_seconds_total" in shown
