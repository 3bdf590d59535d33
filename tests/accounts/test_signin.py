"""Coming in: password and second factor, recovery codes, throttling, proving it again, break-glass, first set-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from router.flow import accounts, manage, signin
from router.flow.accounts import ProveFirst
from router.flow.brake import Throttled
from router.flow.manage import NotFound, NotPossible
from router.flow.signin import Knock, NoSuchUser
from router.runtime import Runtime
from tests.accounts.conftest import HERE, PASSWORD, Enter, Person, user_id
from tests.flow.builder import MRN, Superuser, Tenant, tenant

ELSEWHERE = Knock("198.51.100.9", "Chrome on Windows")
WRONG = "not the password at all"


def comes_in(person: Person, code: str, knock: Knock = HERE) -> str | None:
    """Password, then a second factor."""
    half = signin.with_password(person.runtime, knock, person.email, PASSWORD)
    assert half is not None
    return signin.with_second(person.runtime, knock, half, code)


def test_a_password_and_then_the_apps_code_open_a_session(enter: Enter, runtime: Runtime) -> None:
    anna = enter().with_password()
    half = signin.with_password(runtime, HERE, f"  {anna.email.upper()} ", PASSWORD)
    assert half is not None
    assert signin.visitor(runtime, half) is None, "half a session is none"
    whole = signin.with_second(runtime, HERE, half, anna.code())
    assert whole is not None
    visitor = signin.visitor(runtime, whole)
    assert visitor is not None
    assert (visitor.email, visitor.auth) == (anna.email, "password and one-time password")
    assert signin.stepped_up(visitor)
    assert signin.with_second(runtime, HERE, half, anna.code(1)) is None, "half a session is used up"


def test_a_code_of_the_app_is_taken_once(enter: Enter) -> None:
    anna = enter().with_password()
    code = anna.code()
    assert comes_in(anna, code)
    assert comes_in(anna, code) is None
    assert comes_in(anna, anna.code(-1)) is None, "nor one before it"
    assert comes_in(anna, anna.code(1))


def test_a_recovery_code_stands_in_for_the_app_once(enter: Enter, runtime: Runtime, superuser: Superuser) -> None:
    anna = enter().with_password()
    codes = accounts.new_recovery(runtime, anna.visitor)
    assert len(set(codes)) == 10
    assert all(code not in str(superuser.rows("SELECT factors::text FROM factors")) for code in codes)
    assert comes_in(anna, codes[0].lower())
    assert comes_in(anna, codes[0]) is None
    assert accounts.account(runtime, anna.visitor).recovery_left == 9


@pytest.mark.parametrize("email", ["anna@clinic.test", "nobody@clinic.test", "not an address"])
def test_wrong_is_wrong_whoever_it_is(enter: Enter, runtime: Runtime, email: str) -> None:
    enter().with_password()
    assert signin.with_password(runtime, HERE, email, WRONG) is None


def test_a_password_without_a_second_factor_signs_nobody_in(
    enter: Enter, runtime: Runtime, superuser: Superuser
) -> None:
    anna = enter().with_password()
    superuser.run("DELETE FROM factors WHERE kind = 'totp'")
    assert signin.with_password(runtime, HERE, anna.email, PASSWORD) is None
    with pytest.raises(NotPossible, match="password alone"):
        accounts.set_password(runtime, anna.visitor, anna.secret, "another few words")


def test_the_database_holds_no_password_and_no_key_of_an_app(enter: Enter, superuser: Superuser) -> None:
    anna = enter().with_password()
    whole = " ".join(row.whole for row in superuser.rows("SELECT factors::text AS whole FROM factors"))
    (hashed,) = superuser.rows("SELECT convert_from(secret, 'utf8') AS text FROM factors WHERE kind = 'password'")
    assert hashed.text.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert anna.key.encode().hex() not in whole
    assert anna.key not in whole


def test_one_address_in_two_tenants_says_which(enter: Enter, runtime: Runtime) -> None:
    other = tenant(runtime, slug="other")
    enter().with_password()
    there = enter("anna@clinic.test", where=other).with_password()
    assert signin.with_password(runtime, HERE, there.email, PASSWORD) is None
    half = signin.with_password(runtime, HERE, there.email, PASSWORD, "other")
    assert half is not None
    whole = signin.with_second(runtime, HERE, half, there.code())
    visitor = signin.visitor(runtime, whole or "")
    assert visitor is not None
    assert visitor.slug == "other"


@pytest.mark.parametrize("email", ["anna@clinic.test", "nobody@clinic.test"])
def test_guessing_at_an_account_is_slowed_whether_there_is_one_or_not(
    enter: Enter, runtime: Runtime, superuser: Superuser, email: str
) -> None:
    enter().with_password()
    superuser.run("DELETE FROM throttle")
    for _ in range(5):
        assert signin.with_password(runtime, HERE, email, WRONG) is None
    with pytest.raises(Throttled) as slowed:
        signin.with_password(runtime, HERE, email, PASSWORD)
    assert 50 <= slowed.value.wait <= 60
    superuser.run("UPDATE throttle SET at = at - interval '61 seconds'")
    assert (signin.with_password(runtime, HERE, email, PASSWORD) is not None) == email.startswith("anna")


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(enter: Enter, runtime: Runtime) -> None:
    anna = enter().with_password()
    for _ in range(5):
        signin.with_password(runtime, ELSEWHERE, anna.email, WRONG)
    with pytest.raises(Throttled):
        signin.with_password(runtime, ELSEWHERE, anna.email, WRONG)
    assert comes_in(anna, anna.code())


def test_many_addresses_together_are_slowed_too(enter: Enter, runtime: Runtime, superuser: Superuser) -> None:
    anna = enter().with_password()
    signin.with_password(runtime, HERE, anna.email, WRONG)
    superuser.run("UPDATE throttle SET level = 50")
    with pytest.raises(Throttled):
        signin.with_password(runtime, ELSEWHERE, anna.email, WRONG)


@pytest.mark.parametrize("address", ["192.0.2.{}", "2001:db8::{}"])
def test_codes_are_slowed_by_address_and_an_ipv6_customer_is_one(runtime: Runtime, address: str) -> None:
    def tries() -> None:
        for number in range(31):
            signin.exchange(runtime, "0000-0000-0000", Knock(address.format(number if ":" in address else 1)))

    with pytest.raises(Throttled):
        tries()


def test_a_right_code_does_not_count(enter: Enter) -> None:
    for number in range(35):
        enter(f"user{number}@clinic.test")


def test_what_was_refused_and_what_was_not_is_in_the_audit(
    enter: Enter, runtime: Runtime, audited: Callable[[str], list[Any]]
) -> None:
    anna = enter().with_password()
    signin.with_password(runtime, HERE, anna.email, WRONG)
    comes_in(anna, "000000")
    comes_in(anna, anna.code())
    told = [(row.decision, row.auth, row.reason) for row in audited("signin")]
    assert told == [
        ("allowed", "a one-time code of the host", ""),
        ("denied", "password", "the password was wrong"),
        ("denied", "one-time password", "the second factor was wrong"),
        ("allowed", "password and one-time password", ""),
    ]
    assert {row.actor for row in audited("signin")} == {anna.email}


def test_an_invitation_of_an_administrator_does_not_replace_a_second_factor(
    enter: Enter, runtime: Runtime, clinic: Tenant
) -> None:
    anna, boss = enter().with_second_factor(), enter("boss@clinic.test", "admin")
    code = accounts.give_code(runtime, boss.visitor, user_id(runtime, clinic, anna.email)).text
    half = signin.exchange(runtime, code, HERE)
    assert half is not None
    assert signin.visitor(runtime, half) is None
    assert signin.waiting(runtime, half) == anna.email
    assert signin.with_second(runtime, HERE, half, anna.code())


def test_a_proof_holds_for_five_minutes_and_ends_the_old_secret(enter: Enter, runtime: Runtime) -> None:
    anna = enter().with_password()
    before = anna.visitor
    assert before.strong_at is not None
    assert signin.stepped_up(before, before.strong_at + timedelta(minutes=5))
    assert not signin.stepped_up(before, before.strong_at + timedelta(minutes=5, seconds=1))
    anna.grown_stale()
    with pytest.raises(ProveFirst):
        accounts.new_recovery(runtime, anna.visitor)
    assert signin.prove(runtime, HERE, anna.visitor, anna.secret, WRONG, anna.code()) is None
    assert signin.prove(runtime, HERE, anna.visitor, anna.secret, PASSWORD, "000000") is None
    fresh = signin.prove(runtime, HERE, anna.visitor, anna.secret, PASSWORD, anna.code())
    assert fresh is not None
    assert not anna.signed_in
    proved = signin.visitor(runtime, fresh)
    assert proved is not None
    assert signin.stepped_up(proved)
    assert (proved.session_id, proved.user_id) == (before.session_id, before.user_id)


def test_a_fresh_code_of_the_host_proves_it_and_one_of_an_administrator_or_another_person_does_not(
    enter: Enter, runtime: Runtime, clinic: Tenant
) -> None:
    anna, boss = enter(), enter("boss@clinic.test", "admin")
    code = accounts.give_code(runtime, boss.visitor, user_id(runtime, clinic, anna.email)).text
    anna.grown_stale()
    theirs = signin.offer(runtime, clinic.tenant_id, boss.email).text
    mine = signin.offer(runtime, clinic.tenant_id, anna.email).text
    assert signin.prove(runtime, HERE, anna.visitor, anna.secret, "", code) is None
    assert signin.prove(runtime, HERE, anna.visitor, anna.secret, "", theirs) is None
    assert signin.prove(runtime, HERE, anna.visitor, anna.secret, "", mine) is not None


def test_the_break_glass_account_is_sealed_and_its_opening_is_told_to_everybody(
    enter: Enter, runtime: Runtime, clinic: Tenant, superuser: Superuser, audited: Callable[[str], list[Any]]
) -> None:
    enter("officer@clinic.test", "privacy_officer")
    with pytest.raises(NotFound, match="no break-glass account"):
        accounts.open_break_glass(runtime, clinic.tenant_id, "why", actor="host:root")
    accounts.seal_break_glass(runtime, clinic.tenant_id, "glass@clinic.test", actor="host:root")
    with pytest.raises(NoSuchUser):
        signin.offer(runtime, clinic.tenant_id, "glass@clinic.test")
    with pytest.raises(NotPossible, match="break-glass"):
        manage.add_user(runtime, clinic.tenant_id, "glass@clinic.test", ["privacy_officer"], "test")
    with pytest.raises(NotPossible, match="reason"):
        accounts.open_break_glass(runtime, clinic.tenant_id, " ", actor="host:root")
    code = accounts.open_break_glass(runtime, clinic.tenant_id, f"paging is down, see {MRN}", actor="host:root")
    secret = signin.exchange(runtime, code.text, HERE)
    visitor = signin.visitor(runtime, secret or "")
    assert visitor is not None
    assert (visitor.auth, visitor.kind) == ("break-glass", "break_glass")
    assert "privacy_officer" not in visitor.roles
    (incident,) = superuser.rows("SELECT title, severity FROM incidents")
    assert (incident.title, incident.severity) == ("The break-glass account was opened", "critical")
    (event,) = audited("break_glass.open")
    assert event.reason.startswith("paging is down")
    assert MRN not in event.reason
    held = superuser.one("SELECT ends_at - created_at AS holds FROM sessions WHERE auth = 'break-glass'").holds
    assert held == timedelta(hours=1)
    accounts.seal_break_glass(runtime, clinic.tenant_id, "glass@clinic.test", actor="host:root")
    assert signin.visitor(runtime, secret or "") is None
    assert superuser.one("SELECT status FROM incidents").status == "resolved"


def test_a_persons_address_does_not_become_the_break_glass_account(
    enter: Enter, runtime: Runtime, clinic: Tenant
) -> None:
    with pytest.raises(NotPossible, match="person's account"):
        accounts.seal_break_glass(runtime, clinic.tenant_id, enter().email, actor="host:root")


def test_the_first_person_sets_up_a_tenant_with_the_printed_code_once(runtime: Runtime) -> None:
    code = accounts.set_up_code(runtime)
    assert code is not None
    assert accounts.set_up(runtime, HERE, "0000-0000-0000", "clinic", "The Clinic", "anna@clinic.test") is None
    for slug, email in (("Not A Slug!", "anna@clinic.test"), ("clinic", "nobody")):
        with pytest.raises(NotPossible):
            accounts.set_up(runtime, HERE, code, slug, "The Clinic", email)
    secret = accounts.set_up(runtime, HERE, code, "clinic", "The Clinic", "Anna@Clinic.test")
    visitor = signin.visitor(runtime, secret or "")
    assert visitor is not None
    assert (visitor.slug, visitor.tenant, visitor.email) == ("clinic", "The Clinic", "anna@clinic.test")
    assert "admin" in visitor.roles
    assert accounts.set_up_code(runtime) is None
    with pytest.raises(NotPossible, match="user already"):
        accounts.set_up(runtime, HERE, code, "second", "", "eve@evil.test")


def test_a_tenant_of_a_configuration_file_gets_its_first_person(runtime: Runtime, clinic: Tenant) -> None:
    code = accounts.set_up_code(runtime)
    secret = accounts.set_up(runtime, HERE, code or "", "clinic", "", "anna@clinic.test")
    visitor = signin.visitor(runtime, secret or "")
    assert visitor is not None
    assert visitor.tenant_id == clinic.tenant_id
