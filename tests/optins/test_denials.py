"""Bad people and bad luck: each tries to get plaintext out past two persons, and each is refused or exposed."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from router.core.optin import Ground, standing
from router.core.quarter import latest_end
from router.core.reveal import Proof
from router.flow import baa, disclose, manage, optin
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import optins
from router.store.session import Conflict, DatabaseDown, Session
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Worker, build, webhook
from tests.optins.conftest import (
    OFFICER,
    OPERATOR,
    OTHER_OFFICER,
    RESPONDER,
    REVIEWER,
    Authority,
    Clinic,
    bounced,
    clinic_with,
    paper,
    through,
    told,
)

DAY = timedelta(days=1)


def refusal(clinic: Clinic, optin_id: UUID, email: str = OFFICER, proof: Proof | None = None) -> str:
    """Why an approval is refused."""
    with pytest.raises(optin.Refused) as refused:
        clinic.approve(optin_id, email, proof)
    return refused.value.why


def stays_tokens(clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, policy: str, uid: str = "1") -> None:
    """An alert goes out, with tokens, and its attempt says why."""
    bounced(clinic, edge, uid)
    worker.drain(*edge.rung)
    assert EMAIL not in str(told(hook)[-1])
    assert clinic.attempts()[-1] == ("tokens", policy)


# --- one person for two -------------------------------------------------------------------------------------------


def test_whoever_asks_cannot_approve_and_the_try_is_recorded(clinic: Clinic, superuser: Superuser) -> None:
    superuser.run("UPDATE users SET roles = '{operator,privacy_officer}' WHERE email = %s", [OPERATOR])
    optin_id = clinic.ask()
    assert refusal(clinic, optin_id, OPERATOR) == "whoever asks for an opt-in cannot approve it"
    assert clinic.shown(optin_id).state == "requested"
    (event,) = clinic.events("optin.approve")
    assert event[:2] == (OPERATOR, "denied")


def test_a_second_account_of_the_same_person_cannot_approve(clinic: Clinic, superuser: Superuser) -> None:
    """The same identity subject, written otherwise: the database compares persons, not accounts."""
    superuser.run("UPDATE users SET subject = 'https://idp.test|olga' WHERE email = %s", [OPERATOR])
    superuser.run("UPDATE users SET subject = 'https://idp.test|OLGA ' WHERE email = %s", [OFFICER])
    optin_id = clinic.ask()
    assert "both accounts are one person" in refusal(clinic, optin_id)
    assert clinic.shown(optin_id).state == "requested"


def test_the_same_subject_twice_is_not_even_stored(clinic: Clinic, superuser: Superuser) -> None:
    superuser.run("UPDATE users SET subject = 'https://idp.test|olga' WHERE email = %s", [OPERATOR])
    with pytest.raises(Conflict) as conflict, clinic.runtime.database.tenant(clinic.tenant_id) as session:
        session.run("UPDATE users SET subject = 'https://idp.test|olga' WHERE email = %s", (OFFICER,))
    assert conflict.value.constraint == "users_tenant_id_subject_key"


@pytest.mark.parametrize("email", [OPERATOR, RESPONDER, REVIEWER])
def test_only_a_privacy_officer_approves(clinic: Clinic, email: str) -> None:
    other = "other@clinic.test"
    manage.add_user(clinic.runtime, clinic.tenant_id, other, ["operator"], "test")
    assert refusal(clinic, clinic.ask(email=other), email) == "this person's roles do not allow it"


@pytest.mark.parametrize("email", [OFFICER, RESPONDER, REVIEWER])
def test_only_an_operator_asks(clinic: Clinic, email: str) -> None:
    with pytest.raises(optin.Refused, match="roles do not allow"):
        clinic.ask(email=email)


def test_a_responder_neither_revokes_nor_approves(clinic: Clinic) -> None:
    optin_id = clinic.opt_in()
    with pytest.raises(optin.Refused, match="roles do not allow"):
        clinic.revoke(optin_id, RESPONDER)
    assert clinic.shown(optin_id).state == "active"


def test_somebody_who_left_approves_nothing(clinic: Clinic, superuser: Superuser) -> None:
    optin_id = clinic.ask()
    superuser.run("UPDATE users SET disabled_at = now() WHERE email = %s", [OFFICER])
    assert refusal(clinic, optin_id) == "this person's roles do not allow it"


def test_both_roles_through_one_host_identity_are_marked_and_stand_in_the_audit(clinic: Clinic) -> None:
    optin_id = clinic.ask(proof=through("root"))
    approved = clinic.approve(optin_id, proof=through("root"))
    assert approved.shown.single_custody
    assert clinic.events("optin.approve")[0][3]["single_custody"] is True
    assert clinic.events("host.approval")[0][0] == OFFICER


def test_two_host_identities_are_not_marked(clinic: Clinic) -> None:
    assert not clinic.approve(clinic.ask()).shown.single_custody


def test_the_host_stands_in_for_nobody_where_that_is_off(clinic: Clinic) -> None:
    assert "ALERTVEIL_HOST_APPROVALS" in refusal(clinic, clinic.ask(), proof=through("petra", allowed=False))


def test_a_session_that_did_not_prove_itself_lately_approves_nothing(clinic: Clinic) -> None:
    optin_id = clinic.ask()
    stale = Proof("session", "session:x", strong_at=datetime.now(UTC) - timedelta(hours=1))
    assert refusal(clinic, optin_id, proof=stale) == "a fresh sign-in is needed"
    clinic.approve(optin_id, proof=replace(stale, strong_at=datetime.now(UTC)))


# --- again, backwards, elsewhere ----------------------------------------------------------------------------------


def test_an_approval_that_is_played_again_changes_nothing(clinic: Clinic) -> None:
    optin_id = clinic.opt_in()
    before = clinic.shown(optin_id)
    assert refusal(clinic, optin_id, OTHER_OFFICER) == "it does not wait for an approval: it is active"
    assert clinic.shown(optin_id) == before


@pytest.mark.parametrize("ended", ["revoke", "reject"])
def test_an_approval_after_the_end_brings_nothing_back(clinic: Clinic, ended: str) -> None:
    optin_id = clinic.ask()
    if ended == "revoke":
        clinic.revoke(optin_id)
    else:
        optin.reject(clinic.runtime, clinic.tenant_id, OFFICER, through("petra"), optin_id)
    assert "does not wait for an approval" in refusal(clinic, optin_id)


def test_an_end_in_the_past_is_refused(clinic: Clinic) -> None:
    with pytest.raises(optin.Refused, match="end lies in the past"):
        clinic.ask(until=datetime.now(UTC) - DAY)


def test_an_end_after_the_close_of_the_next_review_is_refused_and_the_close_itself_is_not(clinic: Clinic) -> None:
    close = latest_end(datetime.now(UTC))
    with pytest.raises(optin.Refused, match="after the close of the next quarterly review"):
        clinic.ask(until=close + timedelta(seconds=1))
    assert clinic.shown(clinic.ask(until=close)).ends_at == close


def test_a_request_that_ran_out_while_it_waited_is_not_approved(clinic: Clinic, superuser: Superuser) -> None:
    optin_id = clinic.ask()
    superuser.run("UPDATE optins SET requested_at = now() - interval '2 days', ends_at = now() - interval '1 minute'")
    assert refusal(clinic, optin_id) == "its end lies in the past"


def test_an_opt_in_that_upkeep_ended_does_not_come_back_when_the_clock_goes_back(clinic: Clinic) -> None:
    optin_id = clinic.opt_in()
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        row = optins.by_id(session, optin_id)
    assert row is not None
    over = replace(optins.optin(row), state="expired")
    assert standing(over, row.starts_at) == "expired"


@pytest.mark.parametrize("types", [["all"], ["*"], ["EMAIL", "SECRET"], ["TEXT"], ["NO_SUCH_TYPE"], [""]])
def test_types_are_named_one_by_one_and_never_secrets(clinic: Clinic, types: list[str]) -> None:
    with pytest.raises(optin.Unusable):
        clinic.ask(*types)


def test_the_database_takes_no_types_that_the_flow_would_refuse(clinic: Clinic) -> None:
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        asked = optins.Asked(
            uuid4(), clinic.tenant.channels["hook"], ["EMAIL", "SECRET"], "info", "triage", clinic.baa_id,
            datetime.now(UTC) + DAY, clinic.ids[OPERATOR], OPERATOR, "host:x", "there", {}, False,
        )  # fmt: skip
        assert "neither secrets nor whole texts" in optins.ask(session, asked)


def test_a_destination_without_encryption_cannot_be_opted_in_and_gets_tokens(
    runtime: Runtime, edge: Edge, worker: Worker
) -> None:
    with WebhookVendor() as plain:
        clinic = clinic_with(runtime, {"hook": webhook(plain)})
        with pytest.raises(optin.Refused, match="not encrypted"):
            clinic.ask()
        bounced(clinic, edge)
        worker.drain(*edge.rung)
        assert EMAIL not in str(told(plain))


def test_an_agreement_with_another_vendor_carries_nothing(clinic: Clinic, superuser: Superuser) -> None:
    superuser.run("UPDATE channels SET vendor = 'Somebody Else'")
    with pytest.raises(optin.Refused, match="another vendor"):
        clinic.ask()


def test_an_agreement_that_is_over_or_of_another_tenant_carries_nothing(clinic: Clinic, runtime: Runtime) -> None:
    old = baa.add(runtime, clinic.tenant_id, paper(expires=datetime.now(UTC).date() - DAY), actor="host:test")
    with pytest.raises(optin.Refused, match="not in force"):
        clinic.ask(baa_id=old)
    with WebhookVendor() as other:
        stranger = clinic_with(runtime, {"hook": webhook(other)})
    with pytest.raises(optin.Refused, match="not on file"):
        clinic.ask(baa_id=stranger.baa_id)


# --- what changes between the agreement and the send --------------------------------------------------------------


def test_a_revoked_opt_in_is_tokens_at_the_next_attempt_of_what_waits_already(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    optin_id = clinic.opt_in()
    bounced(clinic, edge, "1")
    worker.drain(*edge.rung)
    bounced(clinic, edge, "2")  # queued while it was still in force
    clinic.revoke(optin_id)
    worker.drain(*edge.rung)
    assert clinic.attempts() == [("plaintext", Ground.OPTED_IN), ("tokens", Ground.REVOKED)]
    assert EMAIL not in str(told(hook)[-1])


def test_a_revocation_between_the_decision_and_the_grant_wins(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    optin_id = clinic.opt_in()
    real = disclose._grant  # noqa: SLF001 - the moment before it is the story

    def late(*given: object) -> object:
        revoker = threading.Thread(target=clinic.revoke, args=[optin_id])
        revoker.start()
        revoker.join()
        return real(*given)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(disclose, "_grant", late)
    stays_tokens(clinic, edge, worker, hook, Ground.CHANGED)
    assert clinic.events("disclosure")[0][1] == "denied"


def test_a_revocation_between_the_grant_and_the_fetch_wins(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    optin_id = clinic.opt_in()
    real = optins.policy_version

    def late(session: Session) -> Any:  # noqa: ANN401 - a row
        clinic.revoke(optin_id)
        return real(session)

    monkeypatch.setattr(optins, "policy_version", late)
    stays_tokens(clinic, edge, worker, hook, Ground.CHANGED)
    grant = superuser.one("SELECT allowed, verdict, fetched_at FROM vault.grants")
    assert tuple(grant) == (False, "the opt-in ended before the grant was used", None)


def test_a_grant_that_was_rolled_back_opens_nothing(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.opt_in()

    def gone(*_: object) -> None:
        raise DatabaseDown("57P01")

    monkeypatch.setattr(clinic.runtime.audit, "write", gone)
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert clinic.attempts() == [("tokens", Ground.ERROR)]
    assert EMAIL not in str(told(hook))


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_kill_switch_is_tokens_at_the_next_attempt(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, *, everywhere: bool
) -> None:
    clinic.opt_in()
    manage.switch(clinic.runtime, None if everywhere else clinic.tenant_id, on=True, actor="test")
    stays_tokens(clinic, edge, worker, hook, Ground.KILL_SWITCH if everywhere else Ground.TENANT_KILL_SWITCH)
    manage.switch(clinic.runtime, None if everywhere else clinic.tenant_id, on=False, actor="test")
    bounced(clinic, edge, "2")
    worker.drain(*edge.rung)
    assert EMAIL in str(told(hook)[-1])


def test_an_approval_in_one_process_is_seen_by_the_next_attempt_of_another(
    clinic: Clinic, edge: Edge, worker: Worker, database: Database, tmp_path: Path,
    authority: Authority,
) -> None:  # fmt: skip
    bounced(clinic, edge, "1")
    worker.drain(*edge.rung)  # this worker holds a snapshot without an opt-in
    other = build(database.app_url, tmp_path, ALERTVEIL_EGRESS_CA_FILE=str(authority.file))
    optin_id = clinic.on(other).opt_in()
    bounced(clinic, edge, "2")
    worker.drain(*edge.rung)
    clinic.on(other).revoke(optin_id)
    bounced(clinic, edge, "3")
    worker.drain(*edge.rung)
    other.close()
    assert [mode for mode, _ in clinic.attempts()] == ["tokens", "plaintext", "tokens"]


def test_a_lapsed_agreement_is_tokens_before_anybody_wrote_that_down(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    """The agreement's row is changed by hand, and so is its binding: what is left is the clock."""
    clinic.opt_in()
    bounced(clinic, edge, "0")
    worker.drain(*edge.rung)
    superuser.run("UPDATE baas SET expires_at = now()")
    superuser.run("UPDATE tenants SET config_version = config_version + 1")
    stays_tokens(clinic, edge, worker, hook, Ground.BAA_LAPSED)


