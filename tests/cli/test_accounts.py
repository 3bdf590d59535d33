"""People and machines from the terminal: users, sessions, API tokens, the break-glass account, the set-up code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from router.flow import manage, signin, tokens
from router.runtime import Runtime
from tests.cli.conftest import Alertveil
from tests.flow.builder import Tenant


def test_a_token_is_printed_once_listed_by_its_beginning_and_revoked(
    alertveil: Alertveil, runtime: Runtime, clinic: Tenant
) -> None:
    manage.add_user(runtime, clinic.tenant_id, "boss@clinic.test", ["admin"], "test")
    day = (datetime.now(UTC) + timedelta(days=90)).date()
    words = ("tokens", "add", "--tenant", "clinic", "--role", "viewer", "--until", day, "--json")
    made = alertveil(*words, "--as", "boss@clinic.test").json
    assert tokens.authenticate(runtime, made["token"]) is not None
    (listed,) = alertveil("tokens", "list", "--tenant", "clinic", "--json").json
    assert (listed["id"], listed["created_by"], listed["roles"]) == (made["id"], "boss@clinic.test", ["viewer"])
    assert made["token"] not in str(listed)
    assert alertveil("tokens", "revoke", made["id"], "--json").json == {"id": made["id"], "revoked": True}
    assert tokens.authenticate(runtime, made["token"]) is None


@pytest.mark.parametrize("role", ["viewer", "operator", "privacy_officer"])
def test_only_an_administrator_makes_tokens_and_looks_after_people(
    alertveil: Alertveil, runtime: Runtime, clinic: Tenant, role: str
) -> None:
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", [role], "test")
    for words in (
        ("tokens", "add", "--role", "admin", "--until", "2027-01-01"),
        ("users", "disable", "--email", "anna@clinic.test"),
        ("users", "reset", "--email", "anna@clinic.test"),
        ("users", "break-glass", "open", "--reason", "why"),
    ):
        said = alertveil(*words, "--as", "anna@clinic.test")
        assert (said.code, said.out) == (1, "")
        assert "roles of the user that --as names" in said.err


def test_a_user_is_disabled_with_every_session_and_let_in_again(
    alertveil: Alertveil, runtime: Runtime, clinic: Tenant
) -> None:
    email = ("--email", "anna@clinic.test")
    code = alertveil("users", "add", *email, "--role", "viewer", "--link", "--json").json["code"]
    secret = signin.exchange(runtime, code)
    assert signin.visitor(runtime, secret or "") is not None
    (held,) = alertveil("users", "sessions", *email, "--json").json
    assert (held["email"], held["auth"]) == ("anna@clinic.test", signin.HOST)
    assert alertveil("users", "disable", *email, "--json").json["disabled"] is True
    assert signin.visitor(runtime, secret or "") is None
    assert alertveil("users", "enable", *email, "--json").json["changed"] is True
    assert alertveil("users", "sessions", "--end", *email, "--json").json["ended"] == 0
    assert alertveil("users", "sessions", "--end").code == 2
    assert clinic.slug == "clinic"


def test_a_user_gets_a_time_zone_by_its_name(alertveil: Alertveil, runtime: Runtime, clinic: Tenant) -> None:
    user_id = manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    words = ("users", "zone", "--email", "anna@clinic.test")
    answers = [alertveil(*words, zone, "--json").json for zone in ("Europe/Berlin", "Europe/Berlin", "UTC")]
    assert answers == [
        {"id": str(user_id), "zone": zone, "changed": changed}
        for zone, changed in (("Europe/Berlin", True), ("Europe/Berlin", False), ("UTC", True))
    ]
    said = alertveil(*words, "Mars/Olympus")
    assert (said.code, said.out) == (1, "")
    assert "There is no such time zone here" in said.err


def test_the_set_up_code_is_for_an_installation_without_anybody(
    alertveil: Alertveil, runtime: Runtime, clinic: Tenant
) -> None:
    assert len(alertveil("users", "set-up-code", "--json").json["code"]) == len("XXXX-XXXX-XXXX")
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    said = alertveil("users", "set-up-code")
    assert (said.code, "There is a user already" in said.err) == (1, True)
