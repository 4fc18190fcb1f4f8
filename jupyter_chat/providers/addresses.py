"""Which addresses are of the internet, and which of this machine or its own network."""

from __future__ import annotations

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_MORE = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "168.63.129.16/32", "64:ff9b:1::/48", "3fff::/20"))
)
"""What not every version of Python knows to be special, and the address at which a cloud
answers its own machines although it looks like any other."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not this machine's, not a private
    network's, not where clouds tell their machines secrets."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    meant = _embedded(ip) or ip
    if meant.is_multicast or meant.is_reserved or any(meant in network for network in _MORE):
        return False
    return meant.is_global


def _embedded(ip: IPAddress) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address end up at."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
