from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from roomtape import openfiles

SHOW = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"


@pytest.fixture(autouse=True)
def limits() -> object:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_soft_limit_becomes_the_hard_one_up_to_a_bound() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    expected = openfiles.MOST if hard == resource.RLIM_INFINITY else min(hard, openfiles.MOST)
    assert openfiles.allow_many() == expected
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (expected, hard)


def test_another_process_gets_its_own() -> None:
    child = subprocess.Popen([sys.executable, "-c", f"input(); {SHOW}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    soft = openfiles.allow_many(child.pid)
    told, _ = child.communicate(b"\n")
    assert int(told.split()[0]) == soft
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= 1024


def test_a_process_that_is_gone_is_an_error() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    with pytest.raises(OSError, match="No such process"):
        openfiles.allow_many(child.pid)
