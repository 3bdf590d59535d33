"""Who held which role at the end of a period, worked back from today by what the audit tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from router.core.access_report import Account, Report, Told, report
from router.core.quarter import Quarter
from router.flow import access_report, accounts, manage
from tests.flow.builder import Superuser
from tests.reveal.conftest import Clinic

Q3 = Quarter(2026, 3)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANNA = uuid4()


def account(user_id: UUID = ANNA, **more: Any) -> Account:  # noqa: ANN401 - fields
    facts: dict[str, Any] = {
        "email": "anna@clinic.test",
        "kind": "person",
        "roles": ("responder",),
        "created_at": Q3.starts_at - timedelta(days=200),
        "seen_at": Q3.ends_at - timedelta(days=2),
        "disabled_at": None,
        "factors": frozenset({"password", "totp"}),
        "outside": False,
    }
    return Account(user_id, **(facts | more))


def told(action: str, at: datetime, roles: tuple[str, ...] = (), before: tuple[str, ...] = ()) -> Told:
    return Told(at, action, ANNA, "boss@clinic.test", roles, before)


def q3(accounts: list[Account], *events: Told) -> Report:
    return report(accounts, list(events), Q3.starts_at, Q3.ends_at, NOW)


def test_roles_given_after_the_period_are_taken_back() -> None:
    later = told("user.roles", Q3.ends_at + timedelta(days=5), ("operator",), ("responder", "viewer"))
    (holder,) = q3([account(roles=("operator",))], later).holders
    assert holder.roles == ("responder", "viewer")
    assert q3([account(roles=("operator",))], later).changes == ()


def test_whoever_left_after_the_period_still_held_their_roles() -> None:
    left = Q3.ends_at + timedelta(days=5)
    (holder,) = q3([account(disabled_at=left)], told("user.disable", left)).holders
    assert (holder.active, holder.left_at) == (True, None)


def test_whoever_left_before_the_period_is_not_in_it() -> None:
    left = Q3.starts_at - timedelta(days=5)
    assert q3([account(disabled_at=left)], told("user.disable", left)).holders == ()


def test_whoever_left_and_came_back_after_the_period_was_gone_at_its_end() -> None:
    left = Q3.starts_at + timedelta(days=5)
    found = q3([account()], told("user.disable", left), told("user.enable", Q3.ends_at + timedelta(days=1)))
    (holder,) = found.holders
    assert (holder.active, holder.left_at) == (False, left)
    assert [(each.step, each.by) for each in found.leavers] == [("left", "boss@clinic.test")]


def test_whoever_joined_after_the_period_is_not_in_it() -> None:
    assert q3([account(created_at=Q3.ends_at)]).holders == ()


def test_joiners_are_told_with_the_roles_they_began_with() -> None:
    joined, changed = Q3.starts_at + timedelta(days=1), Q3.starts_at + timedelta(days=9)
    found = q3(
        [account(created_at=joined, roles=("operator",))],
        told("user.roles", changed, ("operator",), ("viewer",)),
    )
    assert [(each.at, each.step, each.roles) for each in found.changes] == [
        (joined, "joined", ("viewer",)),
        (changed, "roles changed", ("operator",)),
    ]
    assert len(found.joiners) == 1


@pytest.mark.parametrize(
    ("more", "flags"),
    [
        ({}, ()),
        ({"seen_at": Q3.ends_at - timedelta(days=91)}, ("unused for 90 days",)),
        ({"seen_at": None}, ("never used",)),
        ({"seen_at": Q3.ends_at + timedelta(days=1)}, ()),
        ({"seen_at": None, "last_act_at": Q3.ends_at - timedelta(days=1)}, ()),
        ({"roles": ("operator",), "factors": frozenset({"password"})}, ("no second factor",)),
        ({"roles": ("operator",), "factors": frozenset[str](), "outside": True}, ()),
        ({"roles": ("operator", "privacy_officer")}, ("operator and privacy_officer in one hand",)),
        ({"kind": "break_glass", "seen_at": None}, ("account for emergencies",)),
    ],
)
def test_what_somebody_should_look_at_is_flagged(more: dict[str, Any], flags: tuple[str, ...]) -> None:
    (holder,) = q3([account(**more)]).holders
    assert holder.flags == flags


def test_roles_are_counted_among_those_who_are_active() -> None:
    gone = Q3.starts_at + timedelta(days=1)
    found = q3([account(), account(uuid4(), email="b@clinic.test", disabled_at=gone)])
    assert found.by_role == {"responder": 1}
    assert [each.active for each in found.holders] == [True, False]


def test_what_people_did_is_read_from_the_audit(clinic: Clinic, superuser: Superuser) -> None:
    runtime, tenant_id = clinic.runtime, clinic.tenant_id
    manage.add_user(runtime, tenant_id, "nina@clinic.test", ["viewer"], "admin@clinic.test")
    manage.add_user(runtime, tenant_id, "nina@clinic.test", ["responder", "operator"], "admin@clinic.test")
    incident, tokens = clinic.alert()
    superuser.run("UPDATE users SET created_at = now() - interval '200 days' WHERE email = 'operator@clinic.test'")
    clinic.reveal(incident, *tokens)
    accounts.disable(runtime, tenant_id, "viewer@clinic.test", disabled=True, actor="admin@clinic.test")
    found = access_report.access(runtime, tenant_id)
    by_email = {each.email: each for each in found.report.holders}
    assert (by_email["responder@clinic.test"].reveals, by_email["responder@clinic.test"].acts) == (1, 1)
    looked = access_report.access(runtime, tenant_id, counted=False).report
    assert looked.holders == tuple(replace(each, acts=None) for each in found.report.holders)
    assert by_email["operator@clinic.test"].flags == ("never used", "no second factor")
    assert not by_email["viewer@clinic.test"].active
    assert [each.email for each in found.report.leavers] == ["viewer@clinic.test"]
    steps = [(each.step, each.roles, each.by) for each in found.report.changes if each.email == "nina@clinic.test"]
    assert steps == [
        ("joined", ("viewer",), "admin@clinic.test"),
        ("roles changed", ("responder", "operator"), "admin@clinic.test"),
    ]
