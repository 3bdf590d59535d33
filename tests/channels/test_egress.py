"""Where bytes may go, and above all where they may not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import egress
from channels.egress import MAIL_PORTS, Place, Unsendable, parse_url, vetted

PUBLIC = ["9.9.9.9", "1.1.1.1", "2620:fe::fe", "2606:4700:4700::1111"]
HTTPS = Place("a.example", 443, tls=True)


@given(st.ip_addresses())
def test_nothing_that_the_standard_library_calls_special_is_global(address: egress.Address) -> None:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    assert not (egress.is_global(address) and special)


@given(st.ip_addresses(v=4))
def test_no_v6_address_smuggles_a_v4_one(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for outer in (
        (0xFFFF << 32) | number,  # mapped
        number,  # compatible
        (0x64FF9B << 96) | number,  # NAT64
        (0x64FF9B0001 << 80) | number,  # local NAT64
        (0x2002 << 112) | (number << 80),  # 6to4
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),  # Teredo
    ):
        assert not egress.is_global(ipaddress.IPv6Address(outer))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass_over_https_on_the_usual_ports_only(address: str) -> None:
    assert vetted([address], HTTPS, ()) == [address]
    assert vetted([address], Place("a.example", 8443, tls=True), ()) == [address]
    assert vetted([address], Place("a.example", 443, tls=False), ()) == []
    assert vetted([address], Place("a.example", 80, tls=False), ()) == []
    assert vetted([address], Place("a.example", 22, tls=True), ()) == []


@pytest.mark.parametrize("port", [25, 465, 587, 2525])
def test_mail_may_start_in_the_clear_on_its_own_ports(port: int) -> None:
    assert vetted(PUBLIC, Place("mx.example", port, tls=False), (), MAIL_PORTS) == PUBLIC
    assert vetted(["10.0.0.1"], Place("mx.example", port, tls=False), (), MAIL_PORTS) == []
    assert vetted(PUBLIC, Place("mx.example", 443, tls=True), (), MAIL_PORTS) == []


def test_an_allowed_network_is_exempt_from_address_port_and_scheme() -> None:
    allow = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    place = Place("inside.example", 8080, tls=False)
    assert vetted(["10.1.2.3", "192.168.0.1", "fd00::1", "9.9.9.9", "::1"], place, allow) == ["10.1.2.3", "fd00::1"]


def test_only_the_good_addresses_of_a_name_are_left_in_their_order() -> None:
    assert vetted(["127.0.0.1", "1.1.1.1", "169.254.169.254", "9.9.9.9", "rubbish"], HTTPS, ()) == [
        "1.1.1.1",
        "9.9.9.9",
    ]


@given(st.text(max_size=60))
def test_a_url_is_refused_or_read_the_one_way(text: str) -> None:
    try:
        url = parse_url(text)
    except Unsendable as refusal:
        told = str(refusal)
    else:
        assert url.place.port in range(1, 65536)
        assert url.target.startswith("/")
        return
    assert len(text) < 4 or text not in told


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9](\.[a-z]{2,5}){1,3}", fullmatch=True),
    st.none() | st.integers(1, 65535),
    st.from_regex(r"(/[A-Za-z0-9._~%-]{0,8}){0,3}", fullmatch=True),
    st.sampled_from(["", "?a=b", "?x=%20&y"]),
)
def test_an_ordinary_url_keeps_its_parts(host: str, port: int | None, path: str, query: str) -> None:
    url = parse_url(f"https://{host}{'' if port is None else f':{port}'}{path}{query}")
    assert url.place == Place(host, port or 443, tls=True)
    assert url.target == (path or "/") + query
    assert url.authority == (host if port in (None, 443) else f"{host}:{port}")


def test_an_address_literal_keeps_its_brackets_in_the_host_header() -> None:
    assert parse_url("https://[2620:FE::fe]:8443/x").authority == "[2620:fe::fe]:8443"
