"""A quarter is reviewed: of what, by whom, with what effect, and what nobody can change afterwards."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from router.core.reveal import Proof
from router.core.review import Flag
from router.flow import review
from router.store import reviews
from router.store.reviews import NewDecision
from router.store.session import Conflict
from tests.flow.builder import EMAIL, MRN, NAME
from tests.reviews.clinic import INES, LAST, NOW, PAUL, ROSA, SESSION, TODAY, VERA, Clinic

DAY = timedelta(days=1)


def test_two_reviewers_judge_a_quarter_and_sign_it(clinic: Clinic) -> None:
    kept, revoked, modified = (clinic.live(name) for name in ("pager", "claims", "lab"))
    clinic.sent(kept, LAST.starts_at + 20 * DAY, 2)
    opened = clinic.open()
    assert (opened.kind, opened.items, opened.made) == ("final", 3, True)
    clinic.decide(kept, "keep")
    (gone,) = clinic.decide(revoked, "revoke", VERA, reason="not needed")
    clinic.decide(modified, "modify")
    assert (gone.effect, clinic.state(revoked)) == ("revoked at once", "revoked")
    signed = clinic.sign()
    shown = clinic.show()
    assert (shown.row.state, shown.sha256) == ("signed", signed.sha256)
    assert {each.optin_id: each.verdict for each in shown.record.decisions} == {
        str(kept): "keep", str(revoked): "revoke", str(modified): "modify",
    }  # fmt: skip
    (item,) = [each for each in shown.record.snapshot.items if each.optin_id == str(kept)]
    assert (item.tokens, item.deliveries) == (2, 1)
    (event,) = clinic.audit("review.sign")
    assert event.details["sha256"] == signed.sha256


def test_a_signature_waits_until_everything_is_decided(clinic: Clinic) -> None:
    clinic.live("pager")
    clinic.open()
    with pytest.raises(review.Refused, match="without a decision"):
        clinic.sign()
    (denied,) = clinic.audit("review.sign", "denied")
    assert denied.actor == VERA


def test_a_review_is_opened_once(clinic: Clinic) -> None:
    first, second = clinic.open(), clinic.open()
    assert (first.review_id, first.made, second.made) == (second.review_id, True, False)
    assert len(clinic.audit("review.open")) == 1


def test_a_quarter_that_has_not_begun_has_no_review(clinic: Clinic) -> None:
    with pytest.raises(review.Refused, match="not begun"):
        clinic.open(NOW.next)


# --- who judges ---


def test_nobody_judges_what_they_asked_for_or_approved(clinic: Clinic) -> None:
    clinic.person(INES, "operator", "reviewer")
    item = clinic.live("pager")
    clinic.open()
    for who in (INES, PAUL):
        with pytest.raises(review.Refused, match="somebody else"):
            clinic.decide(item, "keep", who)
    assert [each.actor for each in clinic.audit("review.decide", "denied")] == [INES, PAUL]
    assert clinic.show().record.decisions == ()


def test_the_database_refuses_self_judgement_whatever_the_code_says(clinic: Clinic) -> None:
    item = clinic.live("pager")
    opened = clinic.open()
    for who in (INES, PAUL):
        mine = NewDecision(item, uuid4(), TODAY, "keep", "x", clinic.people[who], who, "", "")
        with pytest.raises(Conflict) as refused, clinic.runtime.database.tenant(clinic.tenant_id) as session:
            reviews.add_decisions(session, clinic.tenant_id, opened.review_id, [mine])
        assert refused.value.constraint == "review_decisions_independent"


def test_a_second_account_of_the_same_person_is_the_same_person(clinic: Clinic) -> None:
    twin = clinic.person("ines.second@clinic.test", "reviewer")
    clinic.superuser.run(
        "UPDATE users u SET subject = ' ' || upper(i.subject) FROM users i WHERE u.user_id = %s AND i.user_id = %s",
        [twin, clinic.people[INES]],
    )
    item = clinic.live("pager")
    opened = clinic.open()
    with pytest.raises(review.Refused, match="somebody else"):
        clinic.decide(item, "keep", "ines.second@clinic.test")
    mine = NewDecision(item, uuid4(), TODAY, "keep", "x", twin, "twin", "", "")
    with pytest.raises(Conflict) as refused, clinic.runtime.database.tenant(clinic.tenant_id) as session:
        reviews.add_decisions(session, clinic.tenant_id, opened.review_id, [mine])
    assert refused.value.constraint == "review_decisions_independent"


def test_items_go_to_reviewers_who_had_no_part_in_them(clinic: Clinic) -> None:
    clinic.person(ROSA, "operator", "reviewer")
    own = [clinic.live(f"own-{number}", requester=ROSA) for number in range(3)]
    others = [clinic.live(f"other-{number}") for number in range(3)]
    clinic.open()
    asked = clinic.show().reviewers
    assert {asked[str(each)] for each in own} == {VERA}
    assert {asked[str(each)] for each in others} == {ROSA}, "so that nobody has more than half"


def test_an_item_nobody_independent_can_judge_blocks_itself_and_not_the_others(clinic: Clinic) -> None:
    for email in (ROSA, VERA):
        clinic.disable(email)
    clinic.person(INES, "operator", "reviewer")
    item = clinic.live("pager")
    clinic.open()
    (shown,) = clinic.show().record.snapshot.items
    assert (shown.optin_id, shown.reviewer, Flag.NO_REVIEWER in shown.flags) == (str(item), "", True)
    clinic.person("nora.new@clinic.test", "reviewer")
    clinic.decide(item, "keep", "nora.new@clinic.test")


def test_only_reviewers_and_privacy_officers_decide_and_sign(clinic: Clinic) -> None:
    clinic.person("ada.admin@clinic.test", "admin", "auditor", "operator")
    item = clinic.live("pager")
    clinic.open()
    with pytest.raises(review.Refused, match="roles"):
        clinic.decide(item, "keep", "ada.admin@clinic.test")
    clinic.decide(item, "keep")
    with pytest.raises(review.Refused, match="roles"):
        clinic.sign("ada.admin@clinic.test")


def test_a_signature_needs_a_fresh_proof_or_a_host_that_may_stand_in(clinic: Clinic) -> None:
    clinic.open()
    stale = Proof("session", "session:1", strong_at=TODAY - timedelta(hours=1))
    with pytest.raises(review.Refused, match="fresh") as refused:
        clinic.sign(proof=stale)
    assert refused.value.step_up
    with pytest.raises(review.Refused, match="ALERTVEIL_HOST_APPROVALS"):
        clinic.sign(proof=Proof("host", "host:root", host_allowed=False))
    assert [each.auth for each in clinic.audit("review.sign", "denied")] == ["session:1", "host:root"]
    clinic.sign(proof=Proof("host", "host:root", host_allowed=True))
    assert [each.auth for each in clinic.audit("host.approval")] == ["host:root"]


# --- what a decision does ---


def test_a_reason_that_names_a_patient_is_kept_as_tokens(clinic: Clinic) -> None:
    item = clinic.live("pager")
    clinic.open()
    clinic.decide(item, "keep", reason=f"needed for {NAME}, {MRN}, {EMAIL}, as agreed")
    clinic.sign()
    (decision,) = clinic.show().record.decisions
    assert decision.reason.startswith("needed for <")
    for schema, table in clinic.superuser.tables():
        rows = clinic.superuser.rows(f"SELECT t::text AS row FROM {schema}.{table} t")  # noqa: S608 - the catalog's
        assert not [row for row in rows if "uackenbush" in row.row or "77341902" in row.row or EMAIL in row.row], table


def test_keep_prolongs_to_the_close_of_the_next_review_and_no_further(clinic: Clinic) -> None:
    item = clinic.optin("pager", LAST.starts_at + DAY, TODAY + DAY)
    clinic.open()
    (kept,) = clinic.decide(item, "keep")
    assert kept.effect == f"goes on until {NOW.closes_at:%Y-%m-%d}"
    row = clinic.superuser.one("SELECT ends_at, state, mac FROM optins WHERE optin_id = %s", [item])
    assert (row.ends_at, row.state) == (NOW.closes_at, "active")
    assert row.mac, "what a review agreed to is bound like what two persons agreed to"
    with pytest.raises(review.NotPossible, match="close of the next"):
        clinic.decide(item, "keep", VERA, until=NOW.closes_at + DAY)


def test_modify_narrows_the_types_and_never_widens_them(clinic: Clinic) -> None:
    item = clinic.live("pager")
    clinic.open()
    with pytest.raises(review.NotPossible, match="narrow"):
        clinic.decide(item, "modify", types=("EMAIL", "MRN"))
    (narrowed,) = clinic.decide(item, "modify", types=("EMAIL",))
    assert narrowed.effect.startswith("goes on for EMAIL until")
    assert clinic.superuser.one("SELECT types FROM optins WHERE optin_id = %s", [item]).types == ["EMAIL"]


def test_modify_alone_ends_it_within_two_weeks(clinic: Clinic) -> None:
    item = clinic.optin("pager", LAST.starts_at + DAY, NOW.closes_at)
    clinic.open()
    clinic.decide(item, "modify")
    ends_at = clinic.superuser.one("SELECT ends_at FROM optins WHERE optin_id = %s", [item]).ends_at
    assert ends_at <= max(TODAY, ends_at - 14 * DAY) + 14 * DAY
    assert ends_at <= NOW.closes_at


def test_the_rest_is_decided_together_but_for_what_has_a_flag(clinic: Clinic) -> None:
    plain = [clinic.live(f"plain-{number}") for number in range(3)]
    flagged = clinic.live("lab", single_custody=True)
    for each in plain:
        clinic.sent(each, LAST.ends_at - DAY)
    clinic.open()
    assert {each.optin_id for each in clinic.decide(review.ALL, "keep")} == set(plain)
    with pytest.raises(review.Refused, match="one by one"):
        clinic.decide_many([plain[0], flagged], "keep")
    clinic.decide(flagged, "keep", reason="seen by two people since")


def test_an_item_of_another_review_is_not_found(clinic: Clinic) -> None:
    clinic.open()
    for wrong in (uuid4(), "no uuid at all"):
        with pytest.raises(review.NotFound, match="no such item"):
            clinic.decide(wrong, "keep")


# --- the population ---


def test_what_ended_in_the_quarter_is_in_it_and_wants_no_decision(clinic: Clinic) -> None:
    clinic.optin("gone", LAST.starts_at + DAY, LAST.starts_at + 9 * DAY, state="expired")
    clinic.optin("before", LAST.starts_at - 9 * DAY, LAST.starts_at - DAY, state="expired")
    clinic.optin("after", NOW.starts_at + timedelta(hours=1), NOW.closes_at)
    clinic.open()
    shown = clinic.show().record
    assert [(item.channel, item.state, item.required) for item in shown.snapshot.items] == [("gone", "expired", False)]
    clinic.sign()


def test_broken_glass_always_wants_a_judgement(clinic: Clinic) -> None:
    began = LAST.starts_at + 9 * DAY
    glass = clinic.optin(
        "night", began, began + timedelta(minutes=15), state="expired", break_glass=True, requester=PAUL, approver=None
    )
    clinic.open()
    with pytest.raises(review.Refused, match="without a decision"):
        clinic.sign()
    with pytest.raises(review.Refused, match="somebody else"):
        clinic.decide(glass, "keep", PAUL)
    (decided,) = clinic.decide(glass, "keep", reason="it was justified")
    assert decided.effect == "none: it had ended (expired)"
    clinic.sign()


def test_one_review_goes_on_where_the_last_one_was_cut_off(clinic: Clinic) -> None:
    earlier = LAST.previous
    old = clinic.optin("old", earlier.starts_at + DAY, NOW.closes_at)
    clinic.optin("ended", earlier.starts_at + DAY, LAST.starts_at + 3 * DAY, state="expired")
    new = clinic.live("new")
    clinic.open(earlier)
    clinic.open()
    (balance,) = clinic.show().record.snapshot.balances
    assert (balance.source, balance.previous, balance.new, balance.ended, balance.now) == (
        f"review {earlier}", 2, 1, 1, 2,
    )  # fmt: skip
    assert set(balance.now_ids) == {str(old), str(new)}
    assert balance.unaccounted_ids == ()


def test_a_row_that_is_taken_away_or_backdated_is_named(clinic: Clinic) -> None:
    earlier = LAST.previous
    gone = clinic.optin("gone", earlier.starts_at + DAY, NOW.closes_at)
    clinic.open(earlier)
    clinic.superuser.run("DELETE FROM optins WHERE optin_id = %s", [gone])
    slipped = clinic.optin("slipped", earlier.starts_at + DAY, NOW.closes_at)
    clinic.open()
    (balance,) = clinic.show().record.snapshot.balances
    assert set(balance.unaccounted_ids) == {str(gone), str(slipped)}
    (_, event) = clinic.audit("review.open")
    assert event.details["reconciled"] is False


# --- interim, then final ---


def test_an_interim_review_binds_and_the_final_one_goes_on_from_it(clinic: Clinic) -> None:
    decided, left = (
        clinic.optin("decided", NOW.starts_at, NOW.closes_at),
        clinic.optin("left", NOW.starts_at, NOW.closes_at),
    )
    opened = clinic.open(NOW)
    assert opened.kind == "interim"
    interim_hash = clinic.show(NOW).record.snapshot_sha256
    (kept,) = clinic.decide(decided, "keep", quarter=NOW)
    assert kept.effect == f"goes on until {NOW.closes_at:%Y-%m-%d}", "an interim review prolongs nothing"
    final = clinic.open(NOW, now=NOW.ends_at + timedelta(hours=3))
    assert (final.kind, final.made) == ("final", True)
    shown = clinic.show(NOW)
    assert [(each.optin_id, each.decided_by) for each in shown.record.decisions] == [(str(decided), ROSA)]
    assert [item.optin_id for item in shown.record.undecided] == [str(left)]
    quarter, since_interim = shown.record.snapshot.balances
    assert (since_interim.source, since_interim.previous, since_interim.new) == (f"interim review {NOW}", 2, 0)
    assert quarter.source.startswith("history")
    before = clinic.show(NOW, interim=True)
    assert (before.row.state, before.record.snapshot_sha256) == ("superseded", interim_hash)
    assert interim_hash != shown.record.snapshot_sha256


def test_a_signed_interim_review_stays_signed_beside_the_final_one(clinic: Clinic) -> None:
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    clinic.open(NOW)
    clinic.decide(item, "revoke", quarter=NOW, reason="no need any more")
    signed = clinic.sign(quarter=NOW)
    clinic.open(NOW, now=NOW.ends_at)
    assert clinic.show(NOW, interim=True).sha256 == signed.sha256
    final = clinic.show(NOW).record
    assert [(each.verdict, each.effect) for each in final.decisions] == [
        ("revoke", "taken over from the interim review: revoked at once")
    ]


def test_a_decision_of_the_interim_review_is_taken_again_when_the_opt_in_changed(clinic: Clinic) -> None:
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    clinic.open(NOW)
    clinic.decide(item, "keep", quarter=NOW)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        clinic.runtime.audit.write(session, clinic.tenant_id, *clinic.event("optin.widen", item))
    clinic.open(NOW, now=NOW.ends_at)
    shown = clinic.show(NOW).record
    assert shown.decisions == ()
    assert Flag.CHANGED in shown.snapshot.items[0].flags


# --- by itself ---


def test_it_opens_by_itself_on_the_first_day_after_the_quarter(clinic: Clinic) -> None:
    clinic.open(LAST.previous)
    clinic.open(LAST)
    clinic.keep_up(NOW.ends_at - timedelta(seconds=1))
    with pytest.raises(review.NotFound):
        clinic.show(NOW)
    assert clinic.keep_up(NOW.ends_at) == 1
    row = clinic.show(NOW).row
    assert (row.kind, row.opened_at, row.due_at) == ("final", NOW.ends_at, NOW.ends_at + 30 * DAY)
    assert clinic.keep_up(NOW.ends_at + DAY) == 0


def test_quarters_that_were_missed_are_opened_late_and_leave_time_to_decide(clinic: Clinic) -> None:
    clinic.live("pager")
    clinic.keep_up(TODAY)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        rows = reviews.every(session)
    assert [row.quarter for row in rows] == [str(LAST), str(LAST.previous), str(LAST.shifted(-2))]
    assert all(row.due_at >= TODAY + 14 * DAY for row in rows)


def test_a_tenant_is_reviewed_from_its_first_quarter_on(clinic: Clinic) -> None:
    clinic.superuser.run("UPDATE tenants SET created_at = %s", [LAST.ends_at - DAY])
    clinic.keep_up(TODAY)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        assert [row.quarter for row in reviews.every(session)] == [str(LAST)]


def test_what_is_undecided_when_due_falls_back_to_tokens(clinic: Clinic) -> None:
    decided, left = (clinic.optin(name, NOW.starts_at, NOW.closes_at) for name in ("decided", "left"))
    clinic.open(NOW, now=NOW.ends_at)
    clinic.decide(decided, "keep", quarter=NOW, now=NOW.ends_at + DAY)
    clinic.keep_up(NOW.closes_at - timedelta(seconds=1))
    assert clinic.state(left) == "active"
    clinic.keep_up(NOW.closes_at)
    assert (clinic.state(left), clinic.state(decided)) == ("suspended", "active")
    shown = clinic.show(NOW)
    assert shown.row.state == "closed"
    suspended = [each for each in shown.record.decisions if each.verdict == "suspend"]
    assert [(each.optin_id, each.decided_by) for each in suspended] == [(str(left), "alertveil")]
    (event,) = clinic.audit("review.close")
    assert event.details["suspended"] == [str(left)]
    assert [each.reason for each in clinic.audit("optin.suspend")] == [f"the review of {NOW} left it undecided"]
    clinic.keep_up(NOW.closes_at + DAY)
    assert len(clinic.audit("review.close")) == 1
    clinic.sign(quarter=NOW, now=NOW.closes_at + DAY)


def test_after_the_due_date_nothing_is_decided_any_more(clinic: Clinic) -> None:
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    clinic.open(NOW, now=NOW.ends_at)
    with pytest.raises(review.Refused, match="due date has passed"):
        clinic.decide(item, "keep", quarter=NOW, now=NOW.closes_at)
    clinic.keep_up(NOW.closes_at)
    with pytest.raises(review.Refused, match="due date has passed"):
        clinic.decide(item, "keep", quarter=NOW, now=NOW.closes_at)


def test_reminders_are_counted_and_not_repeated(clinic: Clinic) -> None:
    clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    clinic.open(LAST.previous)
    clinic.open(LAST)
    clinic.open(NOW, now=NOW.ends_at)
    reminded = []
    for days in (20, 14, 13, 7, 3, 2, 1):
        clinic.keep_up(NOW.closes_at - days * DAY)
        reminded.append(clinic.show(NOW).row.reminded)
    assert reminded == [0, 1, 1, 2, 3, 3, 4]


# --- nobody changes it afterwards ---


@pytest.fixture
def signed(clinic: Clinic) -> UUID:
    """A signed review with one decided item."""
    item = clinic.live("pager")
    clinic.open()
    clinic.decide(item, "keep")
    return clinic.sign().review_id


ADDED = (
    "INSERT INTO review_items SELECT tenant_id, review_id, gen_random_uuid(), 9, NULL, NULL, NULL, true, '{}' FROM"
    " reviews"
)
CHANGES = (
    "UPDATE reviews SET state = 'open'",
    "UPDATE reviews SET record = '{}', record_sha256 = encode(sha256('{}'), 'hex')",
    "UPDATE reviews SET reminded = 9",
    "UPDATE reviews SET due_at = now()",
    "UPDATE review_items SET required = false",
    "UPDATE review_decisions SET verdict = 'revoke'",
    "DELETE FROM review_decisions",
    "DELETE FROM review_items",
    "DELETE FROM reviews",
    "TRUNCATE reviews CASCADE",
    ADDED,
    "INSERT INTO review_decisions SELECT tenant_id, review_id, optin_id, gen_random_uuid(), now(), 'revoke', 'x',"  # noqa: ISC004 - one statement
    " user_id, decided_by, auth, effect FROM review_decisions",
)


@pytest.mark.usefixtures("signed")
def test_the_database_changes_nothing_of_a_signed_review(clinic: Clinic) -> None:
    before = clinic.show()
    for statement in CHANGES:
        assert clinic.refused_as_application(statement) == "42501", statement
        assert clinic.refused_as_superuser(statement) == "42501", f"not for its owner either: {statement}"
    assert clinic.show() == before


def test_what_is_frozen_stays_while_a_review_is_open(clinic: Clinic) -> None:
    clinic.live("pager")
    clinic.open()
    for statement in (
        "UPDATE reviews SET snapshot = '{}', snapshot_sha256 = encode(sha256('{}'), 'hex')",
        "UPDATE reviews SET due_at = due_at + interval '1 year'",
        "UPDATE review_items SET requester = NULL",
        ADDED,
    ):
        assert clinic.refused_as_application(statement) == "42501", statement
        assert clinic.refused_as_superuser(statement) == "42501", statement


def test_a_decision_after_the_signature_is_refused(clinic: Clinic, signed: UUID) -> None:
    (item,) = clinic.show().record.snapshot.items
    with pytest.raises(review.Refused, match="signed"):
        clinic.decide(item.optin_id, "revoke", VERA)
    with pytest.raises(review.Refused, match="signed"):
        clinic.sign()
    assert clinic.show().row.review_id == signed


@pytest.mark.usefixtures("signed")
def test_who_switches_the_rules_off_is_found_out_by_the_audit(clinic: Clinic) -> None:
    clinic.superuser.run("ALTER TABLE reviews DISABLE TRIGGER stays")
    clinic.superuser.run(
        "UPDATE reviews SET record = r.changed, record_sha256 = encode(sha256(convert_to(r.changed, 'UTF8')), 'hex')"
        " FROM (SELECT replace(record, '\"keep\"', '\"revoke\"') AS changed FROM reviews) r"
    )
    with pytest.raises(review.Tampered, match="somebody changed it"):
        clinic.show()
    with pytest.raises(review.Tampered):
        review.export(clinic.runtime, clinic.tenant_id, LAST, "json", "test")


def test_an_open_review_whose_snapshot_was_exchanged_is_not_signed(clinic: Clinic) -> None:
    clinic.open()
    clinic.superuser.run("ALTER TABLE reviews DISABLE TRIGGER stays")
    clinic.superuser.run(
        "UPDATE reviews SET snapshot = r.changed, snapshot_sha256 = encode(sha256(convert_to(r.changed, 'UTF8')),"
        " 'hex') FROM (SELECT replace(snapshot, 'Riverside', 'Lakeside') AS changed FROM reviews) r"
    )
    with pytest.raises(review.Tampered, match="frozen"):
        clinic.sign()


def test_reviews_of_one_tenant_are_nobody_elses(clinic: Clinic) -> None:
    item = clinic.live("pager")
    clinic.open()
    other = Clinic(clinic.runtime, clinic.superuser, slug="lakeside")
    assert review.every(other.runtime, other.tenant_id) == []
    with pytest.raises(review.NotFound):
        other.show()
    other.open()
    with pytest.raises(review.NotFound):
        other.decide(item, "revoke")
    assert clinic.state(item) == "active"
    assert SESSION.kind == "session"
