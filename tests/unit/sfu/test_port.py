import inspect

from roomtape.sfu.janus.adapter import JanusSfu
from roomtape.sfu.port import Sfu
from tests.support.sfu import FakeSfu


def test_janus_and_the_fake_offer_all_of_the_port() -> None:
    asked = {name for name, _ in inspect.getmembers(Sfu, inspect.isfunction) if not name.startswith("_")}
    for implementation in (JanusSfu, FakeSfu):
        for name in asked:
            wanted = inspect.signature(getattr(Sfu, name))
            offered = inspect.signature(getattr(implementation, name))
            assert list(offered.parameters) == list(wanted.parameters), f"{implementation.__name__}.{name}"
