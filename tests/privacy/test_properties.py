"""What holds for every event: structure, idempotence, and that no chain of encodings makes a value readable."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from router.bench.scorer import readings
from router.privacy.positional import segmented
from router.privacy.rules import compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import TOKEN, ThrowawayMint
from tests.effort import calls
from tests.examples import examples

STRICT = compile_rules("strict")
LEVELS = {level: compile_rules(level) for level in ("detect", "strict", "sealed")}
KEYS = [
    "patient",
    "subject",
    "reference",
    "name",
    "dx",
    "reason",
    "note",
    "unit",
    "Authorization",
    "email",
    "to",
    "phone",
    "mrn",
    "message",
    "url",
    "data",
    "medication",
    "dob",
    "client_ip",
    "tags",
    "service",
    "contact",
    "user",
    "address",
    "comment",
]
VALUES = [
    "Patient/7389323",
    "Practitioner/af31-99",
    "urn:uuid:9f8c22ac-3fd3-469c-bdae-0cb7b9f9fdfc",
    "Basic enE6Y2FuYXJ5cGFzcw==",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl",
    "Zebulon Quackenbush",
    "219-09-9999",
    "Quackenbush, Zebulon (MRN-77341902)",
    "zq.canary@leakmail.test",
    "Zebulon Quackenbush <zq.canary@leakmail.test>",
    "24.115.199.243:47583",
    "kidney stones",
    "cast removal, left wrist",
    "burn unit",
    "Ward 4B",
    "1957-05-11",
    "https://ehr.example.org/Patient/7389323?dob=1945-03-16",
    "tel:+1-206-555-0188",
    "metformin 500 mg",
    "CrashLoopBackOff",
    "PID|1||84719087^^^GHH^MR||SALAS^JONATHAN^^^DR||20110624|F",
    "could not reach Zebulon Quackenbush about knee MRI",
    "reason=black eye&who=Zebulon+Quackenbush",
    '{"dx": "C50.911"}',
    'mrn=77341902 unit="telemetry" ok',
    "Dear Zebulon,",
    "Key (email)=(zq.canary@leakmail.test) already exists.",
    "63 y/o male c/o chest pain",
    "retry 3/5",
]
VALUE = st.sampled_from(VALUES) | st.tuples(
    st.sampled_from(VALUES), st.sampled_from([" ", ", ", "; ", "\n", " - ", " for "]), st.sampled_from(VALUES)
).map("".join)
LEAF = VALUE | st.lists(VALUE, max_size=2)
RECORD = st.dictionaries(
    st.sampled_from(KEYS), LEAF | st.dictionaries(st.sampled_from(KEYS), LEAF, max_size=3), min_size=1, max_size=4
)
"""Events as people write them: keys that say what they hold, with values of every kind, alone and side by side."""
A_UUID = "9f8c22ac-3fd3-469c-bdae-0cb7b9f9fdfc"
QUIET = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@settings(QUIET, derandomize=True)
@given(RECORD, st.sampled_from(sorted(LEVELS)))
@example({"patient": f"Patient/7389323 urn:uuid:{A_UUID}", "subject": f"urn:uuid:{A_UUID}"}, "strict")
def test_a_tokenized_record_fed_back_is_what_it_was(event: dict[str, object], level: str) -> None:
    """`Patient/<PATIENT_ID_…>` under `patient`, `Bearer <SECRET_…>`, a segment that is all tokens: no second token."""
    mint = ThrowawayMint()
    once = tokenize(event, LEVELS[level], {}, mint).event
    assert tokenize(once, LEVELS[level], {}, mint).event == once


@pytest.mark.parametrize("level", sorted(LEVELS))
def test_what_stands_under_a_key_that_became_a_token_stays(level: str) -> None:
    mint = ThrowawayMint()
    event = {"sent": {"zq.canary@leakmail.test": 8, "MRN-77341902": 3}, "text": "from 24.115.199.243:47583"}
    once = tokenize(event, LEVELS[level], {}, mint).event
    assert 8 in once["sent"].values()
    assert tokenize(once, LEVELS[level], {}, mint).event == once


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
        "NM1*",
        "+1",
        "LIKE @",
        "c/o ",
        "1,",
        "00,1",
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


@pytest.mark.parametrize("text", ["patient {name}", 'x={name} body={{"a": 1, "patient": "{name}"}}', "{name}"])
def test_work_grows_with_the_texts_of_an_event_and_not_faster(text: str) -> None:
    """Eight times the names, each in a text of its own: what is found is sought everywhere, but not one by one."""

    def work(size: int) -> int:
        names = ["".join("abcdefghijklmnop"[number >> bits & 15] for bits in (0, 4, 8)) for number in range(size)]
        event = [text.format(name=f"Qu{name}x") for name in names]
        return calls(lambda: tokenize(event, compile_rules("strict"), {}, ThrowawayMint()))

    work(10)
    assert work(2_000) < work(250) * 16


@pytest.fixture(scope="module")
def ordinary_work() -> int:
    """The calls that 128,000 characters of an ordinary log take."""
    line = (
        "2026-03-01 10:00:07,120 WARN [pool-3-thread-7] request 4711 to ledger timed out after 5000 ms, retry 2 of 5\n"
    )
    return calls_for(line)


def calls_for(unit: str) -> int:
    text = (unit * 128_000)[:128_000]
    event = [f"{at} {text[at : at + 4_000]}" for at in range(0, len(text), 4_000)]
    return calls(lambda: tokenize(event, compile_rules("strict"), {}, ThrowawayMint()))


@pytest.mark.parametrize("unit", ["LIKE @", "c/o ", "NM1*", "MSH|", "[12+", "555-1234+", "1,", "\ufb01"])
def test_no_text_is_much_more_work_than_an_ordinary_log(unit: str, ordinary_work: int) -> None:
    """What takes more for each character is charged more of the event's budget, so that all of it stays bounded."""
    assert calls_for(unit) < 4 * ordinary_work


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({f"Quux{at}": f"Zyxx{at}" for at in range(4_000)}, id="members"),
        pytest.param([{"name": f"Quux{at}", "value": f"a{at}B7"} for at in range(3_000)], id="pairs"),
        pytest.param([f"Quux{at} a{at}B7c" for at in range(6_000)], id="texts"),
    ],
)
def test_no_event_is_much_more_work_than_an_ordinary_log(event: object, ordinary_work: int) -> None:
    """Values that nobody has met, in any structure, are no more work than log lines of twice that size."""
    assert calls(lambda: tokenize(event, compile_rules("strict"), {}, ThrowawayMint())) < 3 * ordinary_work


@QUIET
@given(st.text(alphabet="NM1*N3~\nA ISA*0", max_size=40))
def test_x12_is_told_as_by_looking_for_its_segments(text: str) -> None:
    segment = r"ISA\*0|\b(?:NM1|DMG|N3|N4|REF|GS|ST|HI|CLM)\*[^~\n]*~|\A\s*(?:NM1|N1|N3)\*[^~]*\Z"
    assert segmented(text) == bool(re.search(segment, text))
