import inspect

from roomtape.recordings.supervisor import Supervisor
from roomtape.rooms.port import RoomListener


def test_the_supervisor_listens_to_all_that_rooms_tell() -> None:
    told = {name for name, _ in inspect.getmembers(RoomListener, inspect.isfunction) if not name.startswith("_")}
    for name in told:
        wanted = inspect.signature(getattr(RoomListener, name))
        assert list(inspect.signature(getattr(Supervisor, name)).parameters) == list(wanted.parameters), name
