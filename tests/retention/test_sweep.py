"""What is over goes, what is needed stays, and who saw a value is found when the value is long gone."""

from __future__ import annotations

from uuid import uuid4

import pytest

from router.flow import retention as flow
from router.flow.intake import Found
from router.flow.retention import NotPossible
from router.privacy.shapes import normal
from router.store.session import DatabaseDown
from router.vault import StaleKeys
from tests.flow.builder import EMAIL, Superuser
from tests.retention.conftest import Clinic

OTHER = "someone.else@leakmail.test"


def test_a_value_goes_when_its_incident_is_over_and_its_keys_end_is_recorded(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.resolve(incident)
    clinic.days_pass(40)
    clinic.sweep()
    assert clinic.opens(token), "the month's key was made only now: it has sealed until a moment ago"
    clinic.days_pass(31)
    done = clinic.sweep()
    assert not clinic.opens(token)
    assert [step.keys for step in done if step.keys] == [(1,)]
    rows = clinic.superuser.rows("SELECT version, wrapped, shredded_at FROM vault.data_keys WHERE purpose = 'value'"
                                 " ORDER BY version")  # fmt: skip
    assert rows[0].wrapped is None
    assert rows[0].shredded_at is not None
    assert all(row.wrapped is not None for row in rows[1:])
    assert clinic.audit("key.shred") == 1
    assert clinic.count("incidents") == 1, "the incident is kept longer than its values, with its tokens"
    assert clinic.reveal(clinic.moved(incident, 71), token) == []


def test_the_value_of_an_incident_that_is_open_or_ended_lately_stays_and_so_does_its_key(clinic: Clinic) -> None:
    still_open, token = clinic.alert()
    ended, other = clinic.alert(OTHER, "2")
    clinic.days_pass(40)
    clinic.sweep()
    clinic.days_pass(40)
    clinic.resolve(clinic.moved(ended, 80))
    clinic.sweep()
    assert [each.value for each in clinic.reveal(clinic.moved(still_open, 80), token)] == [EMAIL]
    assert [each.value for each in clinic.reveal(clinic.moved(ended, 80), other)] == [OTHER]
    assert clinic.count("vault.data_keys WHERE shredded_at IS NOT NULL") == 0


def test_a_value_that_comes_by_again_is_sealed_again_under_its_month_and_keeps_its_token(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.resolve(incident)
    clinic.days_pass(40)
    _, again = clinic.alert(uid="2")
    assert again == token
    entry = clinic.superuser.one("SELECT key_version FROM vault.entries WHERE token = %s", [token])
    assert entry.key_version == 2
    clinic.days_pass(25)
    clinic.sweep()
    assert clinic.opens(token)


def test_a_swept_value_that_comes_by_again_lives_again_under_its_token(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.reveal(incident, token)
    clinic.resolve(incident)
    clinic.days_pass(40)
    clinic.sweep()
    clinic.days_pass(250)
    clinic.sweep()
    assert not clinic.opens(token)
    second, again = clinic.alert(uid="2")
    assert again == token
    assert [each.value for each in clinic.reveal(second, token)] == [EMAIL]


def test_who_saw_a_value_is_found_after_it_was_swept_and_forgotten_after_six_years(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.reveal(incident, token)
    _, unseen = clinic.alert(OTHER, "2")
    for (each,) in clinic.tenant.rows("SELECT incident_id FROM incidents"):
        clinic.resolve(each)
    clinic.days_pass(40)
    clinic.sweep()
    clinic.days_pass(250)
    clinic.sweep()
    clinic.days_pass(2)
    clinic.sweep()
    assert clinic.count("incidents") == 0
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        blinds = clinic.runtime.vault.keys(session, clinic.tenant_id).blinds("EMAIL", normal("EMAIL", EMAIL))
        found = session.rows("SELECT token FROM disclosures WHERE blind = ANY (%s)", (blinds,))
    assert [row.token for row in found] == [token]
    kept = [row.token for row in clinic.superuser.rows("SELECT token FROM vault.entries")]
    assert kept == [token], f"the token that nobody saw ({unseen}) is forgotten with its incident"
    clinic.days_pass(6 * 366)
    clinic.sweep()
    clinic.days_pass(2)
    clinic.sweep()
    assert clinic.count("disclosures") == 0
    assert clinic.count("vault.grants") == 0
    assert clinic.count("vault.entries") == 0


def test_an_incident_goes_with_all_that_hangs_on_it_but_the_record_of_plaintext(clinic: Clinic) -> None:
    incident, _ = clinic.alert()
    clinic.resolve(incident)
    kept, _ = clinic.alert(OTHER, "2")
    for each in (incident, kept):
        clinic.superuser.run(
            "INSERT INTO notes (tenant_id, incident_id, note_id, actor, text) VALUES (%s, %s, %s, 'anna', 'called')",
            [clinic.tenant_id, each, uuid4()],
        )
    clinic.superuser.run("UPDATE attempts SET mode = 'plaintext' WHERE revision = 1 AND incident_id = %s", [incident])
    clinic.days_pass(181)
    clinic.sweep()
    gone, stays = clinic.moved(incident, 181), clinic.moved(kept, 181)
    for table in ("incidents", "alerts", "incident_events", "notes", "deliveries", "attempts"):
        rows = clinic.superuser.rows(f"SELECT DISTINCT incident_id FROM {table}")  # noqa: S608 - a table named here
        expected = {gone, stays} if table == "attempts" else {stays}
        assert {row.incident_id for row in rows} == expected, table
    assert clinic.count(f"attempts WHERE incident_id = '{gone}' AND mode <> 'plaintext'") == 0


def test_what_waits_to_be_delivered_holds_its_incident(clinic: Clinic) -> None:
    incident, _ = clinic.alert()
    clinic.resolve(incident)
    clinic.superuser.run("UPDATE deliveries SET state = 'pending' WHERE kind = 'resolve'")
    clinic.days_pass(200)
    clinic.sweep()
    assert clinic.count("incidents") == 1


def test_every_table_that_names_an_incident_is_swept_or_kept_on_purpose(superuser: Superuser) -> None:
    kept = {
        "public.disclosures": "the record of who saw what, six years",
        "vault.grants": "the record of what was granted, six years",
        "public.holds": "the record of holds",
        "public.audit_events": "the audit",
        "public.silenced": "ids alone, gone when their silence is settled",
    }
    names = ("alerts", "attempts", "deliveries", "incident_events", "incidents", "notes", "threads")
    swept = {f"public.{name}" for name in names}
    found = superuser.rows(
        "SELECT DISTINCT n.nspname || '.' || c.relname AS name FROM pg_attribute a"
        " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n"
        " ON n.oid = c.relnamespace WHERE a.attname = 'incident_id' AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition"
    )
    assert {row.name for row in found} <= swept | set(kept)
    assert swept <= {row.name for row in found}


def test_a_big_tenant_is_swept_in_bounded_steps(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "ROWS", 5)
    for number in range(12):
        clinic.alert(f"p{number}@leakmail.test", str(number))
    for (each,) in clinic.tenant.rows("SELECT incident_id FROM incidents"):
        clinic.resolve(each)
    clinic.days_pass(40)
    clinic.sweep()
    clinic.days_pass(200)
    done = clinic.sweep()
    assert len(done) > 5
    assert max(step.values for step in done) <= 5
    assert clinic.count("incidents") == 0
    assert clinic.count("vault.entries WHERE sealed IS NOT NULL") == 0


def test_a_clock_that_jumps_removes_nothing_and_says_so(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.resolve(incident)
    clinic.sweep()
    clinic.days_pass(400)
    clinic.superuser.run("UPDATE retention SET seen_at = seen_at - interval '400 days'")
    (step,) = clinic.sweep()
    assert "jumped" in step.why
    assert clinic.opens(token)
    assert clinic.count("incidents") == 1
    assert clinic.audit("retention.wait") == 1
    clinic.sweep()
    assert clinic.audit("retention.wait") == 1, "it is told once"
    assert "three days" in flow.state(clinic.runtime, clinic.tenant_id).waits
    clinic.superuser.run("UPDATE retention SET unsteady_at = unsteady_at - interval '3 days'")
    clinic.sweep()
    assert clinic.count("incidents") == 0


def test_a_hold_on_the_tenant_stops_everything_until_it_is_released(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.resolve(incident)
    hold = flow.hold(clinic.runtime, clinic.tenant_id, None, "litigation 26-118", "host:ops")
    clinic.days_pass(400)
    (step,) = clinic.sweep()
    assert "hold" in step.why
    assert clinic.opens(token)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        row = session.one("SELECT incidents, rows FROM vault.sweep_incidents(1000)")
        assert tuple(row or ()) == (0, 0), "the database checks the hold itself"
        assert session.one("SELECT vault.sweep_records(1000) AS n").n == 0  # type: ignore[union-attr]  # a row there is
    flow.lift(clinic.runtime, clinic.tenant_id, hold, "settled", "host:ops")
    clinic.sweep()
    assert clinic.count("incidents") == 0
    assert (clinic.audit("hold.place"), clinic.audit("hold.lift")) == (1, 1)
    with pytest.raises(NotPossible, match="no such hold"):
        flow.lift(clinic.runtime, clinic.tenant_id, hold, "again", "host:ops")


def test_a_hold_on_an_incident_keeps_it_with_its_values_and_nothing_else(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    other, lost = clinic.alert(OTHER, "2")
    for each in (incident, other):
        clinic.resolve(each)
    clinic.days_pass(40)
    clinic.sweep()
    held = clinic.moved(incident, 40)
    flow.hold(clinic.runtime, clinic.tenant_id, held, "subpoena", "host:ops")
    clinic.days_pass(300)
    clinic.superuser.run("UPDATE holds SET incident_id = %s", [clinic.moved(incident, 340)])
    clinic.sweep()
    assert clinic.opens(token)
    assert not clinic.opens(lost)
    assert [row.incident_id for row in clinic.tenant.rows("SELECT incident_id FROM incidents")] == [
        clinic.moved(incident, 340)
    ]


def test_a_hold_needs_a_reason_and_an_incident_of_this_tenant(clinic: Clinic) -> None:
    with pytest.raises(NotPossible, match="reason"):
        flow.hold(clinic.runtime, clinic.tenant_id, None, "  ", "host:ops")
    with pytest.raises(NotPossible, match="no such incident"):
        flow.hold(clinic.runtime, clinic.tenant_id, uuid4(), "subpoena", "host:ops")
    flow.hold(clinic.runtime, clinic.tenant_id, None, f"case of {EMAIL}", "host:ops")
    (row,) = flow.holds(clinic.runtime, clinic.tenant_id)
    assert EMAIL not in row.reason


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM alerts",
        "DELETE FROM incidents",
        "DELETE FROM holds",
        "UPDATE holds SET reason = 'x'",
        "DELETE FROM vault.entries",
        "UPDATE vault.data_keys SET wrapped = NULL",
        "DELETE FROM disclosures",
    ],
)
def test_the_application_itself_may_remove_nothing(clinic: Clinic, statement: str) -> None:
    clinic.alert()
    with pytest.raises(DatabaseDown) as refused, clinic.runtime.database.tenant(clinic.tenant_id) as session:
        session.run(statement)
    assert refused.value.sqlstate == "42501"


def test_asking_for_more_than_is_over_removes_nothing(clinic: Clinic) -> None:
    incident, token = clinic.alert()
    clinic.resolve(incident)
    clinic.sweep()
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert session.one("SELECT vault.shred_key(1) AS gone").gone is False  # type: ignore[union-attr]  # a row there is
        session.rows("SELECT * FROM vault.sweep_values(0, '', 1000)")
        session.rows("SELECT * FROM vault.sweep_incidents(1000)")
        assert session.one("SELECT vault.sweep_ended(1000) AS n").n == 0  # type: ignore[union-attr]  # a row there is
    assert clinic.opens(token)
    assert clinic.count("incidents") == 1


def test_a_value_that_is_forgotten_while_it_is_sealed_is_sealed_anew_and_loses_no_token(clinic: Clinic) -> None:
    """The entry is looked up, then retention removes it, then it is to be sealed again: the transaction starts over."""
    clinic.alert()
    clinic.superuser.run("UPDATE vault.entries SET sealed = NULL")
    clinic.superuser.run(
        "CREATE FUNCTION public.forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN"
        " IF OLD.sealed IS NULL AND EXISTS (SELECT FROM public.once) THEN"
        " DELETE FROM public.once; DELETE FROM vault.entries WHERE token = OLD.token; RETURN NULL; END IF;"
        " RETURN NEW; END'"
    )
    clinic.superuser.run("CREATE TABLE public.once AS SELECT true AS so")
    clinic.superuser.run("CREATE TRIGGER forget BEFORE UPDATE ON vault.entries FOR EACH ROW EXECUTE FUNCTION forget()")
    with pytest.raises(StaleKeys), clinic.runtime.database.tenant(clinic.tenant_id) as session:  # noqa: PT012 - inside it
        vault, found = clinic.runtime.vault, Found("<EMAIL_7K2M4QXW9R>", "EMAIL", EMAIL, normal("EMAIL", EMAIL))
        vault.seal(session, vault.keys(session, clinic.tenant_id), [found])()
    clinic.superuser.run("DELETE FROM public.once")  # the next try finds nobody in between
    _, token = clinic.alert(uid="2")
    assert clinic.opens(token)
