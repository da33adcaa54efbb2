"""Where a webhook may go: to hosts of the internet. What only we can reach, nobody else reaches through us."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext_lazy as _

Ip = IPv4Address | IPv6Address

USUAL_PORTS = {"https": 443, "http": 80}
# Characters that have a meaning in an address, or stand for one already.
AS_IT_IS = "%/?:@!$&'()*+,;=~[]"
# What the library calls global and is not: assignments of protocols, a cloud's own services, old forms of IPv6 that
# carry an IPv4 address where we do not look for it.
NOT_PUBLIC = [
    ip_network(written)
    for written in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "64:ff9b:1::/48",
        "fec0::/10",
        "2001::/23",
        "::/96",
    )
]
NAT64 = ip_network("64:ff9b::/96")

NO_ADDRESS = _("This is no address of a webhook. Write it like https://hooks.example.com/cxhub.")
NO_ENCRYPTION = _("Only https is allowed: what is sent could be read on its way.")
NO_PASSWORDS = _("Leave the name and the password out; the receiver knows us by the signature.")
NOT_REACHED = _("This leads into a private network. Enter an address on the internet.")


class Refused(ValueError):
    """The first argument says why, in words."""


class NotFound(OSError):
    """There is no such host, or nobody could be asked."""


@dataclass(frozen=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL_PORTS[self.scheme] else f"{host}:{self.port}"


def read(url: str, *, is_ours: bool = False) -> Target:
    """Raises Refused. `is_ours`: it stands in our own settings, and may lead into our own network."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii(parts.hostname or "").rstrip(".")
    except ValueError as error:
        raise Refused(NO_ADDRESS) from error
    is_plain = url.isprintable() and not set(url) & {" ", "\\", "#"}
    if parts.scheme not in USUAL_PORTS or not host or port == 0 or not is_plain:
        raise Refused(NO_ADDRESS)
    if parts.username is not None or parts.password is not None:
        raise Refused(NO_PASSWORDS)
    if parts.scheme == "http" and not (is_ours or settings.WEBHOOKS_MAY_REACH_PRIVATE):
        raise Refused(NO_ENCRYPTION)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Target(parts.scheme, host, port or USUAL_PORTS[parts.scheme], quote(path, safe=AS_IT_IS))


def check(url: str) -> None:
    """Raises Refused. A host that is not found now may be there later; it is asked for again whenever we send."""
    target = read(url)
    with suppress(NotFound):
        found(target)


def found(target: Target, *, is_ours: bool = False) -> list[str]:
    """The numeric addresses of the host; raises Refused where any of them is private, and NotFound. One of ours may be
    private; without encryption it is on this machine.

    The resolver reads every spelling: 2130706433, 0x7f.1 and 017700000001 are 127.0.0.1.
    """
    try:
        known = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFound(str(error)) from error
    numbers = list(dict.fromkeys(str(address[0]) for *_kind, address in known))
    if settings.WEBHOOKS_MAY_REACH_PRIVATE:
        return numbers
    if is_ours:
        if target.scheme == "http" and not all(ip_address(number).is_loopback for number in numbers):
            raise Refused(NO_ENCRYPTION)
    elif not all(map(is_public, numbers)):
        raise Refused(NOT_REACHED)
    return numbers


def is_public(number: str) -> bool:
    ip = ip_address(number)
    if isinstance(ip, IPv6Address):
        within = _within(ip)
        if within is not None:
            return is_public(str(within))
    is_listed = any(ip in network for network in NOT_PUBLIC if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not is_listed and "%" not in number


def _within(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that it stands for."""
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _ascii(host: str) -> str:
    """As DNS knows it. Raises ValueError."""
    return host if host.isascii() else idna.encode(host, uts46=True).decode()
