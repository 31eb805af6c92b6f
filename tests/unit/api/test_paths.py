import inspect

from cloudflare.resources.realtime_kit import apps, meetings

from roomtape.api import paths


def test_the_official_sdk_asks_below_these_paths() -> None:
    """What stands before /client/v4 is the base URL that an application changes."""
    kit, app = (path.removeprefix("/client/v4") for path in (paths.KIT, paths.APP))
    assert f'"{kit}/apps"' in inspect.getsource(apps)
    assert f'"{app}/meetings"' in inspect.getsource(meetings)
