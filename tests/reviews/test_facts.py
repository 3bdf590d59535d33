"""What an item is judged by is what happened: counted from the disclosures, told by the audit, as of the cut-off."""

from __future__ import annotations

import threading
from datetime import timedelta

from router.core.review import Flag
from router.flow import manage
from router.flow.review import Opened
from tests.flow.builder import Superuser
from tests.reviews.clinic import INES, LAST, NOW, TODAY, Clinic

DAY = timedelta(days=1)


def test_deliveries_and_values_are_counted_within_the_scope(clinic: Clinic) -> None:
    item = clinic.optin("pager", LAST.starts_at - 20 * DAY, NOW.closes_at)
    for at, values in (
        (LAST.starts_at - DAY, 5),
        (LAST.starts_at, 1),
        (LAST.starts_at + 8 * DAY, 2),
        (LAST.ends_at - timedelta(seconds=1), 3),
        (LAST.ends_at, 7),
    ):
        clinic.sent(item, at, values)
    clinic.open()
    snapshot = clinic.show().record.snapshot
    (shown,) = snapshot.items
    assert (shown.deliveries, shown.tokens) == (3, 6)
    assert shown.last_used_at == f"{LAST.ends_at - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    assert [(week.deliveries, week.tokens) for week in snapshot.weeks if week.deliveries] == [(1, 1), (1, 2), (1, 3)]
    assert len(snapshot.weeks) == 13
    assert [(each.quarter, each.deliveries, each.tokens) for each in snapshot.seasons[-2:]] == [
        (str(LAST.previous), 1, 5), (str(LAST), 3, 6),
    ]  # fmt: skip


def test_flags_say_what_to_look_at_twice(clinic: Clinic) -> None:
    ending = clinic.agreement("Pharmacy Desk", "Feed", until=NOW.closes_at - DAY)
    gone = clinic.agreement("Referral Hub", "Core", until=LAST.ends_at - DAY)
    clinic.person("tom.former@clinic.test", "operator")
    items = {
        "fine": clinic.live("fine"),
        "idle": clinic.optin("idle", LAST.previous.starts_at, NOW.closes_at),
        "ending": clinic.live("ending", baa=ending),
        "lapsed": clinic.live("lapsed", baa=gone),
        "left": clinic.live("left", requester="tom.former@clinic.test"),
        "alone": clinic.live("alone", single_custody=True),
    }
    for each in items.values():
        if each != items["idle"]:
            clinic.sent(each, LAST.ends_at - DAY)
    clinic.disable("tom.former@clinic.test")
    clinic.open()
    assert {item.channel: list(item.flags) for item in clinic.show().record.snapshot.items} == {
        "fine": [],
        "idle": [Flag.UNUSED],
        "ending": [Flag.BAA_ENDING],
        "lapsed": [Flag.BAA_GONE],
        "left": [Flag.LEFT],
        "alone": [Flag.SINGLE_CUSTODY],
    }


def test_switches_denials_and_agreements_of_the_period_are_told(clinic: Clinic) -> None:
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at, requester=INES)
    manage.switch(clinic.runtime, clinic.tenant_id, on=True, actor="paul.privacy@clinic.test")
    manage.switch(clinic.runtime, None, on=True, actor="host:root")
    manage.switch(clinic.runtime, None, on=False, actor="host:root")
    clinic.agreement("Unused Vendor", "Anything")
    clinic.agreement("Old Vendor", "Anything", until=NOW.starts_at - DAY)
    clinic.open(NOW, now=TODAY + timedelta(minutes=30))
    for _ in range(2):
        clinic.refused(item, INES)
    clinic.open(NOW, now=NOW.ends_at)
    snapshot = clinic.show(NOW).record.snapshot
    assert [(each.what, each.who) for each in snapshot.switches] == [
        ("on, this tenant", "paul.privacy@clinic.test"),
        ("on, the installation", "host:root"),
        ("off, the installation", "host:root"),
    ]
    assert [(each.action, each.count, each.actors) for each in snapshot.denials] == [("review.decide", 2, 1)]
    assert [(each.vendor, each.optins) for each in snapshot.agreements] == [("Mail House", 1), ("Unused Vendor", 0)]


def test_changes_of_the_period_come_from_the_audit(clinic: Clinic) -> None:
    item = clinic.optin("pager", NOW.starts_at, NOW.closes_at)
    with clinic.runtime.database.tenant(clinic.tenant_id) as session:
        clinic.runtime.audit.write(session, clinic.tenant_id, *clinic.event("optin.suspend", item))
    clinic.open(NOW, now=NOW.ends_at)
    (shown,) = clinic.show(NOW).record.snapshot.items
    assert [(change.what, change.who) for change in shown.changes] == [("suspend", "test")]


def test_a_review_of_a_quarter_without_opt_ins_can_be_signed_at_once(clinic: Clinic) -> None:
    clinic.open()
    clinic.sign()
    assert clinic.show().record.snapshot.items == ()


def test_two_who_open_at_once_open_one(clinic: Clinic, superuser: Superuser) -> None:
    clinic.live("pager")
    opened: list[Opened] = []
    start = threading.Barrier(3)

    def run() -> None:
        start.wait()
        opened.append(clinic.open())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each.review_id for each in opened}) == 1
    assert [each.made for each in opened].count(True) == 1
    assert superuser.one("SELECT count(*) AS n FROM review_items").n == 1
