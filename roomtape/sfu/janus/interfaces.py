"""Owns which of this machine's interfaces media can use, and the sentence that is said where there is none."""

from __future__ import annotations

import socket

import psutil
import structlog

from roomtape.errors import SfuError
from roomtape.settings import Settings

log = structlog.get_logger()

_ICE_FAILED = 490
"""Janus's "unknown error": its answer, too, where it found no address to offer."""
_STAY_HERE = "For media that stays on this machine: `make loopback`, then ROOMTAPE_ICE_ADDRESSES=127.0.0.2"


def usable(*, ipv6: bool) -> dict[str, list[str]]:
    """Return interface → addresses as Janus gathers them: what is up and is not `lo`; nothing link-local."""
    families = (socket.AF_INET, socket.AF_INET6) if ipv6 else (socket.AF_INET,)
    links = psutil.net_if_addrs()
    found = {}
    for name, about in psutil.net_if_stats().items():
        flags = about.flags.split(",")
        # `isup` would ask for a carrier too, which a bridge without ports (rt0) has not on every kernel.
        if "up" in flags and "loopback" not in flags:
            of_link = links.get(name, ())
            found[name] = [a.address for a in of_link if a.family in families and not a.address.startswith("fe80:")]
    return {name: addresses for name, addresses in found.items() if addresses}


def missing(settings: Settings) -> list[str]:
    """Return those of `ice_addresses` that no interface has. Janus compares beginnings: `eth` is every eth."""
    links = usable(ipv6=settings.ice_ipv6)
    have = [*links, *(address for addresses in links.values() for address in addresses)]
    return [wanted for wanted in settings.ice_addresses if not any(name.startswith(wanted) for name in have)]


def trouble(settings: Settings) -> str | None:
    """Return why no media can come to a Janus of ours, as a sentence; None when it can, or Janus is not ours."""
    if settings.janus_url:
        return None
    links = usable(ipv6=settings.ice_ipv6)
    has = ", ".join(f"{name} ({', '.join(addresses)})" for name, addresses in links.items()) or "nothing but loopback"
    if settings.ice_addresses:
        wanted = missing(settings)
        if len(wanted) < len(settings.ice_addresses):
            return None
        nowhere = " and no ".join(wanted)
        return f"ice_addresses: this machine has no {nowhere} that media can use; it has {has}. {_STAY_HERE}"
    return None if links else f"no media can come: this machine has no network. {_STAY_HERE}"


def check(settings: Settings) -> None:
    """Raise SfuError where none of `ice_addresses` is here: Janus would offer all that it finds. Warn of less."""
    told = trouble(settings)
    if told and settings.ice_addresses:
        raise SfuError(told)
    if told:
        log.warning(told)
    elif absent := missing(settings):
        log.warning("this machine has not all of ice_addresses", missing=absent)


def explained(error: SfuError, settings: Settings) -> SfuError:
    """Return `error`, or what is behind it where Janus found no address that it could offer."""
    told = trouble(settings) if error.sfu_code == _ICE_FAILED else None
    return error if told is None else SfuError(told, error.sfu_code)
