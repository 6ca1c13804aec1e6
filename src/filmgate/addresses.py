"""Addresses: where a stranger's link may lead, and where it may not.

The ranges are those of the IANA registries of special-purpose addresses. They are written out here, because what
Python's ``ipaddress`` calls global changes from one release to the next.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from yarl import URL

from filmgate.errors import AddressRefused

Address = IPv4Address | IPv6Address

# Networks that people run on purpose: refused unless the operator allows private networks.
_PRIVATE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # Carrier-grade NAT; overlay networks live here too.
    IPv4Network("127.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),
)
# The only part of IPv6 that is given out to public hosts.
_PUBLIC_IPV6 = IPv6Network("2000::/3")
# No public host lives here. Refused always.
_SPECIAL = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),  # Link-local, with the metadata services of the clouds.
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("224.0.0.0/4"),  # Multicast.
    IPv4Network("240.0.0.0/4"),  # Reserved, and broadcast.
    IPv6Network("2001::/23"),  # Protocols of the IETF, Teredo among them.
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
_NAT64 = IPv6Network("64:ff9b::/96")

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
_NAME_LENGTH = 254
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


def check_link(link: str | URL, *, allow_private_networks: bool, ports: Collection[int] | None = None) -> URL:
    """A link, ready to be dialled; where its name leads is checked when it has been resolved.

    Checked and dialled is one and the same parsed object: two parsers cannot read one text in two ways.

    Args:
        allow_private_networks: also take plain http, and addresses in private networks.
        ports: which ports it may have besides the scheme's own; None: any.

    Raises:
        AddressRefused: it is not one to call.
    """
    try:
        url = URL(link)
    except ValueError as exc:
        raise AddressRefused("the link is malformed") from exc
    schemes = ("https", "http") if allow_private_networks else ("https",)
    if url.scheme not in schemes:
        raise AddressRefused(f"the link must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not url.raw_host or not url.port:
        raise AddressRefused("the link names no host or no port")
    if url.raw_user is not None or url.raw_password is not None:
        raise AddressRefused("the link carries a user name or a password")
    if ports is not None and not url.is_default_port() and url.port not in ports:
        raise AddressRefused(f"the link leads to port {url.port}, which links may not use here")
    check_host(url.raw_host, allow_private_networks=allow_private_networks)
    return url


def leads_inside(link: str) -> bool:
    """Whether a link's own text says that nobody outside this network can follow it."""
    try:
        host = URL(link).raw_host or ""
        check_host(host, allow_private_networks=False)
    except (ValueError, AddressRefused):
        return True
    return "." not in host and ":" not in host


def check_host(host: str, *, allow_private_networks: bool) -> None:
    """Look at the host of a link as it was written, before anything is resolved.

    An address is checked at once. A name only has to be one; where it leads is checked when it has been resolved.
    ``2130706433``, ``0177.0.0.1``, ``0x7f.1`` and ``127.0.0.1.`` are neither, though some resolvers take them for
    addresses.

    Raises:
        AddressRefused: the host is not one to call.
    """
    try:
        address = ip_address(host)
    except ValueError:
        last_label = host.rstrip(".").rsplit(".", 1)[-1]
        if len(host) > _NAME_LENGTH or not _NAME.fullmatch(host) or _NUMBER.fullmatch(last_label):
            raise AddressRefused(
                "the link has a host that is neither a name nor an address in its plain form"
            ) from None
    else:
        check_address(address, allow_private_networks=allow_private_networks)


def check_address(address: Address, *, allow_private_networks: bool) -> None:
    """Look at an address that is about to be dialled.

    Raises:
        AddressRefused: it lies in a private network and those are not allowed, or it belongs to no public host.
    """
    reached = _reached(address)
    if _is_in(reached, _PRIVATE):
        if not allow_private_networks:
            raise AddressRefused("the link leads to a private network")
    elif not _is_public(reached):
        raise AddressRefused("the link leads to an address that belongs to no public host")


def _reached(address: Address) -> Address:
    """The address that is really reached: IPv6 can carry an IPv4 address in itself (mapped, NAT64, 6to4)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    if _is_in(address, _SPECIAL):
        return False
    return isinstance(address, IPv4Address) or (address in _PUBLIC_IPV6 and address.scope_id is None)


def _is_in(address: Address, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address in network for network in networks)
