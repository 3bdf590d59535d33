"""Who saw it: every reveal and plaintext delivery of a value, however it is written, also after the value is gone."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from router.flow import disclosures as flow
from router.flow.disclosures import Asker, Disclosure, Question
from router.privacy.spellings import spellings
from tests.flow.builder import EMAIL, MRN, NAME, Superuser, tenant
from tests.reveal.conftest import Clinic, Events

ME = Asker("host:ops")


def search(clinic: Clinic, value: str, *, days: int = 90) -> list[Disclosure]:
    return flow.search(clinic.runtime, clinic.tenant_id, Question("value", value, days), ME)


def by(clinic: Clinic, kind: flow.By, what: str) -> list[Disclosure]:
    return flow.search(clinic.runtime, clinic.tenant_id, Question(kind, what), ME)


def revealed(clinic: Clinic, message: str, kind: str) -> tuple[UUID, str]:
    """An alert whose tokens of one kind were revealed: the incident and the first of them."""
    incident, tokens = clinic.alert(uid=uuid4().hex, message=message)
    mine = [token for token in tokens if token.startswith(f"<{kind}_")]
    clinic.reveal(incident, *mine)
    return incident, mine[0]


def delivered(superuser: Superuser, clinic: Clinic, token: str, incident: UUID, **more: object) -> UUID:
    """A grant as the vault writes one for a delivery under an opt-in."""
    facts = {"channel_id": uuid4(), "vendor": "Slack", "optin_id": uuid4(), "baa_id": uuid4(), "attempt": 1, **more}
    grant = uuid4()
    superuser.run(
        "INSERT INTO vault.grants (tenant_id, grant_id, actor, purpose, reason, incident_id, tokens, allowed, verdict,"
        " channel_id, vendor, optin_id, baa_id, revision, attempt)"
        " VALUES (%s, %s, 'service:delivery', 'optin', 'on-call care', %s, %s, true, 'allowed', %s, %s, %s, %s, 1, %s)",
        [clinic.tenant_id, grant, incident, [token], *facts.values()],
    )
    return grant


@pytest.mark.parametrize(
    ("message", "kind", "asked"),
    [
        (f"patient {NAME} called", "PERSON", ["Zebulon Quackenbush", "QUACKENBUSH, ZEBULON", " quackenbush^zebulon\n"]),
        (f"patient {NAME} called", "PERSON", ["ＺＥＢＵＬＯＮ  Quackenbush"]),
        (f"chart {MRN} locked", "MRN", ["MRN-77341902", "77341902", "mrn 77341902", "MRN#77341902"]),
        (f"mail to {EMAIL} bounced", "EMAIL", ["ZQ.Canary@LeakMail.test"]),
        ("call (555) 201-3344", "PHONE", ["5552013344", "+1 555 201 3344", "555.201.3344"]),
        ("ssn 123-45-6789 rejected", "SSN", ["123456789", "123 45 6789"]),
        ("dob 1980-02-03 invalid", "DOB", ["02/03/1980", "2/3/1980", "3 Feb 1980", "19800203", "February 3, 1980"]),
    ],
)
def test_a_value_is_found_in_the_spelling_somebody_asks_for(
    clinic: Clinic, message: str, kind: str, asked: list[str]
) -> None:
    incident, token = revealed(clinic, message, kind)
    for value in asked:
        (row,) = search(clinic, value)
        assert (row.kind, row.who, row.token, row.incident_id) == (
            "reveal",
            "responder@clinic.test",
            token,
            incident,
        ), value
        assert (row.match, row.reason) == ("value", "triage: mail bounced")


def test_a_name_sealed_word_by_word_is_found_where_all_its_words_were_seen(clinic: Clinic) -> None:
    whole, tokens = clinic.alert(message="no chart", first_name="Zebulon", last_name="Quackenbush")
    clinic.reveal(whole, *(token for token in tokens if token.startswith("<PERSON_")))
    namesake, others = clinic.alert(uid="2", message="no chart", first_name="Zebulon", last_name="Miller")
    clinic.reveal(namesake, *(token for token in others if token.startswith("<PERSON_")))
    found = search(clinic, NAME)
    assert {row.incident_id for row in found} == {whole}
    assert {row.match for row in found} == {"parts"}
    assert len(found) == 2


def test_a_value_that_nobody_saw_is_not_found(clinic: Clinic) -> None:
    clinic.alert()
    assert search(clinic, EMAIL) == []
    incident, tokens = clinic.alert(uid="2")
    with pytest.raises(Exception, match="roles allow no reveal"):
        clinic.reveal(incident, *tokens, role="viewer")
    assert search(clinic, EMAIL) == []


def test_it_is_found_after_retention_removed_the_value(clinic: Clinic, superuser: Superuser) -> None:
    _, token = revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    superuser.run("DELETE FROM vault.entries")
    assert [row.token for row in search(clinic, EMAIL)] == [token]


def test_it_is_found_under_an_index_key_that_was_rotated_away(clinic: Clinic) -> None:
    _, token = revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert clinic.runtime.vault.add_key(session, clinic.tenant_id, "index", 2)
    clinic.runtime.keys.forget(clinic.tenant_id)
    assert [row.token for row in search(clinic, EMAIL)] == [token]
    _, newer = revealed(clinic, "mail to another@leakmail.test", "EMAIL")
    assert [row.token for row in search(clinic, "another@leakmail.test")] == [newer]


def test_deliveries_are_found_beside_reveals_with_what_allowed_them(clinic: Clinic, superuser: Superuser) -> None:
    incident, token = revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    grant = delivered(superuser, clinic, token, incident)
    sent, shown = search(clinic, EMAIL)
    assert (sent.kind, sent.grant_id, sent.vendor, sent.who) == ("delivery", grant, "Slack", "service:delivery")
    assert sent.optin_id is not None
    assert sent.baa_id is not None
    assert sent.attempt == 1
    assert shown.kind == "reveal"


def test_the_same_is_told_by_person_incident_channel_and_vendor(clinic: Clinic, superuser: Superuser) -> None:
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        channel = uuid4()
        session.run(
            "INSERT INTO channels (tenant_id, channel_id, name, kind, vendor, destination_id, retired_at)"
            " VALUES (%s, %s, 'oncall', 'slack', 'slack', %s, now())",
            (clinic.tenant_id, channel, uuid4()),
        )
    incident, token = revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    delivered(superuser, clinic, token, incident, channel_id=channel)
    other, tokens = clinic.alert("b@leakmail.test", "2")
    clinic.reveal(other, *tokens, role="operator")
    assert {row.incident_id for row in by(clinic, "user", "responder@clinic.test")} == {incident}
    assert {row.incident_id for row in by(clinic, "user", str(clinic.people["operator"]))} == {other}
    assert [row.kind for row in by(clinic, "incident", str(incident))] == ["delivery", "reveal"]
    assert [row.channel for row in by(clinic, "channel", "oncall")] == ["oncall"]
    assert [row.vendor for row in by(clinic, "vendor", "SLACK")] == ["Slack"]
    assert len(by(clinic, "time", "")) == 2 + len(tokens)


def test_only_the_days_that_were_asked_for_are_told(clinic: Clinic, superuser: Superuser) -> None:
    revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    superuser.run("UPDATE disclosures SET at = at - interval '91 days'")
    assert search(clinic, EMAIL) == []
    assert len(search(clinic, EMAIL, days=92)) == 1


def test_another_tenant_finds_nothing(clinic: Clinic) -> None:
    revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    stranger = tenant(clinic.runtime)
    with clinic.runtime.database.tenant(stranger.tenant_id) as session:
        clinic.runtime.vault.keys(session, stranger.tenant_id)
    assert flow.search(clinic.runtime, stranger.tenant_id, Question("value", EMAIL), ME) == []


def test_a_search_is_in_the_audit_without_what_was_sought(
    clinic: Clinic, events: Events, superuser: Superuser, caplog: pytest.LogCaptureFixture
) -> None:
    revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    search(clinic, EMAIL)
    (event,) = events("disclosures.search")
    assert (event.actor, event.decision) == ("host:ops", "allowed")
    assert event.details == {"by": "value", "days": 90, "found": 1, "grants": 1}
    for schema, table in superuser.tables():
        text = superuser.one(f"SELECT coalesce(string_agg(t::text, ' '), '') AS all FROM {schema}.{table} t").all  # noqa: S608 - names from the catalog
        assert EMAIL not in text, table
    assert EMAIL not in caplog.text
    assert EMAIL not in repr(Question("value", EMAIL)) + repr(spellings(EMAIL))


@pytest.mark.parametrize("role", ["privacy_officer", "auditor"])
def test_privacy_officers_and_auditors_search(clinic: Clinic, role: str) -> None:
    revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    asker = Asker(f"{role}@clinic.test", f"{role}@clinic.test", "session:totp")
    assert len(flow.search(clinic.runtime, clinic.tenant_id, Question("value", EMAIL), asker)) == 1


@pytest.mark.parametrize("role", ["viewer", "responder", "operator", "reviewer", "admin", "nobody"])
def test_nobody_else_searches_and_the_attempt_is_recorded(clinic: Clinic, events: Events, role: str) -> None:
    asker = Asker(f"{role}@clinic.test", f"{role}@clinic.test", "session:totp")
    with pytest.raises(flow.NotAllowed):
        flow.search(clinic.runtime, clinic.tenant_id, Question("value", EMAIL), asker)
    (event,) = events("disclosures.search")
    assert (event.decision, event.actor) == ("denied", f"{role}@clinic.test")


@pytest.mark.parametrize("value", ["", " \n", "\u200b"])
def test_nothing_is_nothing_to_look_for(clinic: Clinic, value: str) -> None:
    with pytest.raises(flow.NothingSought):
        search(clinic, value)


def test_nobody_can_add_change_or_remove_a_disclosure(clinic: Clinic) -> None:
    revealed(clinic, f"mail to {EMAIL}", "EMAIL")
    for statement in (
        "DELETE FROM disclosures",
        "UPDATE disclosures SET actor = 'somebody else'",
        "INSERT INTO disclosures (tenant_id) VALUES (gen_random_uuid())",
        "TRUNCATE disclosures",
    ):
        with pytest.raises(Exception, match="42501"), clinic.runtime.database.tenant(clinic.tenant_id) as session:
            session.run(statement)
