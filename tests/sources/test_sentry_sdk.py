"""Envelopes of Sentry's SDKs: taken apart by their lengths, events kept, the rest let go, one error one identity."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sources.contract import Malformed, WrongShape
from router.sources.sentry_sdk import envelope, plain_key
from tests.sources.canary import LEVELS, MRN, NAME, SAID, edge, leaks, one, parse, rubbish, taken_or_refused
from tests.sources.test_sentry import EVENT as WHOLE

EVENT = {name: value for name, value in WHOLE.items() if name not in {"title", "web_url", "issue_id", "issue_url"}}


def pack(*items: tuple[str, object], length: bool = True, **header: object) -> bytes:
    """An envelope; payloads that are no bytes become JSON."""
    head = {"event_id": EVENT["event_id"], "dsn": "https://pub_key@ingest.example.test/42", **header}
    lines = [orjson.dumps(head)]
    for kind, payload in items:
        raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        lines += [orjson.dumps({"type": kind, **({"length": len(raw)} if length else {})}), raw]
    return b"\n".join(lines) + b"\n"


def thrown(kind: str, value: str, *frames: tuple[str, str, bool], **more: object) -> dict[str, Any]:
    """An event of one exception; frames are (module, function, in_app)."""
    stack = [{"module": module, "function": function, "in_app": own} for module, function, own in frames]
    return {"exception": {"values": [{"type": kind, "value": value, "stacktrace": {"frames": stack}}]}, **more}


@pytest.mark.parametrize("length", [True, False])
def test_events_become_alerts_and_everything_else_is_let_go(length: bool) -> None:  # noqa: FBT001 - both
    body = pack(
        ("attachment", b"of a screen"),
        ("event", EVENT),
        ("transaction", {"spans": [NAME]}),
        ("something_new", {}),
        length=length,
    )
    alert = one("sentry-sdk", body)
    assert (alert.signal, alert.severity, alert.title) == ("firing", "error", f"ValueError: {SAID}")
    assert [kind for kind, _ in envelope(body).items] == ["attachment", "event", "transaction", "something_new"]
    assert envelope(body).key == "pub_key"


def test_a_payload_with_a_length_may_hold_newlines() -> None:
    body = pack(("attachment", b"\n\n{\n"), ("event", orjson.dumps(EVENT, option=orjson.OPT_INDENT_2)))
    assert len(parse("sentry-sdk", body)) == 1


def test_one_error_has_one_identity_whoever_the_patient_is() -> None:
    frames = (("django.core", "handle", False), ("intake.views", "create", True))
    first = one("sentry-sdk", pack(("event", thrown("KeyError", SAID, *frames, event_id="a" * 32))))
    other = one("sentry-sdk", pack(("event", thrown("KeyError", "no chart for Jane", *frames, event_id="b" * 32))))
    elsewhere = one("sentry-sdk", pack(("event", thrown("KeyError", SAID, ("intake.chart", "load", True)))))
    another = one("sentry-sdk", pack(("event", thrown("ValueError", SAID, *frames))))
    assert first.dedup_key == other.dedup_key
    assert len({first.dedup_key, elsewhere.dedup_key, another.dedup_key}) == 3
    assert first.episode != other.episode


def test_a_fingerprint_of_the_senders_own_is_the_identity() -> None:
    def key(*fingerprint: str) -> str:
        event = thrown("KeyError", SAID, ("a", "b", True), fingerprint=list(fingerprint))
        return one("sentry-sdk", pack(("event", event))).dedup_key

    usual = one("sentry-sdk", pack(("event", thrown("KeyError", SAID, ("a", "b", True))))).dedup_key
    assert len({key("payments"), key("refunds"), key("{{ default }}", "eu"), usual}) == 4
    assert key("payments") == key("payments")


def test_a_logged_template_is_an_identity_and_a_bare_message_is_none() -> None:
    said = {"logentry": {"message": "no chart for %s", "params": [NAME], "formatted": SAID}, "logger": "intake"}
    assert one("sentry-sdk", pack(("event", said))).dedup_key
    bare = one("sentry-sdk", pack(("event", {"message": SAID})))
    assert (bare.dedup_key, bare.title) == ("", SAID)


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_a_patient_is_kept(level: Any) -> None:  # noqa: ANN401 - a level
    (alert,) = edge("sentry-sdk", pack(("event", EVENT), ("attachment", MRN.encode())), level)
    assert not leaks(alert)
    assert alert["details"]["exception"][0]["frames"][0]["function"] == "create"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"a\ud83db", "a\ufffdb"),
        (r"a\udE00b", "a\ufffdb"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\\ufffd"),
    ],
)
def test_a_letter_that_no_database_stores_does_not_cost_the_event(said: str, kept: str) -> None:
    assert one("sentry-sdk", pack(("event", f'{{"message":"{said}"}}'.encode()))).title == kept


def test_an_envelope_without_events_has_no_alerts() -> None:
    assert parse("sentry-sdk", pack(("session", {}), ("client_report", {}))) == []
    assert parse("sentry-sdk", b"{}") == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", Malformed),
        (SAID.encode(), Malformed),
        (b"[]", WrongShape),
        (b'{}\n{"type":"event","length":900}\n{}', Malformed),
        (b'{}\n{"type":"event","length":-1}\n{}', WrongShape),
        (b'{}\n{"length":2}\n{}', WrongShape),
        (b'{}\n{"type":"event"}\n[]', WrongShape),
        (b'{}\n{"type":"event"}\n{"a":1,"a":2}', Malformed),
        (b"{}" + b'\n{"type":"x"}\n{}' * 1001, Malformed),
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        parse("sentry-sdk", body)
    assert not leaks(str(caught.value))


@pytest.mark.parametrize("key", ["k" * 40, "a/b+c=" * 8, "x_" + "y" * 40])
def test_a_key_of_any_letters_has_a_form_for_a_dsn(key: str) -> None:
    assert plain_key("x_" + key.encode().hex()) == key
    assert plain_key(key) == key


@given(
    st.lists(st.tuples(st.sampled_from(["event", "session", "x"]), rubbish("exception", "values", "tags")), max_size=3)
)
def test_any_items_are_taken_or_refused(items: list[tuple[str, object]]) -> None:
    taken_or_refused("sentry-sdk", pack(*items))


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_are_taken_or_refused(noise: bytes, at: int) -> None:
    body = pack(("event", {"message": "x"}))
    taken_or_refused("sentry-sdk", body[:at] + noise + body[at:])
