"""Which addresses belong to the open Internet.

The judgement is a table of our own, after IANA's registries of special-purpose addresses (RFC 6890 and its updates),
and not Python's: that one says of some addresses that they are global which lead to the services of a cloud's machine
or of a local network, and it changes from release to release.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

__all__ = ["is_public"]

#: IPv4 networks that nobody serves media from to the open Internet.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # between a provider and its customers; a cloud's metadata (100.100.100.200)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's own service of each machine, at an address that looks public
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata (192.0.0.192)
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # answers for private addresses (AS112), often local
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # relays from 6to4: what they lead to is the other address's
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # answers for private addresses (AS112), often local
        "198.18.0.0/15",  # measurements
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
#: Of IPv6 only this is given out to the Internet: everything else is local, multicast, reserved, or an IPv4 address.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
#: What is special of that.
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo, whose servers lead to any address
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # answers for private addresses (AS112), often local
        "3fff::/20",  # documentation
    )
)
#: Networks that carry an IPv4 address in their last 32 bits: mapped addresses, and translation by NAT64 (RFC 6052).
_MAPPED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
#: Carries one after its first 16 bits (RFC 3056).
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
#: Second half of an address that carries one in its last 32 bits, below whatever prefix: ISATAP (RFC 5214), with the
#: bits that say whether that address is unique set or not.
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE, 0x0100_5EFE, 0x0300_5EFE})
_LOW_32_BITS = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open Internet: not private, loopback, link-local, reserved...

    An IPv6 address that carries an IPv4 address is public only if that one is: a gateway on the way may lead there.

    Args:
        address: An address, an IPv6 one perhaps with its zone. What is none is not public.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _SPECIAL_IPV4)
    if any(ip in network for network in _MAPPED):
        return is_public(str(_low_address(ip)))
    if ip not in _GLOBAL_UNICAST or any(ip in network for network in _SPECIAL_IPV6):
        return False
    return all(is_public(str(inner)) for inner in _carried(ip))


def _carried(ip: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses to which a gateway may pass on what is sent to a global IPv6 address."""
    if ip in _SIX_TO_FOUR:
        yield ipaddress.IPv4Address(int(ip) >> 80 & _LOW_32_BITS)
    if int(ip) >> 32 & _LOW_32_BITS in _ISATAP:
        yield _low_address(ip)


def _low_address(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(ip) & _LOW_32_BITS)
