"""Owns what a figure depends on: the machine's processor and the versions of what was measured; no names, no paths."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

_CPUINFO = Path("/proc/cpuinfo")
_TOOLS = {"ffmpeg": "-version", "janus": "--version"}
_VERSION = re.compile(r"\d+\.\d+\S*[^\s)]")
_SAY_WITHIN_S = 10


def facts() -> dict[str, str | int | float]:
    """Return the facts, to be shown and kept with the figures. `load` is that of the last minute, a core's being 1."""
    return {
        "cores": os.cpu_count() or 1,
        "cpu": _model(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "roomtape": version("roomtape"),
        "av": version("av"),
        **{tool: _said(tool, argument) for tool, argument in _TOOLS.items()},
    }


def _model() -> str:
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _said(tool: str, argument: str) -> str:
    """Return the version that a tool tells, "" where the tool is not there."""
    try:
        done = subprocess.run((tool, argument), capture_output=True, text=True, timeout=_SAY_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.search(done.stdout or done.stderr)
    return found[0] if found else ""
