"""What holds for every event: structure, idempotence, and that no chain of encodings makes a value readable."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.bench.scorer import readings
from router.privacy.rules import compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import TOKEN, ThrowawayMint
from tests.effort import calls

STRICT = compile_rules("strict")
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)
ENCODERS: dict[str, Callable[[str], str]] = {
    "json": json.dumps,
    "percent": lambda text: quote(text, safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "html": html.escape,
    "object": lambda text: json.dumps({"body": text}),
}


def shape(value: object) -> object:
    """The structure without its leaves; a key may become a token."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return None


@QUIET
@given(JSON)
def test_any_event_keeps_its_structure_and_stays_json(event: object) -> None:
    out = tokenize(event, STRICT, {}, ThrowawayMint()).event
    assert json.loads(json.dumps(out)) == out
    assert shape(out) == shape(event)


@QUIET
@given(JSON)
def test_a_tokenized_event_fed_back_keeps_its_tokens(event: object) -> None:
    once = tokenize(event, STRICT, {}, ThrowawayMint()).event
    twice = tokenize(once, STRICT, {}, ThrowawayMint()).event
    before = [match[0] for match in TOKEN.finditer(json.dumps(once))]
    after = [match[0] for match in TOKEN.finditer(json.dumps(twice))]
    assert not set(before) - set(after)


@QUIET
@given(
    st.lists(st.sampled_from(sorted(ENCODERS)), min_size=0, max_size=4),
    st.sampled_from(
        ["ssn 219-09-9999 rejected", '{"email": "zq.canary@leakmail.test"}', "patient Zebulon Quackenbush absent"]
    ),
)
def test_no_chain_of_encodings_leaves_a_value_readable(chain: list[str], value: str) -> None:
    text = value
    for name in chain:
        text = ENCODERS[name](text)
    out = json.dumps(tokenize({"msg": text, "again": [text]}, STRICT, {}, ThrowawayMint()).event)
    for seen in readings(out, depth=6):
        assert not re.search(r"219-09-9999|zq\.canary|Quackenbush", seen), chain


@QUIET
@given(st.text(max_size=300))
def test_any_text_gives_text_and_cuts_no_token(text: str) -> None:
    out = tokenize(text, STRICT, {}, ThrowawayMint()).event
    assert isinstance(out, str)


@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "123-",
        "a@",
        "ssn=",
        'name="',
        "((((",
        "%25",
        "[",
        "&amp;",
        "PID|1||",
        "1 ",
        "a:",
        "-----BEGIN A-----",
        "a/",
        "Key (email)=(",
        "Name: A",
        "<name>",
        "a,b\n",
        "\\u0041",
        "$1 = 'x', ",
    ],
)
def test_work_grows_with_size_and_not_faster(unit: str) -> None:
    """Eight times the text takes at most some thirty times the calls; a quadratic reader would make sixty-four.

    Calls are counted, not seconds: the same text makes the same number of them however busy the machine is.
    """

    def work(size: int) -> int:
        text = (unit * size)[:size]
        return calls(lambda: tokenize({"m": text}, STRICT, {}, ThrowawayMint()))

    work(1000)
    assert work(32_000) < max(work(4_000), 1000) * 30
