"""Rules that are refused, tokens, the tripwire and the scrubber."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from router.privacy import shapes
from router.privacy.lexicon import LEXICON
from router.privacy.rules import RuleRefused, compile_rules
from router.privacy.scrub import MAX_LINE, scrub_ndjson, scrub_text
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import (
    ALPHABET,
    BYTES,
    KINDS,
    TOKEN,
    ThrowawayMint,
    find_tokens,
    fresh_token,
    is_token,
    new_token,
)
from router.privacy.tripwire import scan

STRICT = compile_rules("strict")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"level": "loose"}, "level"),
        ({"level": "strict", "patterns": [("MRN", r"(\d+)\1")]}, "Pattern 1"),
        ({"level": "strict", "patterns": [("MRN", r"a"), ("MRN", r"(?<=x)y")]}, "Pattern 2"),
        ({"level": "strict", "patterns": [("NOPE", r"\d{9}")]}, "Pattern 1"),
        ({"level": "strict", "patterns": [("MRN", r"\d*")]}, "empty text"),
        ({"level": "strict", "patterns": [("MRN", r"((a{1,1000}){1,1000}){1,1000}")]}, "Pattern 1"),
        ({"level": "strict", "safe_words": ["two words"]}, "Safe word 1"),
        ({"level": "strict", "field_rules": {"a.b": "maybe"}}, "Field rule 1"),
    ],
)
def test_a_rule_that_cannot_run_is_refused_by_its_place(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(RuleRefused, match=says) as caught:
        compile_rules(**arguments)  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.__cause__ is None


def test_equal_rules_have_one_version_and_others_another() -> None:
    assert compile_rules("strict").version == compile_rules("strict").version
    assert compile_rules("strict", safe_words=["quux"]).version != compile_rules("strict").version


def test_a_new_token_has_the_grammar_and_is_never_all_digits() -> None:
    for kind in KINDS:
        assert is_token(new_token(kind, b"\x00" * BYTES))
    made = {new_token("MRN", bytes([*divmod(number, 32), *[0] * (BYTES - 2)])) for number in range(32 * 32)}
    assert len(made) == 32 * 32
    assert all(TOKEN.fullmatch(token) and is_token(token) for token in made)
    assert set(ALPHABET).isdisjoint("ILOU")


def test_a_forked_process_proposes_tokens_of_its_own() -> None:
    fresh_token("MRN")  # some are made ready at once
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, fresh_token("MRN").encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as theirs:
        proposed = theirs.read()
    os.waitpid(child, 0)
    assert is_token(proposed)
    assert proposed != fresh_token("MRN")


def test_tokens_are_found_in_text_and_unknown_kinds_are_not() -> None:
    assert find_tokens("a <EMAIL_7K2M4QXW9R> b <NOBODY_7K2M4QXW9R> <SSN_0123456789>") == ["<EMAIL_7K2M4QXW9R>"]


def test_a_throwaway_mint_repeats_itself_and_forgets_the_oldest() -> None:
    mint = ThrowawayMint(limit=2)
    first = mint.token("MRN", "1", "1")
    assert mint.token("MRN", "1", "1") == first
    mint.token("MRN", "2", "2")
    mint.token("MRN", "3", "3")
    assert mint.token("MRN", "1", "1") != first


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("SSN", "219-09-9999", "219 09 9999"),
        ("PHONE", "+1 (702) 555-0192", "702.555.0192"),
        ("EMAIL", "A@B.test", "a@b.test"),
        ("PERSON", "Zebulon  Quackenbush", "zebulon quackenbush"),
        ("SSN", "２１９-09-9999", "219099999"),
    ],
)
def test_spellings_of_a_value_meet(kind: str, one: str, other: str) -> None:
    assert shapes.normal(kind, one) == shapes.normal(kind, other)


def test_check_digits() -> None:
    assert shapes.npi_ok("1234567893")
    assert not shapes.npi_ok("1234567890")
    assert shapes.dea_ok("AB1234563")
    assert not shapes.dea_ok("AB1234560")
    assert shapes.vin_ok("1HGCM82633A004352")
    assert not shapes.vin_ok("1HGCM82633A004353")
    assert shapes.luhn_ok("4111111111111111")
    assert not shapes.luhn_ok("4111111111111112")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mail zq.canary@leakmail.test now", "EMAIL"),
        ("ssn 219-09-9999", "SSN"),
        ("(702) 555-0192", "PHONE"),
        ("card 4111 1111 1111 1111", "CREDIT_CARD"),
        ("Authorization: Bearer abcdef123456", "SECRET"),
        ('{"password": "hunter22x"}', "SECRET"),
        ("MRN-77341902", "MRN"),
    ],
)
def test_the_tripwire_sees_what_must_not_leave(text: str, kind: str) -> None:
    assert [finding.kind for finding in scan(json.dumps({"text": text, "token": "<EMAIL_7K2M4QXW9R>"}), STRICT)] == [
        kind
    ] or [finding.kind for finding in scan(text, STRICT)] == [kind]


def test_the_tripwire_is_quiet_on_our_own_messages() -> None:
    message = (
        "INC-7K2M4Q critical: patient &lt;PERSON_7K2M4QXW9R&gt; (MRN <MRN_0J9MDSKSWS>) failed 12 times since "
        "2026-05-01T10:11:12Z on claims-worker-7c9f8d6b5-x2x9z:8080, trace "
        "4bf92f3577b34da6a3ce929d0e0e4736, epoch 1751637285123, v12.14.24, "
        "https://alerts.example.com/incidents/9f8c22ac-3fd3-469c-bdae-0cb7b9f9fdfc \\u003cEMAIL_N7AKZY1VM3\\u003e"
    )
    assert scan(message, STRICT) == []


def test_the_tripwire_runs_tenant_patterns() -> None:
    rules = compile_rules("strict", patterns=[("MEMBER_ID", r"ZK\d{4}")])
    found = scan("id ZK1234 and <MEMBER_ID_7K2M4QXW9R>", rules)
    assert [finding.kind for finding in found] == ["MEMBER_ID"]
    assert found[0].path == "3:9"


def test_ndjson_comes_out_valid_and_in_order() -> None:
    lines = [
        b'{"n": 1, "ssn": "219-09-9999"}',
        b"",
        b"not json for zq.canary@leakmail.test",
        b'["a", {"patient": "Zebulon Quackenbush"}]',
        b"5",
        b'"\xff"',
    ]
    target = io.BytesIO()
    count = scrub_ndjson(io.BytesIO(b"\n".join(lines) + b"\n"), target, STRICT, ThrowawayMint())
    out = target.getvalue().decode().split("\n")[:-1]
    assert count == len(lines) == len(out)
    assert json.loads(out[0])["n"] == 1
    assert out[1] == ""
    assert isinstance(json.loads(out[2]), str)
    assert "Quackenbush" not in out[3]
    assert not [value for value in ("219-09", "zq.canary") if value in target.getvalue().decode()]


def test_ndjson_uses_the_roles_of_a_recognised_format() -> None:
    target = io.BytesIO()
    scrub_ndjson(
        io.BytesIO(b'{"zone_blob": "qzx77-ab", "kind": "x"}\n'),
        target,
        STRICT,
        ThrowawayMint(),
        lambda value: {"zone_blob": "drop"} if "zone_blob" in value else None,
    )
    assert json.loads(target.getvalue()) == {"kind": "x"}


def test_text_goes_line_by_line_and_an_endless_line_is_one_token() -> None:
    target = io.BytesIO()
    count = scrub_text(
        io.BytesIO(b"ok\npatient Zebulon Quackenbush\n" + b"x" * (MAX_LINE + 10) + b"\nend"),
        target,
        STRICT,
        ThrowawayMint(),
    )
    out = target.getvalue().decode().split("\n")
    assert count == 4
    assert out[0] == "ok"
    assert "Quackenbush" not in out[1]
    assert TOKEN.fullmatch(out[2])
    assert out[3] == "end"


@pytest.mark.parametrize("scrub", [scrub_text, scrub_ndjson])
def test_lines_end_as_they_did(scrub: Callable[..., int]) -> None:
    harmless = b'"disk full"\r\n\r\n"ok"\n\n"queue is empty"'
    target = io.BytesIO()
    assert scrub(io.BytesIO(harmless), target, STRICT, ThrowawayMint()) == 5
    assert target.getvalue() == harmless


def test_the_lexicon_says_of_conditions_and_medicines_what_their_list_says() -> None:
    """The list is a source of the builder: a word that is added to it and not built in would pass as harmless."""
    lines = (Path(shapes.__file__).with_name("data") / "clinical.txt").read_text(encoding="ascii").splitlines()
    listed = {word: line[0] for line in lines if line[:2] in {"d ", "m "} for word in line[2:].split()}
    assert len(listed) > 1000
    assert {word: LEXICON.flag(word) for word in listed} == listed


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("callback wanted by Hope Winter; Hope left a voicemail", "Hope"),
        ("geocoder: no match for 48 Mill Rd, Mobile AL 36602", "Mobile"),
        ('panicked: Mismatch { room: Some("412B") }', "412B"),
        ("row rejected: 4821|Smith|new", "Smith"),
        ('Error: missing plan: {"m": {"fn": "Ann", "ln": "Doe"}, "id": "M47381888"} (elig)', "M47381888"),
        ("GET /portal/chart.aspx?pid=2371496&x=1 500", "2371496"),
        ("glucometer reading 67 mg/dL rejected", "67 mg/dL"),
        ("el paciente con DNI 16261733K no tiene centro", "16261733K"),
        ("ST*999*0001~CTX*CLM01:531585456~IK4*9*67*7*ZU1260498~", "531585456"),
        ("check-in stuck, ref ZZ 50 76 89 T", "50 76 89"),
    ],
)
def test_what_first_runs_leaked_does_not_pass(text: str, taken: str) -> None:
    tokenized = tokenize(text, compile_rules("strict"), {}, ThrowawayMint()).event
    assert taken not in tokenized
    assert tokenized.split("<")[0] == text[: len(tokenized.split("<")[0])] != ""


@pytest.mark.parametrize(
    ("event", "untold"),
    [
        ("Booking failed: Zebulon Quackenbush for travel jabs on Friday", "travel jabs"),
        ("Pt c/o trouble sleeping x 3 weeks", "trouble sleeping"),
        ("wristband for Zebulon Quackenbush (Delivery Suite) not printed", "Delivery Suite"),
        ("wristband for Zebulon Quackenbush, 4 West, not printed", "4 West"),
        ("Zebulon Quackenbush turned 84 in June", "84"),
        ("Zebulon Quackenbush turned 84 in June", "June"),
        ({"patient": {"name": "Zebulon Quackenbush"}, "requested": "foot exam"}, "foot exam"),
        ({"patient": {"name": "Zebulon Quackenbush"}, "unit": "Maple"}, "Maple"),
        ({"mrn": "MRN-77341902", "value": "Positive"}, "Positive"),
        ({"note": "Zebulon Quackenbush, bp 175/104"}, "175/104"),
        ({"paciente": "Zebulon Quackenbush", "texto": "mujer de 41 a\xf1os"}, "41"),
    ],
)
def test_in_an_event_about_a_person_ordinary_words_say_nothing_of_them(event: object, untold: str) -> None:
    out = json.dumps(tokenize(event, compile_rules("strict"), {}, ThrowawayMint()).event)
    assert untold not in TOKEN.sub("<>", out)  # a token may hold `41` by chance


@pytest.mark.parametrize(
    "event",
    [
        {"reason": "backlog above 5000 for 15m", "note": "Workers are healthy, upstream is slow to return jobs"},
        {"unit": "ms", "comment": "Retry passed on second attempt, marking as flaky"},
        "Could not acquire lock on table patients within 30s; query was cancelled",
        {"title": "Patient portal response time above 2s", "service": "portal-web"},
    ],
)
def test_an_event_about_nobody_keeps_its_words(event: object) -> None:
    assert tokenize(event, compile_rules("strict"), {}, ThrowawayMint()).event == event


def test_a_word_of_the_trade_passes_where_a_persons_word_does_not() -> None:
    assert LEXICON.trade("retry")
    assert LEXICON.systems("timeout")
    assert LEXICON.personal("visits")
    assert not LEXICON.trade("visits")
    assert not LEXICON.trade("maple")
