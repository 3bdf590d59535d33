"""A whole quarter of a clinic through the product: two earlier reviews, fourteen opt-ins, exceptions, a signed report.

`REVIEW_PAGES=/some/directory pytest tests/reviews/test_realistic.py` keeps the four files for looking at.
"""

from __future__ import annotations

import io
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pypdf import PdfReader

from router.core.review import Flag, Verdict
from router.flow import manage, review
from router.reports import review as report
from tests.reviews.clinic import INES, LAST, NOW, PAUL, ROSA, VERA, Clinic

DAY = timedelta(days=1)
OTTO, TOM, PETRA = "otto.operator@clinic.test", "tom.former@clinic.test", "petra.privacy@clinic.test"
QUARTER = NOW
"""The quarter under review; its end lies ahead, so the story's clock runs ahead of the machine's."""

MEETS = NOW.ends_at + timedelta(days=11, hours=10)


def live(clinic: Clinic, channel: str, began: datetime, sent: int, **more: Any) -> UUID:  # noqa: ANN401 - as Clinic.optin
    """An opt-in that is in force, and what went out under it, spread over the quarter."""
    item = clinic.optin(channel, began, QUARTER.closes_at, **more)
    first = max(began, QUARTER.starts_at)
    for number in range(sent):
        clinic.sent(item, first + (QUARTER.ends_at - first) * ((number + 1) / (sent + 1)) ** 0.8, 1 + number % 3)
    return item


def past(clinic: Clinic) -> None:
    """Two quarters that were reviewed: a beginning, and growth."""
    for quarter, names in ((QUARTER.shifted(-2), ("pilot-slack",)), (LAST, ("pilot-slack-2", "portal-mail"))):
        for name in names:
            item = clinic.optin(
                name, quarter.starts_at + 5 * DAY, quarter.ends_at - 5 * DAY, state="expired", why="its end was reached"
            )
            for number in range(9 if quarter == LAST else 4):
                clinic.sent(item, quarter.starts_at + (8 + 7 * number) * DAY, 2)


