"""The pure parts: what a password must be, how an API token reads, what a provider's settings and claims mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core import api_token, identity
from router.core.identity import Provider, Unusable
from router.core.password import fault, normal

SETTINGS = {"issuer": "https://sso.clinic.test/realms/clinic", "client_id": "alertveil", "tenant": "clinic"}


@pytest.mark.parametrize(
    "password",
    [
        "short one",
        "x" * 129,
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "abcdefghijklmnop",
        "Password1234!",
        "CorrectHorseBatteryStaple",
        "anna.meyer rules",
        "alertveil-2026-x",
        "ｐａｓｓｗｏｒｄ１２３４",
    ],
)
def test_a_password_that_anybody_would_try_is_refused_without_repeating_it(password: str) -> None:
    said = fault(password, "anna.meyer@clinic.test", "clinic")
    assert said is not None
    assert password not in said


@pytest.mark.parametrize(
    "password", ["a few words do well", "пароль из слов", "🐎 battery staple horse", "k" * 3 + "Zq9!vL2#pW"]
)
def test_any_other_password_is_taken_whatever_characters_it_has(password: str) -> None:
    assert fault(password, "anna@clinic.test", "clinic") is None


def test_a_password_is_the_same_however_it_was_typed() -> None:
    assert normal("pa\u0308sse fünf Wörter") == normal("p\u00e4sse fünf Wörter")


@given(st.binary(min_size=api_token.RANDOM, max_size=api_token.RANDOM))
def test_a_token_has_a_beginning_a_secret_and_a_checksum(random: bytes) -> None:
    text = api_token.compose(random)
    assert api_token.well_formed(text)
    assert text.startswith(api_token.prefix(text) + "_")
    assert len(text) == len("av_12345678_") + 43 + 7


@given(
    st.binary(min_size=api_token.RANDOM, max_size=api_token.RANDOM),
    st.integers(min_value=0, max_value=61),
    st.sampled_from("0Aaz9_- \n€"),
)
def test_a_mistyped_token_is_known_before_anybody_is_asked(random: bytes, at: int, char: str) -> None:
    text = api_token.compose(random)
    changed = text[:at] + char + text[at + 1 :]
    assert api_token.well_formed(changed) == (changed == text)


@given(st.text(max_size=80))
def test_any_other_text_is_no_token(text: str) -> None:
    assert not api_token.well_formed(text)


def provider(**more: str) -> Provider:
    found = identity.provider({**SETTINGS, **more})
    assert found is not None
    return found


def test_without_settings_there_is_no_provider() -> None:
    assert identity.provider({}) is None


@pytest.mark.parametrize(
    "given",
    [
        {"issuer": "sso.clinic.test", "client_id": "x"},
        {"issuer": "https://sso.clinic.test?x=1", "client_id": "x"},
        {"issuer": "https://sso.clinic.test"},
        {**SETTINGS, "roles": "oncall"},
        {**SETTINGS, "roles": "oncall=root"},
        {**SETTINGS, "roles": "=viewer"},
        {**SETTINGS, "roles": "oncall=viewer", "tenant": ""},
        {**SETTINGS, "secert": "x"},
    ],
)
def test_settings_that_cannot_be_used_are_said_by_name_and_not_by_value(given: dict[str, str]) -> None:
    with pytest.raises(Unusable, match="ALERTVEIL_OIDC_") as said:
        identity.provider(given)
    assert "clinic.test" not in str(said.value)


def test_a_provider_shows_its_secret_to_nobody() -> None:
    assert "hush" not in repr(provider(client_secret="hush"))


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": ["/oncall"]},
        {"groups": "oncall"},
        {"roles": ["oncall"]},
        {"realm_access": {"roles": ["oncall"]}},
        {"resource_access": {"alertveil": {"roles": ["oncall"]}}},
    ],
    ids=["Keycloak groups", "one group", "Entra ID", "Keycloak realm", "Keycloak client"],
)
def test_groups_are_found_where_providers_put_them(claims: dict[str, object]) -> None:
    where = provider(roles="oncall=responder+operator")
    person = identity.person({"sub": "1", "email": "a@clinic.test", **claims}, where)
    assert identity.roles(person, where) == {"clinic": ("responder", "operator")}


@given(st.dictionaries(st.text(max_size=10), st.recursive(st.none() | st.text() | st.integers(), st.lists), max_size=4))
def test_claims_of_any_shape_give_a_person_or_say_what_is_missing(claims: dict[str, object]) -> None:
    where = provider(roles="oncall=viewer", groups_claim="groups,a.b")
    try:
        person = identity.person({"sub": "1", "email": "a@clinic.test", **claims}, where)
    except Unusable:
        return
    assert set(identity.roles(person, where)) <= {"clinic"}
