from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from roomtape.bench import report
from roomtape.bench.figure import alone, compared

COMPOSITE = compared("composite_cpu", "a minute's composite", "s", "ffmpeg", [(12, 10), (15, 10), (20, 10)])
BROWSER = compared("composite_cpu_browser", "a minute's composite", "s", "browser", [(15, 40)])
START = alone("start_latency", "INVOKED to RECORDING", "ms", [120.4])


def shown(width: int = 120) -> str:
    out = io.StringIO()
    report.show([COMPOSITE, BROWSER, START], {"cores": 2, "janus": ""}, Console(file=out, width=width))
    return out.getvalue()


def test_the_table_tells_medians_ratio_and_spread() -> None:
    lines = shown().splitlines()
    assert " ".join(lines[1].split()) == "a minute's composite s 15.0 10.0 1.50 ffmpeg 1.20–2.00 (3)"
    assert " ".join(lines[2].split()) == "40.0 0.38 browser one run", "what stands above is not said again"
    assert " ".join(lines[3].split()) == "INVOKED to RECORDING ms 120 – – one run"
    assert lines[4] == "cores 2"


def test_figures_are_kept_until_they_are_made_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.json"
    report.save(path, [COMPOSITE, START], {"cores": 2}, quick=True)
    report.save(path, [alone("start_latency", "INVOKED to RECORDING", "ms", [50])], {"cores": 4}, quick=False)
    kept = {f["name"]: f for f in json.loads(path.read_text())["figures"]}
    assert kept["composite_cpu"]["ratio"] == {"median": 1.5, "lowest": 1.2, "highest": 2.0, "count": 3}
    assert kept["composite_cpu"]["runs"] == [[12, 10], [15, 10], [20, 10]]
    assert (kept["composite_cpu"]["quick"], kept["composite_cpu"]["machine"]) == (True, {"cores": 2})
    assert (kept["start_latency"]["quick"], kept["start_latency"]["ours"]["median"]) == (False, 50)
    assert [p.name for p in path.parent.iterdir()] == ["results.json"]


@pytest.mark.parametrize("junk", ["", "[]", '{"figures": [1]}', "{"])
def test_an_earlier_file_that_is_something_else_is_replaced(tmp_path: Path, junk: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(junk)
    report.save(path, [START], {}, quick=False)
    assert len(json.loads(path.read_text())["figures"]) == 1
