"""Which addresses a stranger's link may lead to."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.addresses import check_address, check_host, check_link
from filmgate.errors import AddressRefused

PRIVATE = [
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "fc00::1",
    "fdff:ffff::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
]
NOBODY_S = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "64:ff9b:1::1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2606:4700::1%eth0",
]
PUBLIC = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::5",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_dialled(address: str) -> None:
    check_address(ip_address(address), allow_private_networks=False)
    check_address(ip_address(address), allow_private_networks=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_may_be_dialled_only_where_that_is_allowed(address: str) -> None:
    check_address(ip_address(address), allow_private_networks=True)
    with pytest.raises(AddressRefused, match="private network"):
        check_address(ip_address(address), allow_private_networks=False)


@pytest.mark.parametrize("address", NOBODY_S)
@pytest.mark.parametrize("allow_private_networks", [True, False])
def test_addresses_of_no_host_are_never_dialled(address: str, allow_private_networks: bool) -> None:
    with pytest.raises(AddressRefused):
        check_address(ip_address(address), allow_private_networks=allow_private_networks)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_every_ipv6_dress(address: IPv4Address) -> None:
    plain = refusal(address)
    assert refusal(IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)) == plain
    assert refusal(IPv6Address(b"\0\x64\xff\x9b" + b"\0" * 8 + address.packed)) == plain
    assert refusal(IPv6Address(b"\x20\x02" + address.packed + b"\0" * 10)) == plain


@given(st.ip_addresses())
def test_what_python_calls_local_in_any_way_is_refused(address: IPv4Address | IPv6Address) -> None:
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        assert refusal(address) is not None


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f.1",
        "0X7F.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        "1.1.1.1.",
        "127.0.0.256",
        "1.2.3.4.5",
        "example.0x",
        "foo.123",
        "１２７.0.0.1",
        "ex ample.com",
        "ex%61mple.com",
        "a..b",
        ".com",
        "-a.com",
        "a-.com",
        "*.com",
        "a\0b.com",
        "a" * 64 + ".com",
        "a." * 130 + "com",
        "",
        ".",
    ],
)
def test_a_host_is_a_name_or_an_address_in_its_plain_form(host: str) -> None:
    with pytest.raises(AddressRefused, match="neither a name nor an address"):
        check_host(host, allow_private_networks=True)


@pytest.mark.parametrize(
    "host",
    ["example.com", "EXAMPLE.com.", "a_b.example", "xn--fiq228c.com", "localhost", "1.1.1.1", "7.example", "0x7f.com"],
)
def test_ordinary_hosts_pass(host: str) -> None:
    check_host(host, allow_private_networks=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:7f00:1", "fe80::1%25eth0"])
def test_an_address_as_a_host_is_checked_like_any_other(host: str) -> None:
    with pytest.raises(AddressRefused, match="leads to"):
        check_host(host, allow_private_networks=False)


@pytest.mark.parametrize(
    ("link", "ports", "is_taken"),
    [
        ("https://media.example/a", (), True),
        ("https://media.example:443/a", (), True),
        ("http://media.example/a", (), True),
        ("http://media.example:80/a", (), True),
        ("https://media.example:80/a", (), False),
        ("http://media.example:443/a", (), False),
        ("https://media.example:8443/a", (), False),
        ("https://media.example:8443/a", (9000, 8443), True),
        ("https://media.example:22/a", (8443,), False),
        ("https://media.example:22/a", None, True),
        ("https://media.example:65535/a", None, True),
    ],
)
def test_a_link_has_its_scheme_s_port_or_one_that_is_allowed(
    link: str, ports: tuple[int, ...] | None, is_taken: bool
) -> None:
    if is_taken:
        assert str(check_link(link, allow_private_networks=True, ports=ports)).endswith("/a")
    else:
        with pytest.raises(AddressRefused, match="leads to port"):
            check_link(link, allow_private_networks=True, ports=ports)


def refusal(address: IPv4Address | IPv6Address) -> str | None:
    try:
        check_address(address, allow_private_networks=False)
    except AddressRefused as exc:
        return exc.message
    return None
