"""A person sees plaintext only by a recorded grant: in their role, on that incident, with a reason, for a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from router.core.access import ROLES, may
from router.core.reveal import SHOWN_FOR, Proof, Refusal
from router.flow import reveal as flow
from router.flow import status
from router.flow.snapshot import Snapshots
from tests.flow.builder import EMAIL, MRN, NAME, Superuser, tenant
from tests.reveal.conftest import Clinic, Events

MAY = [role for role in ROLES if may([role], "reveal")]
MAY_NOT = [role for role in ROLES if role not in MAY]


def email_of(tokens: list[str]) -> str:
    return next(token for token in tokens if token.startswith("<EMAIL_"))


def test_responders_operators_and_privacy_officers_may_and_nobody_else() -> None:
    assert MAY == ["responder", "operator", "privacy_officer"]


@pytest.mark.parametrize("role", MAY)
def test_who_may_sees_the_values_and_the_record_says_who_which_why_and_how(
    clinic: Clinic, events: Events, superuser: Superuser, role: str
) -> None:
    incident, tokens = clinic.alert(MRN, message=f"patient {NAME} {MRN} {EMAIL}")
    shown = clinic.reveal(incident, *tokens, role=role)
    assert {each.value for each in shown.opened} >= {NAME, MRN, EMAIL}
    (grant,) = superuser.rows("SELECT * FROM vault.grants")
    assert (grant.allowed, grant.actor, grant.purpose) == (True, f"{role}@clinic.test", "reveal:triage")
    assert set(grant.tokens) == set(tokens)
    (event,) = events("reveal")
    assert (event.decision, event.actor, event.auth) == ("allowed", f"{role}@clinic.test", "host:ops")
    assert event.object == f"incident:{incident}"
    assert [each.auth for each in events("host.reveal")] == ["host:ops"]
    assert event.details["grant"] == str(shown.grant_id) == str(grant.grant_id)
    assert set(event.details["tokens"]) == set(tokens)
    rows = superuser.rows("SELECT token, kind, user_id FROM disclosures")
    assert {(row.token, row.kind, row.user_id) for row in rows} == {
        (token, "reveal", clinic.people[role]) for token in tokens
    }


@pytest.mark.parametrize("role", MAY_NOT)
def test_who_may_not_sees_nothing_and_the_attempt_is_recorded(
    clinic: Clinic, events: Events, superuser: Superuser, role: str
) -> None:
    incident, tokens = clinic.alert()
    with pytest.raises(flow.Refused, match="roles allow no reveal") as refused:
        clinic.reveal(incident, *tokens, role=role)
    (grant,) = superuser.rows("SELECT grant_id, allowed, verdict FROM vault.grants")
    assert grant == (refused.value.grant_id, False, "this person's roles allow no reveal")
    (event,) = events("reveal")
    assert (event.decision, event.details["verdict"]) == ("denied", "this person's roles allow no reveal")
    assert superuser.one("SELECT count(*) AS n FROM disclosures").n == 0
    assert 'alertveil_reveals_total{decision="denied"} 1\n' in status.metrics(clinic.runtime).decode()


@pytest.mark.parametrize("role", MAY_NOT)
def test_the_database_refuses_a_role_although_the_application_does_not(clinic: Clinic, role: str) -> None:
    incident, tokens = clinic.alert()
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        row = session.one(
            "SELECT vault.request_reveal(%s, %s, %s, %s, 'x', 'reveal:triage', 'triage', '') AS verdict",
            (uuid4(), incident, tokens, clinic.people[role]),
        )
    assert row is not None
    assert row.verdict == "this person's roles allow no reveal"


def test_a_disabled_person_sees_nothing(clinic: Clinic, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    superuser.run("UPDATE users SET disabled_at = now() WHERE email = 'responder@clinic.test'")
    with pytest.raises(flow.Refused, match="roles allow no reveal"):
        clinic.reveal(incident, *tokens)


def test_a_person_of_another_tenant_is_nobody_here(clinic: Clinic, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    stranger = tenant(clinic.runtime)
    ask = flow.Ask(stranger.tenant_id, incident, tokens, "triage", "responder@clinic.test", Proof("host", "x"))
    with pytest.raises(flow.NoSuchPerson):
        flow.reveal(clinic.runtime, Snapshots(), lambda _: None, ask)
    assert superuser.one("SELECT count(*) AS n FROM vault.grants").n == 0


def test_tokens_of_another_incident_and_secrets_are_denied_and_so_is_the_whole_grant(
    clinic: Clinic, events: Events
) -> None:
    incident, tokens = clinic.alert()
    _, others = clinic.alert("someone.else@leakmail.test", "2")
    with pytest.raises(flow.Refused, match="does not belong to this incident"):
        clinic.reveal(incident, *tokens, *others)
    keyed, sealed = clinic.alert("x@leakmail.test", "3", message="password=AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(flow.Refused, match="secrets are never opened"):
        clinic.reveal(keyed, *(token for token in sealed if token.startswith("<SECRET_")), role="privacy_officer")
    assert [event.decision for event in events("reveal")] == ["denied", "denied"]


def test_a_token_pasted_into_another_alert_opens_nothing_there(clinic: Clinic) -> None:
    _, tokens = clinic.alert()
    forged, _ = clinic.alert(email_of(tokens), "2")
    with pytest.raises(flow.Refused, match="does not belong to this incident"):
        clinic.reveal(forged, email_of(tokens))


def test_a_value_given_in_place_of_a_token_is_refused_and_kept_nowhere(clinic: Clinic, superuser: Superuser) -> None:
    incident, _ = clinic.alert()
    with pytest.raises(flow.NotAToken) as refused:
        clinic.reveal(incident, EMAIL)
    assert EMAIL not in str(refused.value)
    assert superuser.one("SELECT count(*) AS n FROM vault.grants").n == 0


def test_a_token_may_be_typed_without_its_brackets_and_twice(clinic: Clinic) -> None:
    incident, tokens = clinic.alert()
    token = email_of(tokens)
    (opened,) = clinic.reveal(incident, token.strip("<>"), token).opened
    assert (opened.token, opened.value) == (token, EMAIL)


def test_a_reason_that_holds_a_patients_data_is_kept_as_tokens(
    clinic: Clinic, events: Events, superuser: Superuser
) -> None:
    incident, tokens = clinic.alert()
    clinic.reveal(incident, *tokens, reason=f"treatment: patient {NAME} with {MRN} asked, write to {EMAIL}")
    kept = [
        superuser.one("SELECT reason FROM vault.grants").reason,
        superuser.rows("SELECT reason FROM disclosures")[0].reason,
        events("reveal")[0].reason,
    ]
    for reason in kept:
        assert reason.startswith("treatment: patient <PERSON_")
        assert not any(part in reason for part in ("Zebulon", "Quackenbush", "77341902", "zq.canary"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("triage", "triage"),
        ("Patient request: call back", "patient-request: call back"),
        ("mail bounced", "other: mail bounced"),
        ("which record: mail", "other: which record: mail"),
    ],
)
def test_a_reason_is_one_of_the_list_or_a_text_or_both(clinic: Clinic, events: Events, given: str, kept: str) -> None:
    incident, tokens = clinic.alert()
    clinic.reveal(incident, email_of(tokens), reason=given)
    assert events("reveal")[0].reason == kept


@pytest.mark.parametrize("reason", ["", "  ", "other", "other: "])
def test_no_reason_is_no_reveal(clinic: Clinic, superuser: Superuser, reason: str) -> None:
    incident, tokens = clinic.alert()
    with pytest.raises(flow.NoReason):
        clinic.reveal(incident, *tokens, reason=reason)
    assert superuser.one("SELECT count(*) AS n FROM vault.grants").n == 0


def test_an_old_sign_in_must_be_made_fresh_and_the_attempt_is_recorded(clinic: Clinic, events: Events) -> None:
    incident, tokens = clinic.alert()
    now = datetime.now(UTC)
    for strong_at in (None, now - timedelta(minutes=6)):
        with pytest.raises(flow.Refused) as refused:
            clinic.reveal(incident, *tokens, proof=Proof("session", "session:totp", strong_at))
        assert refused.value.step_up
        assert refused.value.why == Refusal.STEP_UP
    assert clinic.reveal(incident, *tokens, proof=Proof("session", "session:totp", now)).opened
    assert [event.decision for event in events("reveal")] == ["denied", "denied", "allowed"]


def test_values_are_shown_for_a_minute_and_their_page_is_stored_nowhere(clinic: Clinic) -> None:
    incident, tokens = clinic.alert()
    before = datetime.now(UTC)
    shown = clinic.reveal(incident, *tokens)
    assert before + SHOWN_FOR <= shown.until <= datetime.now(UTC) + SHOWN_FOR
    assert flow.HEADERS["Cache-Control"] == "no-store"
    assert EMAIL not in repr(shown) + repr(shown.opened)


def test_a_day_after_its_end_an_incident_is_the_privacy_officers_alone(clinic: Clinic, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    superuser.run("UPDATE incidents SET status = 'resolved', resolved_at = now() - interval '23 hours'")
    assert clinic.reveal(incident, *tokens).opened
    superuser.run("UPDATE incidents SET resolved_at = now() - interval '25 hours'")
    with pytest.raises(flow.Refused, match="only a privacy officer"):
        clinic.reveal(incident, *tokens)
    assert clinic.reveal(incident, *tokens, role="privacy_officer").opened


def test_a_grant_is_used_once_and_not_in_the_transaction_that_made_it(clinic: Clinic) -> None:
    incident, tokens = clinic.alert()
    shown = clinic.reveal(incident, *tokens)
    actor, database = "responder@clinic.test", clinic.runtime.database
    with database.tenant(clinic.tenant_id) as session:
        keys = clinic.runtime.vault.keys(session, clinic.tenant_id)
        assert clinic.runtime.vault.fetch(session, keys, shown.grant_id, actor) == []
        fresh = uuid4()
        row = session.one(
            "SELECT vault.request_reveal(%s, %s, %s, %s, %s, 'reveal:triage', 'triage', '') AS verdict",
            (fresh, incident, tokens, clinic.people["responder"], actor),
        )
        assert row is not None
        assert row.verdict == "allowed"
        assert clinic.runtime.vault.fetch(session, keys, fresh, actor) == []


def test_a_grant_that_was_rolled_back_gives_nothing_and_leaves_no_disclosure(
    clinic: Clinic, superuser: Superuser
) -> None:
    incident, tokens = clinic.alert()
    grant, actor, database = uuid4(), "responder@clinic.test", clinic.runtime.database
    with pytest.raises(RuntimeError), database.tenant(clinic.tenant_id) as session:  # noqa: PT012 - how it ends is the story
        session.one(
            "SELECT vault.request_reveal(%s, %s, %s, %s, %s, 'reveal:triage', 'triage', '') AS verdict",
            (grant, incident, tokens, clinic.people["responder"], actor),
        )
        raise RuntimeError
    with database.tenant(clinic.tenant_id) as session:
        keys = clinic.runtime.vault.keys(session, clinic.tenant_id)
        assert clinic.runtime.vault.fetch(session, keys, grant, actor) == []
    assert superuser.one("SELECT count(*) AS n FROM disclosures").n == 0


def test_an_unusual_number_of_reveals_opens_an_incident_that_names_nobodys_data(
    clinic: Clinic, superuser: Superuser
) -> None:
    incident, tokens = clinic.alert(message=f"patient {NAME} {MRN} {EMAIL}")
    for _ in range(20 // len(tokens)):
        clinic.reveal(incident, *tokens)
    warned = "SELECT title, description, labels, severity FROM incidents WHERE source = 'alertveil'"
    assert superuser.rows(warned) == []
    for _ in range(3):
        clinic.reveal(incident, *tokens)
    (row,) = superuser.rows(warned)
    assert row.title.startswith("Unusual reveals by one user: ")
    assert row.labels == {"user": str(clinic.people["responder"])}
    assert "responder@clinic.test" not in row.title + row.description


def test_five_refusals_in_an_hour_are_told_too(clinic: Clinic, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    for _ in range(5):
        with pytest.raises(flow.Refused):
            clinic.reveal(incident, *tokens, role="viewer")
    row = superuser.one("SELECT title FROM incidents WHERE source = 'alertveil'")
    assert row.title == "Unusual reveals by one user: 5 denied attempts in one hour"


def test_a_value_that_retention_removed_is_said_to_be_gone(clinic: Clinic, superuser: Superuser) -> None:
    incident, tokens = clinic.alert()
    superuser.run("DELETE FROM vault.entries WHERE token = %s", [email_of(tokens)])
    shown = clinic.reveal(incident, email_of(tokens))
    assert (shown.opened, shown.gone) == ((), (email_of(tokens),))
