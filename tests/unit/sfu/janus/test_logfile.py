from __future__ import annotations

from pathlib import Path

from roomtape.sfu.janus.logfile import LogFile


def test_a_writer_goes_on_after_a_trim(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "sub" / "janus.log", limit=100)
    with log.open() as out:
        out.write(b"x" * 100)
        log.trim()
        assert log.path.stat().st_size == 100
        out.write(b"y")
        log.trim()
        out.write(b"new\n")
    assert log.path.read_bytes() == b"new\n"
    assert log.path.with_name("janus.log.1").read_bytes() == b"x" * 100 + b"y"


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "janus.log")
    assert log.tail() == ""
    log.trim()
    log.path.write_bytes(b"".join(b"line %d\n" % i for i in range(5000)) + b"\xff end\n")
    assert log.tail(2).splitlines() == ["line 4999", "\N{REPLACEMENT CHARACTER} end"]
