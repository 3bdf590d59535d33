"""People hear of a review: by mail with a link and no value, and in their channels what falls back to tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from router.local.vendors.base import Captured
from router.local.vendors.smtp import SmtpVendor
from router.runtime import Runtime
from tests.conftest import Database
from tests.flow.builder import NOWHERE, build
from tests.reviews.clinic import INES, NOW, PAUL, ROSA, VERA, Clinic

DAY = timedelta(days=1)


@pytest.fixture
def relay() -> Iterator[SmtpVendor]:
    with SmtpVendor() as made:
        yield made


@pytest.fixture
def runtime(database: Database, tmp_path: Path, relay: SmtpVendor) -> Iterator[Runtime]:
    """The parts of a process that has a relay and knows where its pages are."""
    made = build(
        database.app_url,
        tmp_path,
        NOWHERE,
        ALERTVEIL_SMTP_HOST=relay.host,
        ALERTVEIL_SMTP_PORT=str(relay.port),
        ALERTVEIL_SMTP_TLS="none",
        ALERTVEIL_SMTP_FROM="alertveil@clinic.test",
        ALERTVEIL_PUBLIC_URL="https://alerts.clinic.test",
    )
    yield made
    made.close()


def plain(mail: Captured) -> str:
    """What a mail says in plain text, on one line."""
    assert mail.mail is not None
    body = mail.mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def subject(mail: Captured) -> str:
    assert mail.mail is not None
    return str(mail.mail["Subject"])


def test_officers_and_reviewers_are_mailed_a_link_and_no_value(clinic: Clinic, relay: SmtpVendor) -> None:
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at, requester=INES)
    clinic.sent(item, NOW.starts_at + DAY)
    clinic.open(NOW, now=NOW.ends_at)
    (mail,) = relay.received
    asked = clinic.show(NOW).reviewers[str(item)]
    assert set(mail.recipients) == {PAUL, asked}
    text = plain(mail)
    assert f"https://alerts.clinic.test/reviews/{NOW}" in text
    assert "1 opt-in wants a decision" in text
    assert "<EMAIL_" not in text
    assert "calls the patient back" not in text


def test_reminders_and_the_due_date_are_told_and_the_signature_ends_it(clinic: Clinic, relay: SmtpVendor) -> None:
    clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    clinic.open(NOW.previous)
    clinic.open(NOW.shifted(-2))
    clinic.open(NOW.shifted(-3))
    clinic.open(NOW, now=NOW.ends_at)
    relay.clear()
    clinic.keep_up(NOW.closes_at - DAY)
    clinic.keep_up(NOW.closes_at)
    subjects = [subject(mail) for mail in relay.received]
    about = [each for each in subjects if str(NOW) in each and "quarterly review" in each]
    assert [each.partition("opt-ins ")[2].partition(" (")[0] for each in about] == ["is soon due", "is past due"]
    assert any("tokens only" in each for each in subjects), "what was suspended is told, too"
    statement = "SELECT status FROM incidents WHERE title LIKE %s"
    title = f"The quarterly review {NOW} %"
    assert clinic.superuser.one(statement, [title]).status == "open"
    clinic.sign(quarter=NOW, by=VERA, now=NOW.closes_at + DAY)
    assert clinic.superuser.one(statement, [title]).status == "resolved"


def test_a_relay_that_fails_holds_no_review_up(clinic: Clinic, relay: SmtpVendor) -> None:
    relay.stop()
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    clinic.open(NOW)
    clinic.decide(item, "keep", ROSA, quarter=NOW)
    clinic.sign(quarter=NOW)
