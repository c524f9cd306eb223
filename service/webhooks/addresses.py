"""To which addresses a webhook may lead: public ones only, looked up once and then connected to as they are.

A URL that a customer gives is a way to make our server knock at doors inside our own network (SSRF). So: https and
port 443 only; the name is resolved here, once; if any address it has is not public, or it has none, nothing is sent;
the connection goes to the address that was judged, so a name that changes between look and connection gains nothing.
`ipaddress` knows the IANA registries of special addresses; ways to write an IPv4 address inside an IPv6 one are refused
as a whole. All of that is one answer: which names there are inside, and at which addresses, is nobody's to ask here.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from service.api.problem import shown

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Sequence[str]]

LONGEST_URL = 1000
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # mapped and translated IPv4 and site-local addresses lie outside
_EMBEDDING = [IPv6Network(net) for net in ("2001::/32", "2002::/16")]  # Teredo, 6to4


class Refused(Exception):
    """Nothing may be sent there; the text says what was expected and seen."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts; `path` with its query."""

    secure: bool
    host: str
    port: int
    path: str


def target_of(url: str, *, local: bool) -> Target:
    """The parts of an allowed URL; with `local` also http to this machine. Looks nothing up; raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(f"expected a URL, got {shown(str(error))}") from None
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Refused(f"expected at most {LONGEST_URL} printable ASCII characters, got {shown(url)}")
    if not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise Refused(f"expected a host and neither user nor fragment, got {shown(url)}")
    secure = parts.scheme == "https"
    if not secure and not (local and parts.scheme == "http"):
        raise Refused(f"expected https, got {shown(parts.scheme)}")
    if secure and port not in (None, 443):
        raise Refused(f"expected port 443, got {port}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, parts.hostname, port or (443 if secure else 80), path)


def look_up(host: str, port: int) -> Sequence[str]:
    """All addresses of a name; raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def address_of(target: Target, lookup: Lookup = look_up) -> str:
    """The one address to connect to; raises Refused if the name has none, or one that is not allowed."""
    try:
        found = [ip_address(text.partition("%")[0]) for text in lookup(target.host, target.port)]
    except (OSError, ValueError, UnicodeError):
        found = []
    allowed, kind = (is_public, "public") if target.secure else (_is_loopback, "of this machine")
    if not found or not all(map(allowed, found)):
        raise Refused(f"expected a name whose addresses are all {kind}, got none such")
    return str(found[0])


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be meant, and nobody inside a network."""
    if isinstance(address, IPv6Address) and (
        address not in _GLOBAL_UNICAST or any(address in net for net in _EMBEDDING)
    ):
        return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_private
    return address.is_global and not special


def _is_loopback(address: Address) -> bool:
    return address.is_loopback
