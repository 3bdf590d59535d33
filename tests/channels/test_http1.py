"""The reader of answers: strict, linear, and the same however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import http1
from channels.http1 import BadAnswer, Reader, Response, header_lines, prepare, whole
from tests.effort import calls

bodies = st.binary(max_size=300)


def by_length(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nServer: x\r\n\r\n%b" % (len(body), body)


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A chunked answer with hints, extensions and a trailer, and its body."""
    pieces = draw(st.lists(st.binary(min_size=1, max_size=80), max_size=6))
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * draw(st.integers(0, 2))
    extension = draw(st.sampled_from([b"", b";a=b", b" ; a"]))
    trailer = draw(st.sampled_from([b"", b"Digest: x\r\n"]))
    encoded = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces)
    return (
        hints + b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + encoded + b"0\r\n" + trailer + b"\r\n",
        b"".join(pieces),
    )


def read(data: bytes, cuts: list[int]) -> Response | None:
    """Feed `data` cut at `cuts`."""
    reader = Reader()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    answer = None
    for start, end in pairwise(edges):
        if start < end and answer is None:
            answer = reader.feed(data[start:end])
    return answer


@given(bodies, st.lists(st.integers(0, 1000), max_size=8))
def test_however_an_answer_is_cut_it_reads_the_same(body: bytes, cuts: list[int]) -> None:
    data = by_length(body)
    once, pieces = whole(data), read(data, cuts)
    assert once is not None
    assert pieces is not None
    assert (once.status, once.body, once.keep) == (pieces.status, pieces.body, pieces.keep) == (200, body, True)


@given(chunked(), st.lists(st.integers(0, 1000), max_size=8))
def test_chunks_are_put_together(made: tuple[bytes, bytes], cuts: list[int]) -> None:
    answer = read(made[0], cuts)
    assert answer is not None
    assert (answer.status, answer.body, answer.keep) == (202, made[1], True)


@given(st.binary(max_size=400), st.booleans())
def test_rubbish_is_a_bad_answer_and_never_anything_else(data: bytes, started: bool) -> None:  # noqa: FBT001 - drawn
    text = (b"HTTP/1.1 200 OK\r\n" if started else b"") + data
    for reading in (whole, Reader().feed):
        try:
            answer = reading(text)
        except BadAnswer:
            continue
        assert answer is None or 200 <= answer.status <= 999


def test_an_answer_that_ends_with_the_connection_is_complete_at_its_end() -> None:
    reader = Reader()
    assert reader.feed(b"HTTP/1.0 200 OK\r\n\r\npart") is None
    assert reader.feed(b" two") is None
    answer = reader.finish()
    assert answer is not None
    assert (answer.body, answer.keep) == (b"part two", False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        by_length(b"abc")[:-1],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3",
    ],
)
def test_an_answer_that_is_cut_off_is_none(data: bytes) -> None:
    reader = Reader()
    assert reader.feed(data) is None
    assert reader.finish() is None


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body_whatever_their_head_says(status: int) -> None:
    answer = whole(b"HTTP/1.1 %d X\r\nContent-Length: 10\r\n\r\n" % status)
    assert answer is not None
    assert answer.body == b""


def test_an_answer_to_head_has_no_body() -> None:
    answer = Reader(bodiless=True).feed(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    assert answer is not None
    assert answer.body == b""


@pytest.mark.parametrize(
    "data",
    [
        by_length(b"x") + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Close\r\n\r\nx",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ],
)
def test_a_connection_is_not_used_again_when_more_came_or_it_closes(data: bytes) -> None:
    answer = whole(data) or Reader().feed(data)
    assert answer is not None
    assert not answer.keep


def test_a_long_body_is_cut_at_the_limit() -> None:
    reader = Reader()
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    answer = reader.feed(data)
    while answer is None:
        answer = reader.feed(b"x" * 4096)
    assert len(answer.body) <= http1.LIMIT
    assert answer.truncated
    assert not answer.keep


def test_an_endless_head_is_a_bad_answer() -> None:
    reader = Reader()
    reader.feed(b"HTTP/1.1 200 OK\r\n")
    for _ in range(16):
        assert reader.feed(b"X-Filler: " + b"x" * 1000 + b"\r\n") is None
    with pytest.raises(BadAnswer):
        reader.feed(b"X-Filler: " + b"x" * 1000 + b"\r\n")


def test_endless_hints_are_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        Reader().feed(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)


def test_byte_by_byte_costs_no_more_than_its_bytes() -> None:
    def read(size: int) -> None:
        reader = Reader()
        answers = [reader.feed(bytes((byte,))) for byte in by_length(b"y" * size)]
        assert answers[-1] is not None

    assert calls(lambda: read(60_000)) < 11 * calls(lambda: read(6_000))


def test_a_known_head_is_not_read_again_and_still_means_the_same() -> None:
    first = whole(by_length(b"abc"))
    assert first is not None
    second = whole(by_length(b"xyz"), first.head)
    assert second is not None
    assert second.head is first.head
    assert second.body == b"xyz"


def test_a_response_shows_its_status_and_nothing_else() -> None:
    answer = whole(by_length(b"Zebulon Quackenbush"))
    assert repr(answer) == "<Response 200>"


def test_headers_are_found_by_lower_case_name() -> None:
    answer = whole(b"HTTP/1.1 503 X\r\nRETRY-after:  7 \r\nContent-Length: 0\r\n\r\n")
    assert answer is not None
    assert answer.header("retry-after") == "7"
    assert answer.header("server") is None


@given(st.text(max_size=20), st.text(max_size=40))
def test_no_name_or_value_starts_another_header(name: str, value: str) -> None:
    try:
        lines = header_lines([(name, value)])
    except ValueError:
        return
    assert lines.count(b"\r\n") == 1
    assert lines.endswith(b"\r\n")
    assert b"\n" not in lines[:-2]
    assert b"\r" not in lines[:-2]


def test_a_prepared_request_hides_its_credentials() -> None:
    prepared = prepare("https://a.example/x", [("Authorization", "Bearer secret-token")])
    assert "secret-token" not in repr(prepared)
