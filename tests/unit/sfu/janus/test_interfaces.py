from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from structlog.testing import capture_logs

from roomtape.errors import SfuError
from roomtape.settings import Settings
from roomtape.sfu.janus import interfaces

LO = {"lo": "up,loopback,running 127.0.0.1 ::1"}
MACHINE = LO | {
    "eth0": "up,broadcast,running 192.0.2.7 2001:db8::7 fe80::1%eth0",
    "rt0": "up,broadcast,multicast 127.0.0.2",
    "down0": "broadcast 10.9.9.9",
}

Machine = Callable[[dict[str, str]], None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make this machine one with these interfaces: flags, then addresses."""

    def become(links: dict[str, str]) -> None:
        stats, addresses = {}, {}
        for name, about in links.items():
            flags, *own = about.split()
            stats[name] = SimpleNamespace(isup="running" in flags, flags=flags)
            mac = SimpleNamespace(family=psutil.AF_LINK, address="02:fc:00:00:00:01")
            kind = [(socket.AF_INET6 if ":" in a else socket.AF_INET, a) for a in own]
            addresses[name] = [mac, *(SimpleNamespace(family=family, address=a) for family, a in kind)]
        monkeypatch.setattr(psutil, "net_if_stats", lambda: stats)
        monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)

    return become


def test_media_can_use_what_is_up_and_not_loopback(machine: Machine) -> None:
    machine(MACHINE)
    assert interfaces.usable(ipv6=False) == {"eth0": ["192.0.2.7"], "rt0": ["127.0.0.2"]}
    assert interfaces.usable(ipv6=True)["eth0"] == ["192.0.2.7", "2001:db8::7"]


@pytest.mark.parametrize("wanted", ["192.0.2.7", "eth0", "eth", "2001:db8::7", "127.0.0.2", "rt0"])
def test_addresses_and_names_that_are_here_are_good(machine: Machine, tmp_path: Path, wanted: str) -> None:
    machine(MACHINE)
    settings = Settings(data_dir=tmp_path, ice_addresses=(wanted,))
    with capture_logs() as said:
        interfaces.check(settings)
    assert (interfaces.trouble(settings), said) == (None, [])


@pytest.mark.parametrize(
    "wanted", ["192.0.2.8", "eth1", "lo", "127.0.0.1", "::1", "down0", "10.9.9.9", "02:fc", "fe80:"]
)
def test_one_that_media_cannot_use_stops_the_start_because_janus_would_offer_all(
    machine: Machine, tmp_path: Path, wanted: str
) -> None:
    machine(MACHINE)
    settings = Settings(data_dir=tmp_path, ice_addresses=(wanted,))
    with pytest.raises(SfuError, match=r"ice_addresses: .* no \S+ that media can use; it has eth0 \(192.0.2.7"):
        interfaces.check(settings)
    interfaces.check(Settings(data_dir=tmp_path, ice_addresses=(wanted,), janus_url="ws://elsewhere"))


def test_one_of_several_that_is_away_is_a_warning(machine: Machine, tmp_path: Path) -> None:
    machine(MACHINE)
    settings = Settings(data_dir=tmp_path, ice_addresses=("wlan0", "eth0"))
    with capture_logs() as said:
        interfaces.check(settings)
    assert [entry["missing"] for entry in said] == [["wlan0"]]
    assert interfaces.trouble(settings) is None


def test_without_a_network_it_says_what_to_do(machine: Machine, tmp_path: Path) -> None:
    machine(LO)
    settings = Settings(data_dir=tmp_path, ice_addresses=())
    with capture_logs() as said:
        interfaces.check(settings)
    told = interfaces.trouble(settings)
    assert told is not None
    assert "make loopback" in told
    assert [entry["event"] for entry in said] == [told]
    refused = interfaces.explained(SfuError("Error setting ICE locally (490)", 490), settings)
    assert (str(refused), refused.sfu_code) == (told, 490)
    other = SfuError("no such room", 426)
    assert interfaces.explained(other, settings) is other
    machine(MACHINE)
    of_something_else = SfuError("Error setting ICE locally (490)", 490)
    assert interfaces.explained(of_something_else, settings) is of_something_else
