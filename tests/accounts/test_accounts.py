"""Looking after accounts: one's own, and as an administrator everybody else's; API tokens; sessions."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from router.core import api_token
from router.core.access import ROLES
from router.flow import accounts, signin, tokens
from router.flow.accounts import NotAllowed, ProveFirst
from router.flow.manage import NotFound, NotPossible
from router.runtime import Runtime
from tests.accounts.conftest import HERE, PASSWORD, Enter, user_id
from tests.flow.builder import Superuser, Tenant, tenant

SOON = timedelta(days=30)


def test_a_disabled_user_is_out_at_once_and_stays_out(enter: Enter, runtime: Runtime, clinic: Tenant) -> None:
    anna, boss = enter().with_password(), enter("boss@clinic.test", "admin")
    code = signin.offer(runtime, clinic.tenant_id, anna.email).text
    accounts.set_disabled(runtime, boss.visitor, user_id(runtime, clinic, anna.email), disabled=True)
    assert not anna.signed_in
    assert signin.exchange(runtime, code, HERE) is None
    assert signin.with_password(runtime, HERE, anna.email, PASSWORD) is None
    accounts.set_disabled(runtime, boss.visitor, user_id(runtime, clinic, anna.email), disabled=False)
    assert not anna.signed_in, "what ended stays ended"
    assert signin.with_password(runtime, HERE, anna.email, PASSWORD) is not None


def test_changing_what_proves_a_person_ends_their_other_sessions(enter: Enter, runtime: Runtime) -> None:
    elsewhere, here = enter(), enter()
    here.with_second_factor()
    assert here.signed_in
    assert not elsewhere.signed_in
    elsewhere = enter()
    accounts.set_password(runtime, here.visitor, here.secret, PASSWORD)
    assert not elsewhere.signed_in


def test_with_the_last_second_factor_go_the_password_and_the_recovery_codes(enter: Enter, runtime: Runtime) -> None:
    anna = enter().with_password()
    accounts.new_recovery(runtime, anna.visitor)
    (app,) = accounts.account(runtime, anna.visitor).of("totp")
    accounts.remove_factor(runtime, anna.visitor, anna.secret, app.factor_id)
    left = accounts.account(runtime, anna.visitor)
    assert (left.factors, left.recovery_left) == ((), 0)


def test_another_app_replaces_the_first_only_once_it_is_confirmed(enter: Enter, runtime: Runtime) -> None:
    anna = enter().with_password()
    accounts.begin_totp(runtime, anna.visitor)
    half = signin.with_password(runtime, HERE, anna.email, PASSWORD)
    assert signin.with_second(runtime, HERE, half or "", anna.code()), "the first one counts still"
    old = anna.key
    anna.with_second_factor()
    half = signin.with_password(runtime, HERE, anna.email, PASSWORD)
    replaced, anna.key = anna.key, old
    assert signin.with_second(runtime, HERE, half or "", anna.code(1)) is None
    anna.key = replaced
    assert signin.with_second(runtime, HERE, half or "", anna.code())


def test_one_ends_ones_own_sessions_and_an_administrator_anybodys(enter: Enter, runtime: Runtime) -> None:
    anna, also_anna, eve, boss = enter(), enter(), enter("eve@clinic.test"), enter("boss@clinic.test", "admin")
    held = {line.email: line.session_id for line in accounts.sessions(runtime, boss.tenant_id, None)}
    with pytest.raises(NotFound):
        accounts.end_session(runtime, anna.visitor, held["eve@clinic.test"])
    assert eve.signed_in
    accounts.end_session(runtime, anna.visitor, also_anna.visitor.session_id)
    assert (anna.signed_in, also_anna.signed_in) == (True, False)
    accounts.end_session(runtime, boss.visitor, held["eve@clinic.test"])
    assert not eve.signed_in


def test_a_session_says_where_it_is_from_and_not_what_it_is(enter: Enter, runtime: Runtime) -> None:
    anna = enter()
    (line,) = accounts.account(runtime, anna.visitor).sessions
    assert (line.address, line.agent, line.auth) == (HERE.address, HERE.agent, signin.HOST)
    assert anna.secret not in str(line)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_only_an_administrator_looks_after_people_and_the_refusal_is_recorded(
    enter: Enter, runtime: Runtime, clinic: Tenant, role: str, audited: Callable[[str], list[Any]]
) -> None:
    anna, other = enter("anna@clinic.test", role), user_id(runtime, clinic, enter("eve@clinic.test").email)
    for attempt in (
        lambda: accounts.people(runtime, anna.visitor),
        lambda: accounts.person(runtime, anna.visitor, other),
        lambda: accounts.invite(runtime, anna.visitor, "new@clinic.test", ["admin"]),
        lambda: accounts.set_roles(runtime, anna.visitor, other, ["admin"]),
        lambda: accounts.set_disabled(runtime, anna.visitor, other, disabled=True),
        lambda: accounts.reset(runtime, anna.visitor, other),
        lambda: accounts.give_code(runtime, anna.visitor, other),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert [row.decision for row in audited("user.add") if row.actor == anna.email] == ["denied"]
    assert [row.decision for row in audited("user.disable")] == ["denied"]


def test_nobody_changes_their_own_rights_and_nothing_is_changed_on_an_old_proof(
    enter: Enter, runtime: Runtime, clinic: Tenant
) -> None:
    boss, anna = enter("boss@clinic.test", "admin"), enter()
    with pytest.raises(NotPossible, match="own rights"):
        accounts.set_roles(runtime, boss.visitor, user_id(runtime, clinic, boss.email), ["admin", "privacy_officer"])
    boss.grown_stale()
    with pytest.raises(ProveFirst):
        accounts.set_roles(runtime, boss.visitor, user_id(runtime, clinic, anna.email), ["admin"])
    assert accounts.people(runtime, boss.visitor), "looking needs no fresh proof"


def test_a_stranger_from_another_tenant_finds_nobody(enter: Enter, runtime: Runtime, clinic: Tenant) -> None:
    anna = enter()
    stranger = enter("boss@other.test", "admin", where=tenant(runtime, slug="other"))
    theirs = user_id(runtime, clinic, anna.email)
    for attempt in (
        lambda: accounts.person(runtime, stranger.visitor, theirs),
        lambda: accounts.set_disabled(runtime, stranger.visitor, theirs, disabled=True),
        lambda: accounts.end_session(runtime, stranger.visitor, anna.visitor.session_id),
        lambda: tokens.revoke(runtime, stranger.tenant_id, uuid4(), actor="x"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert anna.signed_in
    assert [each.email for each in accounts.people(runtime, stranger.visitor)] == ["boss@other.test"]


# -- API tokens -------------------------------------------------------------------------------------------------------


def made(runtime: Runtime, clinic: Tenant, *roles: str, lasts: timedelta = SOON) -> tokens.Made:
    until = datetime.now(UTC) + lasts
    return tokens.add(runtime, clinic.tenant_id, roles=roles or ["viewer"], until=until, name="ci", actor="host:root")


def test_a_token_leads_to_its_tenant_and_roles_until_it_is_revoked(runtime: Runtime, clinic: Tenant) -> None:
    token = made(runtime, clinic, "operator", "viewer")
    caller = tokens.authenticate(runtime, token.text)
    assert caller is not None
    assert (caller.tenant_id, caller.slug, caller.roles) == (clinic.tenant_id, "clinic", ("viewer", "operator"))
    assert tokens.revoke(runtime, clinic.tenant_id, token.token_id, actor="host:root")
    assert tokens.authenticate(runtime, token.text) is None
    assert not tokens.revoke(runtime, clinic.tenant_id, token.token_id, actor="host:root")


def test_a_token_never_does_what_needs_a_person(runtime: Runtime, clinic: Tenant) -> None:
    caller = tokens.authenticate(runtime, made(runtime, clinic, *ROLES).text)
    assert caller is not None
    assert caller.may("request")
    assert caller.may("switch")
    assert not any(caller.may(deed) for deed in ("reveal", "approve", "sign", "export", "keys", "manage", "tokens"))


def test_a_token_ends_by_itself_and_says_when_it_was_used(
    runtime: Runtime, clinic: Tenant, superuser: Superuser
) -> None:
    token = made(runtime, clinic)
    assert tokens.every(runtime, clinic.tenant_id)[0].used_at is None
    tokens.authenticate(runtime, token.text)
    assert tokens.every(runtime, clinic.tenant_id)[0].used_at is not None
    superuser.run("UPDATE api_tokens SET expires_at = now()")
    assert tokens.authenticate(runtime, token.text) is None


def test_the_database_holds_the_hash_and_the_beginning_of_a_token(
    runtime: Runtime, clinic: Tenant, superuser: Superuser
) -> None:
    token = made(runtime, clinic)
    whole = superuser.one(
        "SELECT api_tokens::text || (SELECT json_agg(e)::text FROM audit_events e) AS t FROM api_tokens"
    ).t
    assert api_token.prefix(token.text) in whole
    assert token.text.split("_")[2] not in whole


def test_a_well_formed_token_that_is_nobodys_is_nothing(runtime: Runtime) -> None:
    assert tokens.authenticate(runtime, api_token.compose(secrets.token_bytes(api_token.RANDOM))) is None
    assert tokens.authenticate(runtime, "") is None


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=-1), timedelta(days=400)])
def test_a_token_ends_in_the_future_and_within_a_year(runtime: Runtime, clinic: Tenant, lasts: timedelta) -> None:
    with pytest.raises(NotPossible, match="within a year"):
        made(runtime, clinic, lasts=lasts)
