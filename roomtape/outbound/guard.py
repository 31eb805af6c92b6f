"""Owns which addresses Roomtape connects to because a caller named them: public ones, and those in a setting."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

import idna
import structlog

from roomtape.errors import DestinationError, InvalidRequest
from roomtape.outbound import lookup

log = structlog.get_logger()

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""(host, port) → its addresses as text. Raises OSError when there are none."""

RESOLVED_WITHIN_S = 5.0
LONGEST_URL = 2048

_PORTS = {"http": 80, "https": 443, "rtmp": 1935, "rtmps": 443, "sftp": 22}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
# Not public, whatever the IANA registries make of them: ways to reach an IPv4 address under another name (relays of
# 6to4, Teredo, IPv4-compatible and IPv4-translated), what was once site-local, segment routing, documentation, and the
# service with which Azure answers its machines.
_REFUSED = tuple(
    ip_network(n)
    for n in (
        "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48",
        "fec0::/10", "2001::/23", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """A URL whose host was looked up and checked: connect to one of `addresses`, and to nothing else.

    `host` is in the form that goes into TLS and `Host`: ASCII, lower case, IPv6 without brackets. `path` has the query.
    """

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL and in `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"


class Barred(DestinationError):
    """A URL leads where nothing shall be reached; unlike with a name that is not found, asking again is of no use."""


class Guard:
    """Checks URLs. `allowed` lists hosts, addresses and networks (CIDR) that may be reached though they are private.

    `setting` is the name of that list in the server's settings, for those who read a refusal.
    """

    def __init__(
        self, allowed: tuple[str, ...] = (), resolve: Resolve | None = None, setting: str = "outbound_allow"
    ) -> None:
        self._setting = setting
        self._hosts: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in allowed:
            network = as_network(entry)
            if network is None:
                self._hosts.add(entry.lower().rstrip("."))
            else:
                self._networks.append(network)
        self._resolve = resolve or lookup.addresses

    async def check(self, url: str, schemes: frozenset[str]) -> Target:
        """Return where `url` leads; its host is looked up this once.

        Raises InvalidRequest for what is no URL of one of `schemes`, and DestinationError for a host that is not found
        or that has an address which must not be reached.
        """
        parts, host, port = parsed(url, schemes)
        literal = _literal(host)
        if literal is not None:
            addresses = [literal]
        else:
            addresses = await self._look_up(host, port)
        if host not in self._hosts:
            for address in addresses:
                self._permit(host, address)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = f"?{quote(parts.query, safe='/?%:@!$&()*+,;=~-._[]')}" if parts.query else ""
        return Target(parts.scheme, host, port, path + query, tuple(str(a) for a in addresses))

    def foresee(self, url: str, schemes: frozenset[str]) -> None:
        """Raise what `check` would raise, InvalidRequest or Barred, as far as it can be known without any look-up."""
        _, host, _ = parsed(url, schemes)
        literal = _literal(host)
        if literal is not None and host not in self._hosts:
            self._permit(host, literal)

    def lists(self, target: Target) -> bool:
        """Tell whether the setting names the host of a checked target, or each of its addresses."""
        found = [ip_address(text) for text in target.addresses]
        return target.host in self._hosts or all(any(_inner(a) in n for n in self._networks) for a in found)

    async def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            async with asyncio.timeout(RESOLVED_WITHIN_S):
                found = await self._resolve(host, port)
        except TimeoutError as error:
            raise DestinationError(f"the name {host} is not resolved within {RESOLVED_WITHIN_S:g} s") from error
        except (OSError, UnicodeError) as error:
            raise DestinationError(f"there is no host {host}; check the name") from error
        addresses = [ip_address(text.partition("%")[0]) for text in dict.fromkeys(found)]
        if not addresses:
            raise DestinationError(f"there is no host {host}; check the name")
        return addresses

    def _permit(self, host: str, address: Address) -> None:
        if is_public(address) or any(address in n or _inner(address) in n for n in self._networks):
            return
        # The caller is not told the address: names of the inside would be a map of it.
        log.info("address refused", host=host, address=str(address))
        raise Barred(f"{host} is not a public address, so it is not reached; the server's {self._setting} may list it")


def is_public(address: Address) -> bool:
    """Tell whether an address lies in the public internet, also one that stands inside another address."""
    inner = _inner(address)
    if inner != address:
        return is_public(inner)
    return address.is_global and not address.is_multicast and not any(address in n for n in _REFUSED)


def as_network(entry: str) -> IPv4Network | IPv6Network | None:
    """Return an address or CIDR as a network, None for what is neither."""
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to (RFC 4291 2.5.5.2, RFC 3056, RFC 6052), else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def parsed(url: str, schemes: frozenset[str]) -> tuple[SplitResult, str, int]:
    """Return the parts of a URL, its host in the form of `Target`, and its port; nothing is looked up.

    Parsers differ about what is odd, and what they differ about is refused: raises InvalidRequest.
    """
    if len(url) > LONGEST_URL:
        raise InvalidRequest(f"the URL is too long; {LONGEST_URL} characters are allowed")
    if any(c <= " " or c == "\x7f" or c == "\\" or c.isspace() for c in url):
        raise InvalidRequest("the URL has spaces, backslashes or control characters in it; encode or remove them")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidRequest(f"this is no URL: {error}") from error
    if parts.scheme not in schemes:
        raise InvalidRequest(f"the URL must begin with {' or '.join(f'{s}://' for s in sorted(schemes))}")
    if "@" in parts.netloc:
        raise InvalidRequest("the URL has a user name or password in it; leave them out")
    host = _ascii_host(parts.hostname or "", parts.netloc.startswith("["))
    if port == 0 or (port is None and parts.netloc.endswith(":")):
        raise InvalidRequest("the URL's port is missing or 0; give one from 1 to 65535, or leave the colon out")
    return parts, host, _PORTS[parts.scheme] if port is None else port


def _ascii_host(host: str, bracketed: bool) -> str:
    """Return the host in lower-case ASCII, an address in its usual form. Raises InvalidRequest."""
    if bracketed:
        if "%" in host:
            raise InvalidRequest("the URL's address has a zone in it; give one that needs none")
        try:
            return str(IPv6Address(host))
        except ValueError as error:
            raise InvalidRequest(f"[{host}] is no IPv6 address") from error
    try:
        name = idna.encode(host, uts46=True).decode() if not host.isascii() else host.lower()
    except idna.IDNAError as error:
        raise InvalidRequest("the URL's host is no valid name") from error
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidRequest("the URL's host is missing or is no valid name")
    name = ".".join(labels)
    if _NUMBER.fullmatch(labels[-1]):  # then every parser takes it for an IPv4 address, each in its own way
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise InvalidRequest(
                "the URL's host is an address in an odd notation; write four decimal numbers: 203.0.113.7"
            ) from None
    return name


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
