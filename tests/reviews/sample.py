"""A quarter as a clinic might have it, as a plain record: fourteen opt-ins, two earlier quarters, exceptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from router.core.quarter import Quarter
from router.core.review import (
    SCHEMA,
    WEEKS,
    Agreement,
    Change,
    Decision,
    Denials,
    Flag,
    Item,
    Record,
    Season,
    Signature,
    Snapshot,
    Sum,
    Verdict,
    Week,
    moment,
    sha256,
    statement,
)
from router.reports import review

QUARTER = Quarter(2026, 4)


def uuid(number: int) -> str:
    return str(UUID(int=0x0193A0C0_0000_7000_8000_000000000000 + number))


def at(month: int, day: int, hour: int = 9, minute: int = 30, year: int = 2026) -> str:
    return moment(datetime(year, month, day, hour, minute, tzinfo=UTC))


def item(number: int, channel: str, **changed: object) -> Item:
    """An opt-in that nothing is wrong with."""
    plain = Item(
        optin_id=uuid(number),
        channel=channel,
        channel_kind="pagerduty",
        vendor="PagerDuty",
        destination="service key ending 4f1c",
        types=("EMAIL", "PHONE"),
        lowest_severity="error",
        purpose="the responder calls the patient back when an appointment reminder bounced",
        baa="PagerDuty, Incident Management",
        baa_ends_on="2027-06-30",
        requester="ines.operator@clinic.example",
        approver="paul.privacy@clinic.example",
        starts_at=at(10, 5),
        ends_at=at(1, 30, 23, 59, 2027),
        state="active",
        ended_at="",
        ended_because="",
        break_glass=False,
        single_custody=False,
        deliveries=42,
        tokens=61,
        last_used_at=at(12, 29, 17, 4),
        reviewer="rosa.reviewer@clinic.example",
        required=True,
        flags=(),
        changes=(),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # the caller names fields of an item


ITEMS = (
    item(1, "oncall-pagerduty", starts_at=at(7, 6), changes=(
        Change(at=at(10, 12), what="suspend", who="alertveil", why="the routing key was changed"),
        Change(at=at(10, 12, 11), what="request", who="ines.operator@clinic.example"),
    ), flags=(Flag.CHANGED,)),
    item(2, "pharmacy-slack", channel_kind="slack", vendor="Slack", destination="team T0CLINIC, channel C0PHARM",
         types=("MRN",), baa="Slack, Enterprise Grid", baa_ends_on="2027-01-15", deliveries=118, tokens=118,
         purpose="pharmacists find the prescription that the benefit manager rejected",
         flags=(Flag.BAA_ENDING,)),
    item(3, "claims-webhook", channel_kind="webhook", vendor="Clearwater Claims",
         destination="https://hooks.clearwater.example:443/alerts", types=("MRN", "ACCOUNT", "MEMBER_ID"),
         baa="Clearwater Claims, Status API", deliveries=903, tokens=1911, lowest_severity="warning",
         purpose="the claims team sees which claim a status call failed for"),
    item(4, "billing-mail", channel_kind="email", vendor="Postal Relay",
         destination="billing@clinic.example through relay.postal.example, TLS verified", types=("ACCOUNT",),
         baa="Postal Relay, Outbound", deliveries=0, tokens=0, last_used_at="", starts_at=at(7, 13),
         purpose="billing corrects an account that a nightly job could not post", flags=(Flag.UNUSED,)),
    item(5, "lab-slack", channel_kind="slack", vendor="Slack", destination="team T0CLINIC, channel C0LAB",
         types=("MRN", "PERSON"), baa="Slack, Enterprise Grid", deliveries=77, tokens=154,
         requester="otto.operator@clinic.example", approver="otto.admin@clinic.example", single_custody=True,
         purpose="the laboratory identifies the sample whose result could not be filed",
         flags=(Flag.SINGLE_CUSTODY,)),
    item(6, "night-pagerduty", starts_at=at(11, 14, 2, 10), ends_at=at(11, 14, 2, 25), state="expired",
         ended_at=at(11, 14, 2, 25), ended_because="its 15 minutes were over", break_glass=True, approver="",
         requester="nadia.oncall@clinic.example", deliveries=3, tokens=5, last_used_at=at(11, 14, 2, 19),
         lowest_severity="critical", purpose="infusion pump alerts could not be matched to a bed",
         flags=(Flag.BREAK_GLASS,)),
    item(7, "transfer-webhook", channel_kind="webhook", vendor="County Transfer Desk",
         destination="https://alerts.transfer.example:443/in", types=("PERSON", "PHONE"),
         baa="County Transfer Desk, Notifications", deliveries=12, tokens=24,
         purpose="the transfer desk reaches the family when a bed request fails"),
    item(8, "portal-slack", channel_kind="slack", vendor="Slack", destination="team T0CLINIC, channel C0PORTAL",
         types=("EMAIL",), baa="Slack, Enterprise Grid", state="revoked", ended_at=at(11, 3, 15, 12),
         ended_because="the portal team moved to error ids", required=False, reviewer="", deliveries=9, tokens=9,
         last_used_at=at(11, 2), changes=(
        Change(at=at(11, 3, 15, 12), what="revoke", who="ines.operator@clinic.example",
               why="the portal team moved to error ids"),)),
    item(9, "imaging-mail", channel_kind="email", vendor="Postal Relay",
         destination="imaging@clinic.example through relay.postal.example, TLS verified", types=("MRN", "DATE"),
         baa="Postal Relay, Outbound", deliveries=31, tokens=58,
         purpose="imaging finds the study that was not sent to the archive"),
    item(10, "referrals-webhook", channel_kind="webhook", vendor="Referral Hub",
         destination="https://referrals.hub.example:443/hooks/alertveil", types=("EMAIL", "PERSON"),
         baa="Referral Hub, Core", state="suspended", deliveries=5, tokens=10, last_used_at=at(10, 20),
         purpose="the referral desk follows up on messages that the hub rejected",
         flags=(Flag.BAA_GONE, Flag.SUSPENDED), changes=(
        Change(at=at(10, 31, 0, 0), what="suspend", who="alertveil", why="its agreement lapsed"),)),
    item(11, "scheduling-pagerduty", deliveries=210, tokens=388, starts_at=at(8, 24),
         purpose="front desk staff reschedule appointments that a sync conflict dropped"),
    item(12, "telehealth-slack", channel_kind="slack", vendor="Slack", destination="team T0CLINIC, channel C0TELE",
         types=("EMAIL", "PHONE"), baa="Slack, Enterprise Grid", deliveries=64, tokens=97,
         purpose="support calls a patient whose video visit could not be started",
         reviewer="", flags=(Flag.NO_REVIEWER,), approver="rosa.reviewer@clinic.example",
         requester="vera.reviewer@clinic.example"),
    item(13, "immunization-webhook", channel_kind="webhook", vendor="State Registry",
         destination="https://registry.state.example:443/alerts", types=("PERSON", "DATE"), state="expired",
         baa="State Registry, Exchange", ended_at=at(12, 15), ended_because="its end was reached", required=False,
         reviewer="", deliveries=18, tokens=36, last_used_at=at(12, 14), ends_at=at(12, 15),
         purpose="the registry team corrects records that were returned", changes=(
        Change(at=at(12, 15), what="expire", who="alertveil", why="its end was reached"),)),
    item(14, "transport-pagerduty", deliveries=27, tokens=27, types=("PHONE",), starts_at=at(11, 20),
         purpose="the dispatcher calls a patient whose ride was cancelled by the partner",
         flags=(Flag.LEFT,), requester="tom.former@clinic.example"),
)  # fmt: skip

REASONS: dict[int, tuple[Verdict, str]] = {
    1: ("keep", "Used every week; the key change was planned and asked for again by two people."),
    2: ("keep", "Needed daily. The new agreement is with legal and will be signed before it ends."),
    3: ("modify", "The account number is not needed to find a claim; ask again without it."),
    4: ("revoke", "Nothing was sent in six months."),
    5: ("revoke", "Request and approval came through one host account; to be asked for again by two people."),
    6: ("keep", "The use was justified: the follow-up is documented, and the mapping is mended."),
    7: ("keep", "Few and urgent; no other way reaches the family in time."),
    9: ("keep", "The archive's error names no study without it."),
    10: ("revoke", "The agreement lapsed and will not be renewed."),
    11: ("keep", "Used daily, two types only."),
    14: ("modify", "The requester has left; the dispatch lead is to ask for it."),
}


def snapshot(items: tuple[Item, ...] = ITEMS) -> Snapshot:
    previous, now = (uuid(1), uuid(4), uuid(11)), tuple(
        each.optin_id for each in items if each.state not in {"expired", "revoked", "suspended"}
    )  # fmt: skip
    new = tuple(each.optin_id for each in items if each.optin_id not in previous)
    ended = tuple(each.optin_id for each in items if each.optin_id not in now)
    volume = (61, 58, 70, 96, 101, 88, 120, 131, 117, 140, 152, 149, 163)
    return Snapshot(
        review_id=uuid(900),
        tenant="riverside",
        tenant_name="Riverside Clinic",
        quarter="2026Q4",
        kind="final",
        starts_at=moment(QUARTER.starts_at),
        cut_off=moment(QUARTER.ends_at),
        opened_at=at(1, 1, 0, 1, 2027),
        opened_by="alertveil",
        due_at=moment(QUARTER.closes_at),
        balances=(
            Sum(since=moment(QUARTER.starts_at), source="review 2026Q3", previous=len(previous), new=len(new),
                ended=len(ended), now=len(now), new_ids=new, ended_ids=ended, now_ids=now, unaccounted_ids=()),
        ),
        items=items,
        agreements=(
            Agreement(baa_id=uuid(801), vendor="PagerDuty", service="Incident Management", signed_on="2025-07-01",
                      ends_on="2027-06-30", retired_at="", document_sha256="9b" * 32, optins=4),
            Agreement(baa_id=uuid(802), vendor="Slack", service="Enterprise Grid", signed_on="2025-01-16",
                      ends_on="2027-01-15", retired_at="", document_sha256="c4" * 32, optins=4),
            Agreement(baa_id=uuid(803), vendor="Clearwater Claims", service="Status API", signed_on="2026-02-01",
                      ends_on="2028-01-31", retired_at="", document_sha256="07" * 32, optins=1),
            Agreement(baa_id=uuid(804), vendor="Referral Hub", service="Core", signed_on="2025-11-01",
                      ends_on="2026-10-31", retired_at=at(11, 2), document_sha256="", optins=1),
        ),
        weeks=tuple(
            Week(starts_on=(QUARTER.starts_at + timedelta(days=7 * number)).date().isoformat(),
                 active=7 + number // 2 - (number > 9), deliveries=volume[number], tokens=volume[number] * 2 - 7)
            for number in range(WEEKS)
        ),
        seasons=(
            Season(quarter="2026Q2", active=2, deliveries=240, tokens=391),
            Season(quarter="2026Q3", active=5, deliveries=730, tokens=1205),
            Season(quarter="2026Q4", active=14, deliveries=sum(volume), tokens=2 * sum(volume) - 91),
        ),
        switches=(
            Change(at=at(11, 14, 3, 2), what="on, this tenant", who="paul.privacy@clinic.example",
                   why="mapping of beds is wrong"),
            Change(at=at(11, 14, 6, 40), what="off, this tenant", who="paul.privacy@clinic.example",
                   why="mapping is mended"),
        ),
        denials=(
            Denials(action="optin.approve", count=3, actors=2, last_at=at(12, 2, 11, 1)),
            Denials(action="reveal", count=17, actors=4, last_at=at(12, 30, 8, 55)),
            Denials(action="review.decide", count=1, actors=1, last_at=at(10, 9, 14, 20)),
        ),
        reveals=203,
    )  # fmt: skip


def decisions(given: Snapshot) -> tuple[Decision, ...]:
    effects = {
        "keep": "goes on until its end",
        "modify": "ends 2027-01-26, to be asked for again",
        "revoke": "revoked at once",
    }
    made = []
    for number, each in enumerate(given.items, 1):
        if number in REASONS:
            verdict, reason = REASONS[number]
            made.append(
                Decision(
                    optin_id=each.optin_id,
                    at=at(1, 12, 10, number, 2027),
                    verdict=verdict,
                    reason=reason,
                    decided_by="rosa.reviewer@clinic.example" if number % 2 else "vera.reviewer@clinic.example",
                    auth="session: passkey",
                    effect=effects[verdict],
                )
            )
        elif each.required:
            made.append(
                Decision(
                    optin_id=each.optin_id,
                    at=moment(QUARTER.closes_at),
                    verdict="suspend",
                    reason="",
                    decided_by="alertveil",
                    auth="",
                    effect="suspended to tokens",
                )
            )
    return tuple(made)


def record(given: Snapshot | None = None) -> Record:
    """The signed record."""
    frozen = given or snapshot()
    plain = Record(
        schema=SCHEMA,
        snapshot=frozen,
        snapshot_sha256=sha256(review.frozen(frozen)),
        state="signed",
        decisions=decisions(frozen),
        disclosures_after_revocation=0,
        signature=None,
    )
    return replace(
        plain,
        signature=Signature(
            at=at(2, 1, 16, 5, 2027),
            signed_by="paul.privacy@clinic.example",
            auth="session: passkey, 2 minutes before",
            statement=statement(plain),
        ),
    )
