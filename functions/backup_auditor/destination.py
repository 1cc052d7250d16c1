"""Where a message may go: to public addresses, unless the options of its channel say otherwise.

Whoever can write a webhook's address must not reach the metadata service, a database or this
machine with it. A name is resolved once and every address it has is checked; the message then goes
to one of exactly these, so that a name cannot mean something else a moment later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from backup_auditor.errors import DeliveryError
from backup_auditor.policy.model import HttpOptions
from backup_auditor.speech import phrase

Lookup = Callable[[str, int], Sequence[str]]
"""Host and port -> addresses; raises OSError or ValueError where there are none."""

_PASSWORD = phrase("the address of the target holds a password")
_NO_HTTPS = phrase("the address of the target must begin with https://")
_PLAIN = phrase("the address of the target must begin with https://, or allow_http be true")
_NUMBERED = phrase("the host of the target is a number, and no plain IP address")
_MOST_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_NUMBER = re.compile(r"\d+|0[xX][0-9a-fA-F]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked host; ``addresses`` is empty where a proxy finds it."""

    host: str
    addresses: tuple[str, ...]


def destination(
    url: str, options: HttpOptions, lookup: Lookup, *, is_proxied: bool = False
) -> Destination:
    """Return where ``url`` leads; raises DeliveryError where it must not be sent to.

    A proxy resolves names itself, so behind one only an address in the URL can be checked.
    """
    parts = urlsplit(url)
    host, is_plain = parts.hostname, parts.scheme == "http"
    if parts.username or parts.password:
        raise DeliveryError(_PASSWORD, permanent=True)
    if not host or parts.scheme not in _PORTS:
        raise DeliveryError(_NO_HTTPS, permanent=True)
    if is_plain and not options.allow_http:
        raise DeliveryError(_PLAIN, permanent=True)
    if is_proxied:
        _permitted(host, _literal(host) or _local(host), allow_private=options.allow_private)
        return Destination(host, ())
    port = parts.port or _PORTS[parts.scheme]
    return Destination(host, addresses_of(host, port, lookup, allow_private=options.allow_private))


def addresses_of(host: str, port: int, lookup: Lookup, *, allow_private: bool) -> tuple[str, ...]:
    """Return the addresses of ``host`` to try in turn; raises DeliveryError for one not public."""
    found = _literal(host) or _found(host, port, lookup)
    return _permitted(host, found, allow_private=allow_private)[:_MOST_ADDRESSES]


def is_public(address: str) -> bool:
    """Return whether everybody on the Internet means the same host by ``address``."""
    try:
        return _is_public(ip_address(address))
    except ValueError:
        return False


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return _is_public(inner)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that stands in ``ip`` and is where packets really go."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _permitted(host: str, addresses: tuple[str, ...], *, allow_private: bool) -> tuple[str, ...]:
    """Return ``addresses``; one that is not public spoils them all."""
    if not allow_private and not all(map(is_public, addresses)):
        reason = phrase(
            "{host} has an address that is not public; allow_private: true permits it", host=host
        )
        raise DeliveryError(reason, permanent=True)
    return addresses


def _literal(host: str) -> tuple[str, ...]:
    """Return ``host`` when it is an address; raises DeliveryError for 127.1, 0x7f000001 and such.

    What these mean differs between programs, and no honest webhook is written so.
    """
    try:
        return (str(ip_address(host)),)
    except ValueError:
        pass
    if ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        raise DeliveryError(_NUMBERED, permanent=True)
    return ()


def _local(host: str) -> tuple[str, ...]:
    name = host.rstrip(".")
    return ("127.0.0.1",) if name == "localhost" or name.endswith(".localhost") else ()


def _found(host: str, port: int, lookup: Lookup) -> tuple[str, ...]:
    try:
        found = tuple(dict.fromkeys(lookup(host, port)))
    except (OSError, ValueError):
        found = ()
    if not found:
        raise DeliveryError(phrase("no address is known for {host}", host=host), permanent=False)
    return found
