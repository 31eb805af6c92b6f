import socket
from pathlib import Path

from roomtape.bench import facts


def test_facts_describe_the_machine_without_naming_it() -> None:
    found = facts.facts()
    assert found["cores"] >= 1
    assert found["cpu"]
    assert str(found["ffmpeg"])[0].isdigit()
    text = " ".join(map(str, found.values())).split()
    assert socket.gethostname() not in text
    assert not any(str(Path.cwd()) in word for word in text)


def test_a_tool_that_is_not_there_has_no_version() -> None:
    assert facts._said("no-such-tool", "-v") == ""
    assert facts._said("false", "-v") == ""
