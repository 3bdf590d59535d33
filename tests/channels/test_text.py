"""Cutting never goes through a token."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from channels.slack import escape
from channels.text import ELLIPSIS, TOKEN, clip, headline, one_line, utf8_size
from tests.channels import exam

tokens = st.sampled_from(exam.TOKENS)
texts = st.lists(tokens | st.text(max_size=12) | st.sampled_from(["<", ">", "<A_", "&lt;", "\N{FAMILY}"])).map("".join)
sizes = st.sampled_from([len, utf8_size, lambda text: len(escape(text))])


@given(texts, st.integers(0, 200), sizes)
def test_what_is_left_fits_and_is_the_start_of_the_text(text: str, limit: int, size: type[int]) -> None:
    short = clip(text, limit, size)
    assert size(short) <= limit
    assert short == text or text.startswith(short.removesuffix(ELLIPSIS))


@given(texts, st.integers(0, 200), sizes)
def test_every_token_is_there_whole_or_not_at_all(text: str, limit: int, size: type[int]) -> None:
    kept = clip(text, limit, size).removesuffix(ELLIPSIS)
    for token in TOKEN.finditer(text):
        assert not token.start() < len(kept) < token.end()


@given(texts)
def test_what_fits_is_left_alone(text: str) -> None:
    assert clip(text, len(text)) == text


@given(texts, st.integers(1, 200))
def test_no_more_is_cut_than_must_be(text: str, limit: int) -> None:
    kept = clip(text, limit)
    if kept != text:
        longest_token = max((len(token) for token in TOKEN.findall(text)), default=0)
        assert len(kept) >= limit - longest_token


@given(st.text(max_size=100))
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert not re.search(r"[\r\n\x00-\x1f\x7f\x85\u2028\u2029]", line)


def test_the_headline_is_the_summary_as_it_was_rendered() -> None:
    rendered = f"[CRITICAL] prod-alertmanager: FHIR 5xx above 5% for {exam.TOKENS[0]} (INC-7K2M4Q)"
    assert headline(exam.message()) == rendered
    assert headline(exam.message(summary=rendered.replace(": ", ":\r\n "))) == rendered
