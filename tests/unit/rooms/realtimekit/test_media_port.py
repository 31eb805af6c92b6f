import inspect

import pytest

from roomtape.rooms.realtimekit.media_port import MediaRooms, PeerMedia
from roomtape.rooms.realtimekit.sdk_peer import SdkPeer
from roomtape.rooms.realtimekit.transports import SdkMedia


@pytest.mark.parametrize(("port", "made"), [(PeerMedia, SdkPeer), (MediaRooms, SdkMedia)])
def test_what_is_built_offers_all_of_the_port(port: type, made: type) -> None:
    names = [name for name, value in vars(port).items() if inspect.isfunction(value) and not name.startswith("_")]
    assert names
    for name in names:
        assert (
            inspect.signature(getattr(made, name)).parameters.keys()
            == inspect.signature(getattr(port, name)).parameters.keys()
        )
        assert inspect.iscoroutinefunction(getattr(made, name)) == inspect.iscoroutinefunction(getattr(port, name))
