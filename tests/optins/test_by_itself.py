"""What happens to opt-ins without anybody doing it: warnings, ends, agreements that lapse, destinations that drift."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from router.core.optin import REMINDERS, WARNINGS, Ground, due, strayed
from router.core.quarter import latest_end
from router.flow import baa, drift, herald, lapse, optin
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import optins
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Worker, build, webhook
from tests.flow.builder import slack as slack_way
from tests.optins.conftest import (
    OFFICER,
    OPERATOR,
    OTHER_OFFICER,
    REVIEWER,
    Authority,
    Clinic,
    bounced,
    clinic_with,
    paper,
    told,
)

NOW = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def notices(hook: WebhookVendor) -> list[str]:
    """What the channel was told by Alertveil itself."""
    return [each.json()["data"]["title"] for each in hook.received if each.json()["data"]["source"] == "alertveil"]


def ago(superuser: Superuser, days: float) -> None:
    """The opt-ins and agreements were made so many days earlier, and end so many days earlier."""
    superuser.run(
        "UPDATE optins SET requested_at = requested_at - %(d)s, bound_at = bound_at - %(d)s, starts_at = starts_at"
        " - %(d)s, ends_at = ends_at - %(d)s",
        {"d": timedelta(days=days)},  # type: ignore[arg-type]  # psycopg takes names too
    )
    superuser.run("UPDATE instance SET policy_ran_at = 'epoch'")


# --- pure ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "told_before", "expected"),
    [(20, [], None), (14, [], 14), (13, [14], None), (3, [14], 3), (2, [14, 3], None), (0.5, [14, 3], 1), (0, [], None),
     (0.5, [], 1), (0.5, [1], None)],
)  # fmt: skip
def test_a_warning_is_given_once_at_its_day(left: float, told_before: list[int], expected: int | None) -> None:
    assert due(WARNINGS, told_before, NOW + left * DAY, NOW) == expected


@given(st.floats(0.01, 100), st.lists(st.sampled_from(REMINDERS), unique=True))
def test_a_notice_is_never_given_twice_and_never_early(left: float, told_before: Sequence[int]) -> None:
    days = due(REMINDERS, told_before, NOW + left * DAY, NOW)
    assert days is None or (days not in told_before and left <= days)


FACTS = {
    "team": "T1", "channel": "C1", "is_private": "true", "is_shared": "false", "is_ext_shared": "false", "guests": "G1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"is_ext_shared": "true"}, "the channel was shared with another organisation"),
        ({"is_pending_ext_shared": "true"}, "the channel is about to be shared with another organisation"),
        ({"is_shared": "true"}, "the channel was shared with another workspace"),
        ({"is_private": "false"}, "the channel was made public"),
        ({"guests": "G1 G2"}, "a guest was added to the channel"),
        ({"team": "T2"}, "the channel belongs to another Slack workspace"),
        ({"channel": "G1"}, "the channel's id changed"),
        ({"guests": ""}, None),
        ({"is_archived": "true"}, None),
    ],
)
def test_only_what_lets_others_read_along_is_drift(changed: dict[str, str], why: str | None) -> None:
    assert strayed(FACTS, FACTS | changed) == why


def test_a_vendor_that_does_not_answer_is_no_drift() -> None:
    assert strayed(FACTS, {}) is None


def test_sharing_is_drift_though_nothing_was_known_before() -> None:
    assert strayed({}, FACTS) is None
    assert strayed({}, FACTS | {"is_ext_shared": "true"}) == "the channel was shared with another organisation"


# --- time ---------------------------------------------------------------------------------------------------------


def test_people_are_warned_fourteen_three_and_one_days_ahead_and_then_it_ends(
    clinic: Clinic, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    optin_id = clinic.opt_in(until=datetime.now(UTC) + 20 * DAY)
    said = []
    for days in (0, 6.5, 3, 8, 2, 1):  # 20, 13.5, 10.5, 2.5, 0.5 and no days are left
        ago(superuser, days)
        assert lapse.run(clinic.runtime) is not None
        worker.drain(clinic.tenant.lane("hook"))
        said.append((clinic.shown(optin_id).state, len(notices(hook))))
    assert said == [
        ("active", 0), ("expiring", 1), ("expiring", 1), ("expiring", 2), ("expiring", 3), ("expired", 4),
    ]  # fmt: skip
    assert notices(hook)[0] == "Channel hook gets tokens only again in 14 days"
    assert [details["days"] for *_, details in clinic.events("optin.warn")] == [14, 3, 1]
    assert len(clinic.events("optin.expire")) == 1


def test_an_end_bites_before_anybody_wrote_it_down(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    clinic.opt_in(until=datetime.now(UTC) + DAY)
    bounced(clinic, edge, "0")
    worker.drain(*edge.rung)
    ago(superuser, 1.1)
    bounced(clinic, edge, "1")
    worker.drain(*edge.rung)
    assert [mode for mode, _ in clinic.attempts()] == ["plaintext", "tokens"]
    assert EMAIL not in str(told(hook)[-1])


def test_only_one_of_many_processes_tells(clinic: Clinic, superuser: Superuser) -> None:
    clinic.opt_in(until=datetime.now(UTC) + 15 * DAY)
    ago(superuser, 2)
    assert lapse.run(clinic.runtime) == 1
    assert lapse.run(clinic.runtime) is None
    ago(superuser, 0)
    assert lapse.run(clinic.runtime) == 0


def test_nobody_is_warned_of_an_end_that_they_just_chose(clinic: Clinic) -> None:
    clinic.opt_in(until=datetime.now(UTC) + 2 * DAY)
    assert lapse.run(clinic.runtime) == 0


def test_an_agreement_is_reminded_of_and_takes_its_opt_ins_with_it_when_it_lapses(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    today = datetime.now(UTC).date()
    short = baa.add(clinic.runtime, clinic.tenant_id, paper(expires=today + 70 * DAY), actor="host:test")
    optin_id = clinic.opt_in(baa_id=short, until=min(latest_end(datetime.now(UTC)), datetime.now(UTC) + 39 * DAY))
    for days in (15, 30, 20):
        superuser.run(
            "UPDATE baas SET expires_at = expires_at - %(d)s, added_at = added_at - %(d)s, effective_at = effective_at"
            " - %(d)s WHERE baa_id = %(id)s",
            {"d": timedelta(days=days), "id": short},  # type: ignore[arg-type]  # psycopg takes names too
        )
        ago(superuser, 0)
        lapse.run(clinic.runtime)
        worker.drain(clinic.tenant.lane("hook"))
    assert [details["days"] for *_, details in clinic.events("baa.remind")] == [60, 30, 7]
    assert [title.rpartition(" ends in ")[2] for title in notices(hook) if " ends in " in title] == [
        "56 days", "26 days", "6 days",
    ]  # fmt: skip
    superuser.run("UPDATE baas SET expires_at = now() WHERE baa_id = %s", [short])
    ago(superuser, 0)
    lapse.run(clinic.runtime)
    shown = clinic.shown(optin_id)
    assert (shown.state, shown.why) == ("suspended", "its business associate agreement has lapsed")
    assert len(clinic.events("baa.lapse")) == 1
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert clinic.attempts()[-1] == ("tokens", Ground.SUSPENDED)


def test_what_the_database_suspended_by_itself_is_told_and_audited(
    clinic: Clinic, worker: Worker, hook: WebhookVendor
) -> None:
    optin_id = clinic.opt_in()
    clinic.tenant.set(channels={"hook": webhook(hook, "/elsewhere")})
    assert clinic.events("optin.suspend") == []
    assert lapse.run(clinic.runtime) == 1
    ((actor, _, reason, details),) = clinic.events("optin.suspend")
    assert (actor, reason, details["optin"]) == ("alertveil", "the channel's destination was changed", str(optin_id))
    worker.drain(clinic.tenant.lane("hook"))
    assert notices(hook) == ["Channel hook gets tokens only: its opt-in is suspended"]


def test_privacy_officers_get_mail_when_there_is_a_relay(
    clinic: Clinic, database: Database, tmp_path: Path, authority: Authority, relay: SmtpVendor, superuser: Superuser
) -> None:
    smtp = {"ALERTVEIL_SMTP_HOST": relay.host, "ALERTVEIL_SMTP_PORT": str(relay.port)}
    ca = {"ALERTVEIL_EGRESS_CA_FILE": str(authority.file), "ALERTVEIL_SMTP_FROM": "alertveil@clinic.test"}
    made = build(database.app_url, tmp_path, **smtp, **ca)
    clinic.opt_in(until=datetime.now(UTC) + 15 * DAY)
    ago(superuser, 2)
    lapse.run(made)
    (mail,) = relay.received
    made.close()
    text = mail.body.decode().replace("=\r\n", "")
    assert mail.tls
    assert f"To: {OTHER_OFFICER}, {OFFICER}" in text
    assert "gets tokens only again in 13 days" in text


def test_a_relay_that_is_away_stops_nothing(clinic: Clinic, database: Database, tmp_path: Path) -> None:
    made = build(database.app_url, tmp_path, ALERTVEIL_SMTP_HOST="127.0.0.1", ALERTVEIL_SMTP_PORT="9")
    assert herald.mail(made, clinic.tenant_id, [herald.Word(("x",), "info", "t", "d")]) == 0
    made.close()


# --- drift --------------------------------------------------------------------------------------------------------


@pytest.fixture
def chat(runtime: Runtime, slack: SlackVendor) -> Clinic:
    """A clinic with a private Slack channel that is opted in."""
    slack.channel_facts = {"is_private": True, "is_shared": False, "is_ext_shared": False}
    return clinic_with(runtime, {"chat": slack_way(slack)})


def an_hour_later(superuser: Superuser) -> None:
    superuser.run("UPDATE optins SET looked_at = looked_at - interval '1 hour'")


def test_a_guest_or_sharing_suspends_and_new_colleagues_do_not(
    chat: Clinic, slack: SlackVendor, superuser: Superuser
) -> None:
    optin_id = chat.opt_in(channel="chat")
    slack.members.append("U0COLLEAGUE")
    slack.people.append({"id": "U0COLLEAGUE", "team_id": "T0LOCAL001"})
    an_hour_later(superuser)
    assert drift.run(chat.runtime) == 0
    slack.members.append("U0GUEST")
    assert drift.run(chat.runtime) == 0, "it was looked at just now"
    an_hour_later(superuser)
    assert drift.run(chat.runtime) == 1
    shown = chat.shown(optin_id)
    assert (shown.state, shown.why) == ("suspended", "a guest was added to the channel")
    assert chat.events("optin.suspend")[0][2] == "a guest was added to the channel"


def test_a_slack_that_does_not_answer_suspends_nothing(chat: Clinic, slack: SlackVendor, superuser: Superuser) -> None:
    optin_id = chat.opt_in(channel="chat")
    slack.stop()
    an_hour_later(superuser)
    assert drift.run(chat.runtime) == 0
    assert chat.shown(optin_id).state == "active"


def test_a_channel_that_another_organisation_reads_is_never_opted_in(chat: Clinic, slack: SlackVendor) -> None:
    slack.channel_facts["is_ext_shared"] = True
    with pytest.raises(optin.Refused, match="shared with another organisation"):
        chat.ask(channel="chat")


def test_a_certificate_that_fails_suspends_at_once_and_a_renewed_one_does_not(
    clinic: Clinic, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    optin_id = clinic.opt_in()
    bounced(clinic, edge, "1")
    worker.drain(*edge.rung)
    port = hook.port
    hook.stop()
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(stranger)
    with WebhookVendor(port=port, tls=stranger) as other:
        bounced(clinic, edge, "2")
        worker.drain(*edge.rung)
        assert other.received == []
    shown = clinic.shown(optin_id)
    assert (shown.state, shown.why) == ("suspended", "the destination's certificate could not be verified")
    superuser.due_now()
    with WebhookVendor(port=port, tls=hook.tls) as back:
        worker.drain(*edge.rung)
        assert EMAIL not in str(told(back))
        assert told(back)


# --- reviews ------------------------------------------------------------------------------------------------------


def keep(clinic: Clinic, optin_id: object, reviewer: str, types: Sequence[str], until: datetime) -> str:
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        return optins.keep(
            session, optin_id, clinic.ids[reviewer], by=reviewer, types=types, until=until  # type: ignore[arg-type]  # wrong on purpose
        )  # fmt: skip


def test_a_review_narrows_and_renews_and_what_it_agreed_to_is_bound_again(
    clinic: Clinic, edge: Edge, worker: Worker
) -> None:
    optin_id = clinic.opt_in("EMAIL", "PHONE")
    until = latest_end(datetime.now(UTC))
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        refused = optin.keep_in(
            clinic.runtime, session, clinic.tenant_id, optin_id, reviewer=clinic.ids[REVIEWER], actor=REVIEWER,
            types=["EMAIL"], until=until, why="still needed",
        )  # fmt: skip
    assert refused == ""
    shown = clinic.shown(optin_id)
    assert (shown.types, shown.ends_at, shown.intact) == (("EMAIL",), until, True)
    bounced(clinic, edge)
    worker.drain(*edge.rung)
    assert clinic.attempts() == [("plaintext", Ground.OPTED_IN)]


@pytest.mark.parametrize(
    ("reviewer", "types", "later", "why"),
    [
        (OFFICER, ["EMAIL"], 0, "whoever asked for or approved an opt-in cannot review it"),
        (OPERATOR, ["EMAIL"], 0, "this person's roles do not allow it"),
        (REVIEWER, ["EMAIL", "SSN"], 0, "a review can only narrow the types"),
        (REVIEWER, ["EMAIL"], 1, "its end lies after the close of the next quarterly review"),
    ],
)
def test_a_review_cannot_do_more_than_two_persons_did(
    clinic: Clinic, reviewer: str, types: list[str], later: int, why: str
) -> None:
    optin_id = clinic.opt_in()
    assert keep(clinic, optin_id, reviewer, types, latest_end(datetime.now(UTC)) + later * DAY) == why