def test_a_lapse_that_no_cache_knows_of_is_refused_by_the_grant(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic.opt_in()
    bounced(clinic, edge, "0")
    worker.drain(*edge.rung)
    superuser.run("UPDATE baas SET retired_at = now()")
    stays_tokens(clinic, edge, worker, hook, Ground.REFUSED)
    assert clinic.events("disclosure")[-1][1:3] == ("denied", "the business associate agreement was retired")


def test_retiring_an_agreement_suspends_what_hung_on_it(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    optin_id = clinic.opt_in()
    assert baa.retire(clinic.runtime, clinic.tenant_id, clinic.baa_id, actor="host:test") == ("hook",)
    assert clinic.shown(optin_id).state == "suspended"
    stays_tokens(clinic, edge, worker, hook, Ground.SUSPENDED)


def test_a_changed_destination_suspends_and_changing_it_back_brings_nothing_back(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    optin_id = clinic.opt_in()
    clinic.tenant.set(channels={"hook": webhook(hook, "/elsewhere")})
    shown = clinic.shown(optin_id)
    assert (shown.state, shown.why) == ("suspended", "the channel's destination was changed")
    stays_tokens(clinic, edge, worker, hook, Ground.SUSPENDED, "1")
    clinic.tenant.set(channels={"hook": webhook(hook)})
    stays_tokens(clinic, edge, worker, hook, Ground.SUSPENDED, "2")


def test_a_new_secret_for_the_same_place_suspends_nothing(clinic: Clinic, hook: WebhookVendor) -> None:
    optin_id = clinic.opt_in()
    way = webhook(hook)
    clinic.tenant.set(channels={"hook": replace(way, secrets={"secret": "whsec_" + "QUJD" * 11})})
    assert clinic.shown(optin_id).state == "active"


def test_an_approval_of_a_channel_that_was_led_elsewhere_meanwhile_is_refused(
    clinic: Clinic, hook: WebhookVendor
) -> None:
    optin_id = clinic.ask()
    clinic.tenant.set(channels={"hook": webhook(hook, "/elsewhere")})
    assert refusal(clinic, optin_id) == "the channel leads elsewhere than when it was asked for"


def test_a_less_severe_incident_is_tokens(clinic: Clinic, edge: Edge, worker: Worker) -> None:
    clinic.opt_in(severity="critical")
    bounced(clinic, edge, "1", severity="warning")
    worker.drain(*edge.rung)
    bounced(clinic, edge, "2", severity="critical")
    worker.drain(*edge.rung)
    assert clinic.attempts() == [("tokens", Ground.SEVERITY), ("plaintext", Ground.OPTED_IN)]


# --- forged, pasted, swapped, edited ------------------------------------------------------------------------------


def test_a_token_pasted_into_somebody_elses_alert_is_shown_and_stays_one(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    clinic.opt_in()
    bounced(clinic, edge, "1")
    (row,) = clinic.tenant.rows("SELECT tokens FROM alerts")
    token = next(each for each in row.tokens if each.startswith("<EMAIL_"))
    bounced(clinic, edge, "2", text=f"who is {token}, ask mine@leakmail.test")
    worker.drain(*edge.rung)
    forged = next(each for each in told(hook) if "who is" in each["description"])
    assert token in forged["description"]
    assert "mine@leakmail.test" in forged["description"]
    assert EMAIL not in str(forged)
    assert [details.get("left_out") for *_, details in clinic.events("disclosure")].count([token]) == 1


def test_a_pasted_token_alone_opens_nothing_and_the_try_is_in_the_audit(
    clinic: Clinic, edge: Edge, worker: Worker
) -> None:
    clinic.opt_in()
    bounced(clinic, edge, "1")
    worker.drain(*edge.rung)
    (row,) = clinic.tenant.rows("SELECT tokens FROM alerts")
    token = next(each for each in row.tokens if each.startswith("<EMAIL_"))
    bounced(clinic, edge, "2", text=f"who is {token}")
    worker.drain(*edge.rung)
    assert clinic.attempts()[-1] == ("tokens", Ground.REFUSED)
    assert clinic.events("disclosure")[-1][1:3] == ("denied", "no token of this incident may be opened")


def test_ciphertexts_swapped_between_tenants_open_nothing(
    clinic: Clinic, runtime: Runtime, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic.opt_in()
    with WebhookVendor() as other:
        stranger = clinic_with(runtime, {"hook": webhook(other)})
        bounced(stranger, edge, "9", text="mail to theirs@leakmail.test")
    bounced(clinic, edge)
    superuser.run(
        "UPDATE vault.entries mine SET sealed = theirs.sealed, key_version = theirs.key_version FROM vault.entries"
        " theirs WHERE mine.tenant_id = %s AND theirs.tenant_id = %s AND mine.kind = 'EMAIL' AND theirs.kind = 'EMAIL'",
        [clinic.tenant_id, stranger.tenant_id],
    )
    worker.drain(clinic.tenant.lane("hook"))
    assert clinic.attempts() == [("tokens", Ground.ERROR)]
    assert "leakmail" not in str(told(hook))


EDITS = {
    "widened types": "UPDATE optins SET types = '{EMAIL,PHONE,SSN,PERSON}'",
    "a later end": "UPDATE optins SET ends_at = ends_at + interval '1 day'",
    "a lower severity": "UPDATE optins SET lowest_severity = 'info'",
    "another approver": "UPDATE optins SET approver = (SELECT user_id FROM users WHERE email = 'paul@clinic.test')",
    "unmarked": "UPDATE optins SET single_custody = NOT single_custody",
    "another purpose": "UPDATE optins SET purpose = 'harmless'",
    "a longer agreement": "UPDATE baas SET expires_at = expires_at + interval '1 year'",
    "another vendor's": "UPDATE baas SET vendor = 'acme hooks'",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_admin_who_edits_rows_by_sql_gets_tokens_and_is_exposed(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser, edit: str
) -> None:
    optin_id = clinic.opt_in(severity="warning", until=datetime.now(UTC) + 20 * DAY)
    superuser.run(edit)
    superuser.run("UPDATE tenants SET config_version = config_version + 1")
    bounced(clinic, edge, severity="critical")
    worker.drain(*edge.rung)
    assert clinic.attempts() == [("tokens", Ground.ALTERED)]
    assert EMAIL not in str(told(hook))
    assert "changed past its two persons" in clinic.events("disclosure")[-1][2]
    shown = clinic.shown(optin_id)
    agreements = baa.every(clinic.runtime, clinic.tenant_id)
    assert not (shown.intact and all(each.intact for each in agreements))


def test_an_opt_in_made_by_sql_or_set_active_again_by_sql_opens_nothing(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    optin_id = clinic.opt_in()
    clinic.revoke(optin_id)
    superuser.run("UPDATE optins SET state = 'active'")
    superuser.run("UPDATE tenants SET config_version = config_version + 1")
    stays_tokens(clinic, edge, worker, hook, Ground.ALTERED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE optins SET approver = requester",
        "UPDATE optins SET ends_at = ends_at + interval '1 year'",
        "UPDATE optins SET types = '{SECRET}'",
        "UPDATE optins SET approver = NULL",
        "UPDATE optins SET break_glass = true",
    ],
)
def test_some_edits_not_even_the_superuser_can_make(clinic: Clinic, superuser: Superuser, statement: str) -> None:
    clinic.opt_in()
    with pytest.raises(Exception, match="check constraint"):
        superuser.run(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE optins SET state = 'active'",
        "INSERT INTO optins (tenant_id, optin_id) VALUES (gen_random_uuid(), gen_random_uuid())",
        "DELETE FROM optins",
        "UPDATE baas SET expires_at = now() + interval '9 years'",
        "DELETE FROM baas",
        "SELECT vault.channel_strays()",
    ],
)
def test_the_application_itself_cannot_write_around_the_functions(clinic: Clinic, statement: str) -> None:
    clinic.opt_in()
    with pytest.raises(DatabaseDown) as refused, clinic.runtime.database.tenant(clinic.tenant_id) as session:
        session.run(statement)
    assert refused.value.sqlstate in {"42501", "0A000"}


def test_a_delivery_cannot_ask_like_a_person_does(clinic: Clinic, edge: Edge) -> None:
    """The door for people knows no opt-in, so it grants a service nothing."""
    clinic.opt_in()
    receipt = bounced(clinic, edge)
    (row,) = clinic.tenant.rows("SELECT tokens FROM alerts")
    with pytest.raises(Conflict) as refused, clinic.runtime.database.tenant(clinic.tenant_id) as session:
        session.one(
            "SELECT vault.request_reveal(%s, %s, %s, %s, 'service:delivery', 'optin:x', 'x', '')",
            (uuid4(), receipt.incident_id, list(row.tokens), clinic.ids[RESPONDER]),
        )
    assert refused.value.constraint == "grants_opted_in"


def test_a_binding_is_made_once(clinic: Clinic) -> None:
    optin_id = clinic.opt_in()
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert not optins.bind(session, optin_id, b"f" * 32, 1)


def test_a_purpose_or_reason_with_phi_is_kept_with_tokens(clinic: Clinic, superuser: Superuser) -> None:
    optin_id = clinic.ask(purpose=f"call {EMAIL} about Zebulon Quackenbush")
    optin.reject(clinic.runtime, clinic.tenant_id, OFFICER, through("petra"), optin_id, reason=f"{EMAIL} is no reason")
    assert "<EMAIL_" in clinic.shown(optin_id).purpose
    for schema, table in superuser.tables():
        rows = str(superuser.rows(f"SELECT t::text FROM {schema}.{table} t"))  # noqa: S608 - names from the catalog
        assert EMAIL not in rows, table
        assert "Quackenbush" not in rows, table