def test_a_realistic_quarter(clinic: Clinic) -> None:
    clinic.person(OTTO, "operator")
    clinic.person(TOM, "operator")
    clinic.person(PETRA, "privacy_officer")
    slack = clinic.agreement("Slack", "Enterprise Grid", until=QUARTER.closes_at - 16 * DAY)
    claims = clinic.agreement("Clearwater Claims", "Status API")
    hub = clinic.agreement("Referral Hub", "Core", until=QUARTER.ends_at - 62 * DAY)
    pager = clinic.agreement("PagerDuty", "Incident Management")
    past(clinic)
    carried = LAST.starts_at + 20 * DAY
    fresh = QUARTER.starts_at + 4 * DAY
    duty: dict[str, Any] = {"kind": "pagerduty", "destination": "service key ending 4f1c", "baa": pager}
    chat: dict[str, Any] = {"kind": "slack", "baa": slack}
    items = {
        "oncall": live(clinic, "oncall-pagerduty", carried, 34, **duty,
                       purpose="the responder calls the patient back when a reminder bounced"),
        "pharmacy": live(clinic, "pharmacy-slack", fresh, 41, **chat, types=("MRN",),
                         destination="team T0CLINIC, channel C0PHARM",
                         purpose="pharmacists find the prescription that was rejected"),
        "claims": live(clinic, "claims-webhook", fresh, 88, baa=claims, types=("MRN", "ACCOUNT", "MEMBER_ID"),
                       severity="warning", purpose="the claims team sees which claim a status call failed for"),
        "billing": live(clinic, "billing-mail", carried, 0, kind="email", types=("ACCOUNT",),
                        destination="billing@clinic.example through relay.example, TLS verified",
                        purpose="billing corrects an account that a nightly job could not post"),
        "lab": live(clinic, "lab-slack", fresh, 17, **chat, requester=OTTO, single_custody=True,
                    types=("MRN", "PERSON"),
                    destination="team T0CLINIC, channel C0LAB",
                    purpose="the laboratory identifies the sample whose result could not be filed"),
        "transfer": live(clinic, "transfer-webhook", fresh, 9, types=("PERSON", "PHONE"),
                         purpose="the transfer desk reaches the family when a bed request fails"),
        "imaging": live(clinic, "imaging-mail", fresh, 12, kind="email", types=("MRN", "DATE"),
                        destination="imaging@clinic.example through relay.example, TLS verified",
                        purpose="imaging finds the study that was not sent to the archive"),
        "scheduling": live(clinic, "scheduling-pagerduty", carried, 52, **duty,
                           purpose="staff at the desk reschedule appointments that a conflict dropped"),
        "telehealth": live(clinic, "telehealth-slack", fresh, 21, **chat, destination="team T0CLINIC, channel C0TELE",
                           purpose="support calls a patient whose video visit could not be started"),
        "transport": live(clinic, "transport-pagerduty", fresh, 14, **duty, requester=TOM, types=("PHONE",),
                          purpose="the dispatcher calls a patient whose ride was cancelled"),
        "registry": live(clinic, "registry-webhook", fresh, 6, types=("PERSON", "DATE"),
                         purpose="the registry team corrects records that were returned"),
    }  # fmt: skip
    over = QUARTER.starts_at + 33 * DAY
    clinic.optin(
        "portal-slack",
        fresh,
        QUARTER.closes_at,
        over_at=over,
        state="revoked",
        why="the portal team moved to error ids",
        destination="team T0CLINIC, channel C0PORTAL",
        purpose="the portal team sees whose sign-up failed",
        **chat,
    )
    clinic.optin("referrals-webhook", fresh, QUARTER.closes_at, over_at=over - 3 * DAY, state="suspended", baa=hub,
                 why="its agreement lapsed", destination="https://referrals.hub.example:443/hooks",
                 purpose="the referral desk follows up on what the hub rejected")  # fmt: skip
    night = QUARTER.starts_at + timedelta(days=44, hours=2)
    glass = clinic.optin("night-pagerduty", night, night + timedelta(minutes=15), state="expired", break_glass=True,
                         requester=PAUL, approver=None, severity="critical", why="its 15 minutes were over", **duty,
                         purpose="alerts of infusion pumps could not be matched to a bed")  # fmt: skip
    clinic.sent(glass, night + timedelta(minutes=6), 3)
    clinic.disable(TOM)

    for quarter in (QUARTER.shifted(-2), LAST):
        clinic.open(quarter)
        clinic.decide_all(quarter)
        clinic.sign(quarter=quarter)
    manage.switch(clinic.runtime, clinic.tenant_id, on=True, actor=PAUL)
    manage.switch(clinic.runtime, clinic.tenant_id, on=False, actor=PAUL)
    clinic.open(QUARTER)
    clinic.refused(items["oncall"], PAUL)

    clinic.keep_up(QUARTER.ends_at + timedelta(minutes=1))
    said: dict[str, tuple[Verdict, str]] = {
        "oncall": ("keep", "Used every week, and two types only."),
        "pharmacy": ("keep", "Needed daily; the new agreement will be signed before the old one ends."),
        "claims": ("modify", "The account number is not needed to find a claim."),
        "billing": ("revoke", "Nothing was sent in six months."),
        "lab": ("revoke", "Request and approval came through one host; two people are to ask for it again."),
        "transfer": ("keep", "Few and urgent; no other way reaches the family in time."),
        "imaging": ("keep", "The error of the archive names no study without it."),
        "scheduling": ("keep", "Used daily."),
        "transport": ("modify", "Whoever asked for it has left; the next lead is to ask for it."),
        "registry": ("keep", "Required to correct what was returned."),
    }
    for number, (name, (verdict, reason)) in enumerate(said.items()):
        by = (ROSA, VERA)[number % 2]
        types = {"types": ("MRN", "MEMBER_ID")} if name == "claims" else {}
        clinic.decide(items[name], verdict, by, quarter=QUARTER, reason=reason, now=MEETS, **types)
    clinic.decide(
        glass, "keep", ROSA, quarter=QUARTER, reason="The use was justified; the follow-up is on file.", now=MEETS
    )
    clinic.keep_up(QUARTER.closes_at)
    signed = clinic.sign(PETRA, quarter=QUARTER, now=QUARTER.closes_at + timedelta(hours=9))

    record = clinic.show(QUARTER).record
    assert len(record.snapshot.items) == 14
    assert record.snapshot.balances[0].source == f"review {LAST}"
    assert all(not each.unaccounted_ids for each in record.snapshot.balances)
    assert [each.quarter for each in record.snapshot.seasons][-3:] == [
        str(QUARTER.shifted(-2)),
        str(LAST),
        str(QUARTER),
    ]
    verdicts = [each.verdict for each in record.latest.values()]
    assert {word: verdicts.count(word) for word in ("keep", "modify", "revoke", "suspend")} == {
        "keep": 7, "modify": 2, "revoke": 2, "suspend": 1,
    }  # fmt: skip
    assert clinic.state(items["telehealth"]) == "suspended"
    flags = {flag for item in record.snapshot.items for flag in item.flags}
    assert {Flag.BREAK_GLASS, Flag.SINGLE_CUSTODY, Flag.UNUSED, Flag.BAA_ENDING, Flag.LEFT} <= flags
    folder = Path(os.environ.get("REVIEW_PAGES", "."))
    for form in report.FORMATS:
        _, digest, content = review.export(clinic.runtime, clinic.tenant_id, QUARTER, form, "test")
        assert digest == signed.sha256
        if "REVIEW_PAGES" in os.environ:
            (folder / f"review.{form}").write_bytes(content)
        if form == "pdf":
            text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
            assert digest in text.replace("\n", "")
    assert INES in {item.requester for item in record.snapshot.items}
