from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from roomtape.rooms.realtimekit import wire

HERE = Path(wire.__file__).parent


def test_the_module_is_made_of_the_schema(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE}", f"--python_out={tmp_path}"]
    subprocess.run([*command, f"--pyi_out={tmp_path}", str(HERE / "schema.proto")], check=True)
    for name in ("schema_pb2.py", "schema_pb2.pyi"):
        assert (tmp_path / name).read_text() == (HERE / name).read_text(), "run scripts/proto"
