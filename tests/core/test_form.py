"""A form is its model: every field of every kind, its rules said as what to do, and no secret in anything it shows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.contract import Spec
from channels.registry import CHANNELS
from router.core import form
from tests.examples import examples

KINDS = list(CHANNELS.values())
WHOLE: dict[str, dict[str, str]] = {
    "slack": {"channel": "C0123456789", "base_url": "https://slack.example/api/", "vendor": "slack"},
    "pagerduty": {"events_url": "https://events.eu.pagerduty.com", "vendor": "pagerduty"},
    "email": {
        "to": "oncall@acme.example\nnight@acme.example",
        "from": "alerts@acme.example",
        "smtp.host": "relay.acme.example",
        "smtp.port": "465",
        "smtp.tls": "implicit",
        "vendor": "Acme Mail",
    },
    "webhook": {"url": "https://hooks.acme.example/in/k3y-7d1f", "vendor": "Acme Hooks"},
}
"""Each kind's form, filled in whole."""


def leaves(shape: Any, above: str = "") -> set[str]:  # noqa: ANN401 - a model
    """Where every value of a model stands, found without the form's help."""
    found = set()
    for each in msgspec.inspect.type_info(shape).fields:  # type: ignore[attr-defined]  # of a struct
        inner = each.type.type if isinstance(each.type, msgspec.inspect.Metadata) else each.type
        if isinstance(inner, msgspec.inspect.StructType):
            found |= leaves(inner.cls, f"{above}{each.encode_name}.")
        else:
            found.add(f"{above}{each.encode_name}")
    return found


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.kind)
def test_every_field_and_every_credential_of_the_model_is_asked_for_once_with_words(spec: Spec[Any]) -> None:
    asked = form.fields(spec)
    names = [each.name for each in asked]
    assert sorted(names) == sorted([*leaves(spec.config), *spec.secrets, *spec.optional_secrets])
    assert all(each.title and each.rule.endswith(".") for each in asked)
    assert all(each.help for each in asked if each.required or each.sort == "secret")
    assert {each.name for each in asked if each.sort == "secret" and each.required} == set(spec.secrets)


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.kind)
def test_what_is_typed_becomes_the_model_and_the_model_what_was_typed(spec: Spec[Any]) -> None:
    typed = WHOLE[spec.kind]
    assert typed.keys() == leaves(spec.config)
    faults: dict[str, str] = {}
    made = form.build(spec, form.read(spec, typed), faults)
    assert faults == {}
    assert made is not None
    assert form.shown(spec, made) == typed
    assert form.build(spec, msgspec.to_builtins(made), faults) == made


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.kind)
def test_an_empty_form_says_of_every_needed_field_what_to_write(spec: Spec[Any]) -> None:
    faults: dict[str, str] = {}
    made = form.build(spec, form.read(spec, {}), faults)
    needed = {each.name for each in form.fields(spec) if each.required and each.sort != "secret"}
    assert set(faults) == needed
    assert (made is None) == bool(needed)


@pytest.mark.parametrize(
    ("kind", "name", "wrong", "said"),
    [
        ("slack", "channel", "#general", "Write it like C0123456789"),
        ("slack", "base_url", "slack.com", "The URL must start with https://."),
        ("pagerduty", "events_url", "https://me:hunter2@events.example", "must not carry a user name or password"),
        ("email", "to", "\n".join(["someone@acme.example"] * 51), "Write 1 to 50, each on a line of its own."),
        ("email", "to", "hunter2", "no plain name@domain"),
        ("email", "from", "hunter2", "no plain name@domain"),
        ("email", "smtp.port", "70000", "Write a whole number from 1 to 65535."),
        ("email", "smtp.port", "hunter2", "Write a whole number from 1 to 65535."),
        ("email", "smtp.tls", "hunter2", "Choose one of starttls, implicit, none."),
        ("email", "smtp.host", "hunter2.7", "write four decimal numbers"),
        ("webhook", "url", "https://hooks.example/a b?k=hunter2", "must be escaped"),
    ],
)
def test_what_is_wrong_is_said_of_its_field_and_never_repeated(kind: str, name: str, wrong: str, said: str) -> None:
    faults: dict[str, str] = {}
    assert form.build(CHANNELS[kind], form.read(CHANNELS[kind], {**WHOLE[kind], name: wrong}), faults) is None
    assert list(faults) == [name]
    assert said in faults[name]
    assert "hunter2" not in faults[name]


@settings(max_examples=examples(30))
@given(kind=st.sampled_from(sorted(CHANNELS)), junk=st.dictionaries(st.text(max_size=8), st.text(), max_size=4))
def test_no_settings_whatsoever_break_it(kind: str, junk: dict[str, str]) -> None:
    spec = CHANNELS[kind]
    for given_settings in (form.read(spec, {**WHOLE[kind], **junk}), {**form.read(spec, WHOLE[kind]), **junk}):
        faults: dict[str, str] = {}
        assert (form.build(spec, given_settings, faults) is None) == bool(faults)


@settings(max_examples=examples(30))
@given(
    kind=st.sampled_from(sorted(CHANNELS)),
    old=st.text("abcdefgh", min_size=8),
    new=st.text("uvwxyz", min_size=8),
)
def test_a_difference_tells_what_was_done_to_a_secret_and_never_the_secret(kind: str, old: str, new: str) -> None:
    spec = CHANNELS[kind]
    config = form.build(spec, form.read(spec, WHOLE[kind]), {})
    assert config is not None
    for name in (*spec.secrets, *spec.optional_secrets):
        for was, now, words in (
            ({name: old}, {name: new}, "replaced"),
            ({}, {name: new}, "set"),
            ({name: old}, {}, "taken away"),
        ):
            (one,) = form.changes(spec, (config, was), (config, now))
            assert (one.field, one.now, one.secret) == (name, words, True)
            assert not {old, new} & {one.was, one.now}


def test_an_address_whose_path_may_hold_a_key_is_told_up_to_its_host() -> None:
    spec = CHANNELS["webhook"]
    faults: dict[str, str] = {}
    was, now = (form.build(spec, {"url": f"https://hooks.example/{key}"}, faults) for key in ("k3y-1", "k3y-2"))
    assert was is not None
    assert now is not None
    (one,) = form.changes(spec, (was, {}), (now, {}))
    assert (one.was, one.now) == ("https://hooks.example/…", "https://hooks.example/… (another path)")


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 64, "7d3e1f52-9c04-4b8a-8f61-0a2b4c6d8e90", "ü"])
def test_a_name_that_addresses_cannot_hold_or_that_reads_like_an_id_is_refused(name: str) -> None:
    assert form.name_fault(name).startswith("Write ")
    assert form.name_fault("oncall-1.eu") == ""
