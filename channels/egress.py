"""Where bytes may go: pure rules over URLs, ports and addresses. Nothing here looks a name up or opens a socket."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

WEB_PORTS = frozenset({443, 8443})
MAIL_PORTS = frozenset({25, 465, 587, 2525})
HIGHEST_PORT = 65535

# IANA's special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry), plus multicast, the
# reserved block and the one public address that is a metadata service. Our own table, because `ipaddress.is_global`
# changed between patch releases of Python (CVE-2024-4032).
_DENIED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and Alibaba's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host: public on paper, metadata in fact
        "169.254.0.0/16",  # link-local and most clouds' metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

# Only global unicast may be reached over IPv6, which leaves out loopback, ULA, link-local, multicast, mapped and
# compatible IPv4, NAT64 (64:ff9b::/96, 64:ff9b:1::/48) and SRv6 (5f00::/16) in one stroke.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

# RFC 3986 without what browsers and libraries read differently: backslash, space, quotes, braces, controls.
_URL = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%#]+")
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LONGEST_NAME = 253  # RFC 1035 in text form


class Unsendable(ValueError):  # noqa: N818 - named for what it says
    """A URL, host or header that cannot be used. The text says which rule it breaks, never what it holds.

    `field` is the setting that is meant, as the file writes it (`smtp.host`); '' when it is about several.
    """

    field = ""


@contextmanager
def about(field: str) -> Iterator[None]:
    """What is Unsendable in here is this setting: a form shows the rule beside its field."""
    try:
        yield
    except Unsendable as error:
        error.field = error.field or field
        raise


@dataclass(frozen=True, slots=True)
class Place:
    """A TCP destination. `host` is a lower-case name or an address literal without brackets."""

    host: str
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class Url:
    """A checked http or https URL. `target` is what the request line carries: path and query."""

    place: Place
    target: str

    @property
    def authority(self) -> str:
        """`host[:port]` as the Host header wants it."""
        host = f"[{self.place.host}]" if ":" in self.place.host else self.place.host
        usual = 443 if self.place.tls else 80
        return host if self.place.port == usual else f"{host}:{self.place.port}"


def parse_url(text: str) -> Url:
    """The parts of an http or https URL, by one strict reading.

    Raises:
        Unsendable: another scheme, user info, a fragment, characters that need escaping, a host that is neither a name
            nor an address, or a port out of range.
    """
    if not _URL.fullmatch(text):
        raise Unsendable(
            "The URL holds a character that must be escaped: write %XX in the path and the xn-- form in the host."
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Unsendable("The URL's host or port cannot be read.") from None
    if parts.scheme not in {"http", "https"}:
        raise Unsendable("The URL must start with https://.")
    if "@" in parts.netloc:
        raise Unsendable("The URL must not carry a user name or password.")
    if "#" in text:
        raise Unsendable("The URL must not have a fragment (#…).")
    tls = parts.scheme == "https"
    if port is None:
        if parts.netloc.endswith(":"):
            raise Unsendable("The URL's port is empty.")
        port = 443 if tls else 80
    if port == 0:
        raise Unsendable("The URL's port must be 1 to 65535.")
    host = check_host((parts.hostname or "").lower())
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return Url(Place(host, port, tls), target)


def check_host(host: str) -> str:
    """`host` again, if it is a DNS name or a plain address literal.

    Numbers in other bases and shortened addresses (`0x7f.1`, `2130706433`) are refused: resolvers disagree on them.

    Raises:
        Unsendable: it is neither.
    """
    if _is_address(host):
        return host
    labels = host.removesuffix(".").split(".")
    if len(host) > _LONGEST_NAME or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise Unsendable("The host is no DNS name or IP address.")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise Unsendable("The host is an IP address in a form that is not accepted: write four decimal numbers.")
    return host


def _is_address(host: str) -> bool:
    """True for an address literal; one with a zone (`fe80::1%eth0`) means something else on every machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def is_global(address: Address) -> bool:
    """True for a unicast address of the public internet that carries no other address inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _DENIED_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _DENIED_V6)


def vetted(
    addresses: Iterable[str], place: Place, allow: Sequence[Network], ports: frozenset[int] = WEB_PORTS
) -> list[str]:
    """Those of `addresses` that `place` may be reached at, in order.

    An address inside `allow` is exempt from the address, port and scheme rules (design §6, EGRESS_ALLOW). `ports`
    that are MAIL_PORTS waive the scheme rule: SMTP starts in the clear and its TLS mode is the channel's setting.
    """
    usual = place.port in ports and (place.tls or ports is MAIL_PORTS)
    found = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if any(address in network for network in allow if network.version == address.version) or (
            usual and is_global(address)
        ):
            found.append(text)
    return found
