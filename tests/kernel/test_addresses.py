import ipaddress

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from uma.kernel.http import addresses
from uma.kernel.http.addresses import client_address, exact_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "address"),
    [
        (0, "1.1.1.1", "198.51.100.1", "198.51.100.1"),
        (1, "1.1.1.1", "198.51.100.1", "1.1.1.1"),
        (1, "9.9.9.9, 1.1.1.1", "198.51.100.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 10.0.0.1", "198.51.100.1", "1.1.1.1"),
        (2, "1.1.1.1", "198.51.100.1", "198.51.100.1"),
        (1, "", "198.51.100.1", "198.51.100.1"),
        (1, "nonsense", "198.51.100.1", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (0, "", "2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        (0, "", "::ffff:198.51.100.1", "198.51.100.1"),
        (0, "", "fe80::1%eth0", "fe80::"),
        (0, "", "", "unknown"),
        (1, "203.0.113.9:4711", "198.51.100.1", "203.0.113.9"),
        (1, "[2001:db8:1:2:3::4]:4711", "198.51.100.1", "2001:db8:1:2::"),
    ],
)
def test_the_callers_address_is_what_our_own_proxies_say(
    settings: Settings, proxies: int, forwarded: str, remote: str, address: str
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded} if forwarded else {}
    )

    assert client_address(request) == address


@given(st.ip_addresses(v=6, network="2001:db8::/64"), st.ip_addresses(v=6))
def test_a_whole_sixty_four_is_one_caller(
    one: ipaddress.IPv6Address, other: ipaddress.IPv6Address
) -> None:
    assert addresses._network(str(one)) == "2001:db8::"
    if other.ipv4_mapped is None:
        same = int(other) >> 64 == int(one) >> 64
        assert (addresses._network(str(other)) == "2001:db8::") == same


def test_the_trail_keeps_the_whole_address() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")

    assert exact_address(request) == "2001:db8:1:2:3:4:5:6"
    assert exact_address(RequestFactory().get("/", REMOTE_ADDR="")) is None
