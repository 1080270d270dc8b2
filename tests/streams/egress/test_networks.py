"""Which addresses belong to the open Internet. Only the judgement is tested: nothing is sent to any of them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.egress.networks import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "100.100.100.200", "192.0.0.192",
        "192.0.0.9", "192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "168.63.129.16",
        "::1", "::", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "3fff::1",
        "3fff:fff::1", "5f00::1", "100::1", "64:ff9b:1::808:808", "2001::1", "2001:10::1", "2001:1::1",
        "2620:4f:8000::1", "4000::1", "e000::1", "localhost", "", "8.8.8.8.8", "8.8.8.8/32", "0x8080808",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2002:a9fe:a9fe::1", "2001:0:808:808:8000:ffff:80ff:fffe", "fe80::5efe:a00:1", "2606:4700::5efe:10.0.0.1",
        "2606:4700::200:5efe:192.168.0.1", "2606:4700::5efe:169.254.169.254", "2002:808:808::5efe:127.0.0.1",
        "::ffff:0:10.0.0.1", "::ffff:192.0.0.192",
    ],
)  # fmt: skip
def test_an_address_that_carries_a_private_one_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8", "1.1.1.1", "168.63.129.15", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450:4001::200e",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2606:4700::5efe:8.8.8.8", "2400:cb00::1",
    ],
)  # fmt: skip
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_of_one_machine_or_network(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    local = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    assert not (local and is_public(str(address)))


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_one_that_it_carries(address: ipaddress.IPv4Address) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
