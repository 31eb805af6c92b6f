import inspect

import pytest

from roomtape.recordings import port
from roomtape.render.runner import RenderRunner
from roomtape.rooms.service import Rooms


@pytest.mark.parametrize(("asked", "offered"), [(port.Rooms, Rooms), (port.Runner, RenderRunner)])
def test_what_recordings_ask_for_is_offered(asked: type, offered: type) -> None:
    methods = [name for name, value in vars(asked).items() if inspect.isfunction(value) and not name.startswith("_")]
    assert methods
    for name in methods:
        wanted, given = inspect.signature(getattr(asked, name)), inspect.signature(getattr(offered, name))
        assert list(wanted.parameters) == list(given.parameters), name
