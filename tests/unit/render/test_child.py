from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from roomtape.render import child, process


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=30
    )


def test_a_folder_is_held_by_one_process(tmp_path: Path) -> None:
    code = "import pathlib, sys; from roomtape.render import child; "
    code += "hold = child.lock(pathlib.Path(sys.argv[1])); print(hold.__enter__())"
    work = tmp_path / "not" / "there"
    with child.lock(work) as held:
        assert held
        assert python(code, work).stdout == "False\n"
    assert python(code, work).stdout == "True\n"


def test_a_process_whose_parent_is_another_one_ends() -> None:
    code = "import sys; from roomtape.render.child import die_with; die_with(int(sys.argv[1])); print('lives')"
    assert python(code, os.getpid()).stdout == "lives\n"
    ended = python(code, 1)
    assert (ended.returncode, ended.stdout) == (1, "")


def test_each_process_complains_in_a_file_of_its_own() -> None:
    assert len({child.ERROR, child.error_name(1), child.error_name(2)}) == 3


def test_the_command_is_that_of_the_render_process() -> None:
    assert (sys.executable, "-m", process.__name__) == child.COMMAND
