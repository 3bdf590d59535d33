"""Packed bodies: every packing we take, never more of one than may be, and nothing that only looks packed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.web.unpack import ENCODINGS, Packed, TooLarge, packing, unpack


def raw(body: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(body) + machine.flush()


PACKINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw": ("deflate", raw),
    "brotli": ("br", partial(brotli.compress, quality=5)),
}


@given(st.binary(max_size=300), st.sampled_from(sorted(PACKINGS)))
def test_a_body_comes_out_as_it_went_in(body: bytes, packing: str) -> None:
    encoding, pack = PACKINGS[packing]
    assert unpack(pack(body), encoding, 300) == body


@pytest.mark.parametrize("packing", PACKINGS)
def test_no_more_of_it_is_read_than_may_be(packing: str) -> None:
    encoding, pack = PACKINGS[packing]
    assert len(unpack(pack(b" " * 1000), encoding, 1000)) == 1000
    with pytest.raises(TooLarge):
        unpack(pack(b" " * 50_000_000), encoding, 1000)


@given(st.binary(max_size=200), st.sampled_from(sorted(ENCODINGS)))
def test_any_bytes_are_unpacked_or_refused(noise: bytes, encoding: str) -> None:
    try:
        assert len(unpack(noise, encoding, 64)) <= 64
    except (Packed, TooLarge) as refused:
        assert not str(refused)  # noqa: PT017 - either way of refusing is right


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_body_that_ends_early_is_no_body(packing: str) -> None:
    encoding, pack = PACKINGS[packing]
    with pytest.raises(Packed):
        unpack(pack(b"somebody was here" * 9)[:-4], encoding, 1000)


def test_gzip_may_come_in_members_of_which_none_is_lost() -> None:
    members = b"".join(gzip.compress(part) for part in (b'{"title":', b"", b'"a"}'))
    assert unpack(members, "gzip", 100) == b'{"title":"a"}'
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b"x" * 60) * 2, "gzip", 100)


@pytest.mark.parametrize("packing", sorted(set(PACKINGS) - {"brotli"}))
def test_what_follows_a_stream_and_is_none_is_refused_with_it(packing: str) -> None:
    encoding, pack = PACKINGS[packing]
    with pytest.raises(Packed):
        unpack(pack(b"{}") + b"xx", encoding, 100)


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        (b"", ""),
        (b"identity", ""),
        (b"identity, GZIP", "gzip"),
        (b"x-gzip", "gzip"),
        (b"br", "br"),
        (b"gzip, gzip", "gzip, gzip"),
    ],
)
def test_a_content_encoding_is_a_list(header: bytes, meant: str) -> None:
    assert packing(header) == meant
