"""Times on the reader's clock: two people see one moment, each in their zone; forms read what they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.access import ROLES
from router.core.clock import UTC_CLOCK, Clock, clock
from router.flow import accounts, manage
from router.flow.manage import NotPossible
from router.flow.signin import Visitor
from router.runtime import Runtime
from router.web.pages import guard, look, zones
from tests.core.test_clock import clocks, moments
from tests.flow.builder import Edge, Tenant, tenant
from tests.web.test_pages import HERE, Browser, clinic, edge, opened, runtime  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 22, 15, 4, 5, tzinfo=UTC)
BERLIN, KOLKATA = "Europe/Berlin", "Asia/Kolkata"


class Reader(Browser):
    """A browser that says where its forms stand, as browsers do."""

    def submits(self, on: str, action: str, **fields: str) -> int:
        self.get(on)
        return self.post(action, headers={"referer": f"{HERE}{on}", "origin": HERE}, csrf=self.csrf, **fields)

    def reads_in(self, zone: str) -> Reader:
        assert self.submits("/account", "/account/zone", zone=zone) == 303
        return self

    def times(self) -> set[tuple[str, str, str]]:
        """(for machines, on hovering, in words) of every time on the page."""
        found = self.all("time")
        return {(each.get("datetime"), each.get("title", ""), "".join(each.itertext())) for each in found}


Arrives = Callable[..., Reader]


@pytest.fixture
def arrives(runtime: Runtime, clinic: Tenant) -> Arrives:  # noqa: F811 - a fixture
    def make(name: str, zone: str = "") -> Reader:
        reader = Reader(runtime)
        reader.sign_in(clinic, *ROLES, email=f"{name}@clinic.test")
        return reader.reads_in(zone) if zone else reader

    return make


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_two_people_see_the_same_moment_each_on_their_own_clock(
    arrives: Arrives,
    clinic: Tenant,  # noqa: F811 - a fixture
    edge: Edge,  # noqa: F811 - a fixture
) -> None:
    incident_id = opened(clinic, edge)
    (row,) = clinic.rows("SELECT opened_at FROM incidents")
    machine = f"{row.opened_at:%Y-%m-%dT%H:%M:%SZ}"
    seen = {}
    for name, zone in (("anna", BERLIN), ("indira", KOLKATA), ("ulla", "")):
        reader = arrives(name, zone)
        reader.get(f"/incidents/{incident_id}")
        titles = {title for at, title, _ in reader.times() if at == machine}
        seen[name] = titles
        by = clock(zone)
        assert f"{by.local(row.opened_at):%H:%M:%S}" in reader.words(), "without hovering, too"
        assert all(f"{row.opened_at:%Y-%m-%d %H:%M:%S} UTC" in title for title in titles)
        assert all(title.startswith(by.full(row.opened_at)) for title in titles)
        assert (f"Times are in {BERLIN}" in reader.words()) == (name == "anna")
    assert all(seen.values())
    assert len(set.union(*seen.values())) == 3, "three clocks"


def test_every_page_says_which_clock_it_shows_and_shows_utc_when_asked_and_back(
    arrives: Arrives,
    runtime: Runtime,  # noqa: F811 - a fixture
    clinic: Tenant,  # noqa: F811 - a fixture
    edge: Edge,  # noqa: F811 - a fixture
) -> None:
    opened(clinic, edge)
    anna = arrives("anna", BERLIN)
    again = Reader(runtime)
    again.sign_in(clinic, *ROLES, email="anna@clinic.test")
    where = "/audit?" + urlencode({"actor": "anna@clinic.test", "decision": "allowed"})
    anna.get(where)
    assert "UTC+1" in anna.words() or "UTC+2" in anna.words()
    assert anna.submits(where, "/account/clock", utc="on") == 303
    assert anna.location == where, "back to where it was pressed, with what was searched for"
    anna.get(where)
    assert "Times are in UTC for now" in anna.words()
    assert not re.search(r"UTC[+−]", anna.words())
    again.get("/")
    assert f"Times are in {BERLIN}" in again.words(), "the other session goes on as it was"
    assert anna.submits("/silences", "/account/clock", utc="off") == 303
    assert anna.location == "/silences"
    anna.get("/silences")
    assert f"Times are in {BERLIN}" in anna.words()


@pytest.mark.parametrize(
    ("referer", "to"),
    [
        ("/incidents/00000000-0000-0000-0000-000000000000/reveal", "/incidents/00000000-0000-0000-0000-000000000000"),
        ("/audit/verify", "/audit"),
        ("/?severity=critical", "/?severity=critical"),
        ("/sign-out", "/"),
        ("//evil.test/audit", "/"),
        ("/no/such/page", "/"),
        ("", "/"),
    ],
)
def test_after_the_switch_comes_the_page_that_an_answer_hangs_under(arrives: Arrives, referer: str, to: str) -> None:
    anna = arrives("anna", BERLIN)
    anna.get("/account")
    assert anna.post("/account/clock", headers={"referer": f"{HERE}{referer}"}, csrf=anna.csrf, utc="on") == 303
    assert anna.location == to


def test_a_zone_is_kept_audited_and_offered_again_and_an_unknown_one_refused(
    arrives: Arrives,
    clinic: Tenant,  # noqa: F811 - a fixture
) -> None:
    anna = arrives("anna")
    anna.get("/")
    assert "Times are in UTC. Choose your time zone" in anna.words()
    assert anna.submits("/account", "/account/zone", zone="Mars/Olympus") == 422
    assert "There is no such time zone" in anna.words()
    anna.reads_in("US/Pacific")
    anna.get("/account")
    (chosen,) = [each.get("value") for each in anna.all("option") if each.get("selected") is not None]
    assert chosen == "US/Pacific", "an older name that the list does not have"
    anna.reads_in("UTC")
    rows = clinic.rows("SELECT actor, details FROM audit_events WHERE action = 'user.zone' ORDER BY at, event_id")
    assert [(row.actor, row.details["zone_before"], row.details["zone"]) for row in rows] == [
        ("anna@clinic.test", "UTC", "US/Pacific"),
        ("anna@clinic.test", "US/Pacific", "UTC"),
    ]


def test_the_zone_of_one_tenants_user_is_not_that_of_anothers(runtime: Runtime, clinic: Tenant) -> None:  # noqa: F811 - a fixture
    other = tenant(runtime, slug="other")
    for where in (clinic, other):
        manage.add_user(runtime, where.tenant_id, "anna@both.test", ["viewer"], "test")
    accounts.set_zone(runtime, clinic.tenant_id, "anna@both.test", BERLIN, actor="test")
    with other.runtime.database.tenant(other.tenant_id) as session:
        assert [row.zone for row in session.rows("SELECT zone FROM users")] == [""]


def test_what_stays_in_utc_says_so(arrives: Arrives, clinic: Tenant, edge: Edge) -> None:  # noqa: F811 - a fixture
    opened(clinic, edge)
    anna = arrives("anna", KOLKATA)
    anna.submits("/reviews", "/reviews", quarter="2026Q4")
    anna.get(anna.location)
    assert "Times of the record are in UTC" in anna.words()
    assert {title for _, title, words in anna.times() if words.endswith(" UTC")} == {""}


# -- what is written --------------------------------------------------------------------------------------------------


def made(where: Tenant) -> datetime:
    (row,) = where.rows("SELECT starts_at FROM silences")
    found: datetime = row.starts_at
    return found


def test_a_silence_begins_when_the_form_says_on_the_clock_that_the_form_names(
    arrives: Arrives,
    clinic: Tenant,  # noqa: F811 - a fixture
) -> None:
    anna = arrives("anna", KOLKATA)
    wanted = (datetime.now(UTC) + timedelta(days=2)).replace(second=0, microsecond=0)
    typed = clock(KOLKATA).local(wanted).isoformat(timespec="minutes")
    anna.get("/silences")
    assert f"From, in {KOLKATA}" in anna.words()
    (named,) = {each.get("value") for each in anna.all("input") if each.get("name") == "zone"}
    anna.submits("/silences", "/account/clock", utc="on")  # in another tab, before this form is sent
    fields = {"matchers": "service=db", "lasts": "2h", "reason": "planned work"}
    assert anna.submits("/silences", "/silences", starts=typed, zone=named, **fields) == 303
    assert made(clinic) == wanted


def test_an_hour_that_a_night_has_twice_is_asked_for_and_one_that_it_skips_refused(
    arrives: Arrives,
    clinic: Tenant,  # noqa: F811 - a fixture
) -> None:
    anna = arrives("anna", BERLIN)
    year = datetime.now(UTC).year
    days = [datetime(year + 1, 1, 1) + timedelta(days=each) for each in range(365)]  # noqa: DTZ001 - a wall clock's
    (skipped,) = [at for day in days if not clock(BERLIN).moments(at := day + timedelta(hours=2, minutes=30))]
    (twice,) = [at for day in days if len(clock(BERLIN).moments(at := day + timedelta(hours=2, minutes=30))) == 2]
    fields = {"matchers": "service=db", "lasts": "2h", "reason": "planned work", "zone": BERLIN}
    assert anna.submits("/silences", "/silences", starts=skipped.isoformat(), **fields) == 422
    assert "Europe/Berlin skips that: clocks are put forward, to 03:00" in anna.words()
    assert anna.submits("/silences", "/silences", starts=twice.isoformat(), **fields) == 422
    assert "the first, " in anna.words()
    assert {each.get("value") for each in anna.all("input") if each.get("name") == "which"} == {"first", "second"}
    assert clinic.rows("SELECT FROM silences") == []
    assert anna.submits("/silences", "/silences", starts=twice.isoformat(), which="second", **fields) == 422
    assert "Which of the two" not in anna.words(), "that is answered; it is too far ahead"
    assert zones.minute(twice.isoformat(), clock(BERLIN), "second") == clock(BERLIN).moments(twice)[1]


def test_days_of_the_audit_are_those_of_the_reader_and_its_links_say_whose(arrives: Arrives) -> None:
    east, west = "Pacific/Kiritimati", "Pacific/Niue"  # 25 hours apart: it is never the same day in both
    anna = arrives("anna", east)
    day = clock(east).local(datetime.now(UTC)).date().isoformat()
    anna.get("/audit?" + urlencode({"since": day, "until": day}))
    assert "by anna@clinic.test" in anna.words(), "today, hers"
    assert f"From the day, in {east}" in anna.words()
    for zone, found in ((east, True), (west, False)):
        anna.get("/audit?" + urlencode({"since": day, "until": day, "zone": zone}))
        assert ("by anna@clinic.test" in anna.words()) == found
    assert anna.get("/audit?since=2026-02-30") == 422
    assert "Days are written like 2026-12-31." in anna.words()


@given(clocks, moments)
def test_what_a_form_shows_of_a_moment_it_reads_as_that_moment(each: Clock, at: datetime) -> None:
    whole = at.replace(second=0, microsecond=0)
    text = each.local(whole).isoformat(timespec="minutes")
    if len(each.moments(each.local(whole))) == 1:
        assert zones.minute(text, each) == whole
    else:
        with pytest.raises(zones.Twice) as asked:
            zones.minute(text, each)
        assert len({words for words, _ in asked.value.choices}) == 2, "their offsets tell them apart"
        assert whole in {zones.minute(text, each, which) for _, which in asked.value.choices}
    assert zones.minute(whole.isoformat(), each) == whole, "with an offset it is that moment, on whatever clock"


@given(st.text(max_size=40), clocks)
def test_no_text_is_a_time_by_accident_or_breaks_anything(text: str, each: Clock) -> None:
    said = ""
    for read in (zones.minute, zones.day):
        try:
            assert read(text, each).tzinfo is not None
        except (zones.NotATime, zones.Twice) as error:
            said += str(error)
    assert len(text) < 8 or text not in said, "what was typed is not repeated"


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "UTC"])
def test_the_ends_of_the_calendar_are_refused_or_read_and_never_an_error(zone: str, text: str) -> None:
    for read in (zones.minute, lambda text, by: zones.day(text, by, after=1)):
        try:
            assert read(text, clock(zone)).tzinfo is not None
        except zones.NotATime:
            continue


def test_a_form_is_read_by_its_own_clock_then_by_its_readers(clinic: Tenant) -> None:  # noqa: F811 - a fixture
    reader = Visitor(
        clinic.tenant_id, clinic.tenant_id, "a@b.test", (), "", "", "", clinic.tenant_id, "", "person", None, BERLIN
    )
    assert zones.clock_of(reader, {}).name == BERLIN
    assert zones.clock_of(reader, {"zone": KOLKATA}).name == KOLKATA
    assert zones.clock_of(reader, {"zone": "UTC"}) is UTC_CLOCK
    assert zones.clock_of(reader, {"zone": "../../etc/passwd"}).name == BERLIN


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-7200, "in 2 h"), (-30, "in 30 s"), (-9.9, "just now"), (-0.2, "just now"), (0, "just now"), (0.9, "just now"),
     (1, "1 s ago"), (59, "59 s ago"), (120, "2 min ago"), (7200, "2 h ago"), (3 * 86400, "3 d ago")],
)  # fmt: skip
def test_an_age_in_words_and_what_two_clocks_differ_by_is_just_now(seconds: float, words: str) -> None:
    assert look.ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_the_list_of_zones_has_each_place_once_under_its_part_of_the_world() -> None:
    html = str(zones.options("Asia/Calcutta"))
    assert html.count(" selected") == 1
    assert '<option value="Asia/Calcutta" selected>' in html
    assert '<option value="America/Argentina/Buenos_Aires">Argentina, Buenos Aires</option>' in html
    values = re.findall(r'value="([^"]*)"', html)
    assert len(values) == len(set(values)) > 300
    assert html.count("<optgroup") == html.count("</optgroup>") >= 9


def test_a_host_with_less_time_zone_data_offers_what_it_has_and_reads_the_rest_in_utc(tmp_path: Path) -> None:
    (tmp_path / "Europe").mkdir()
    whole = next(Path(each) for each in zoneinfo.TZPATH if (Path(each) / "Europe/Berlin").exists())
    shutil.copy(whole / "Europe/Berlin", tmp_path / "Europe/Berlin")
    program = (
        "from router.core.clock import clock; from router.web.pages import zones;"
        "print(*zones.offered(), *(clock(name).name for name in ('Europe/Berlin', 'Asia/Kolkata')))"
    )
    environment = {**os.environ, "PYTHONTZPATH": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["Europe/Berlin", "Europe/Berlin", "UTC"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "localtime", "Europe", "Europe/Berlin\0"])
def test_no_zone_is_kept_that_the_machine_does_not_know(runtime: Runtime, clinic: Tenant, zone: str) -> None:  # noqa: F811 - a fixture
    manage.add_user(runtime, clinic.tenant_id, "anna@clinic.test", ["viewer"], "test")
    with pytest.raises(NotPossible, match="Europe/Berlin or America/New_York") as refused:
        accounts.set_zone(runtime, clinic.tenant_id, "anna@clinic.test", zone, actor="test")
    assert "Mars" not in str(refused.value)


def test_values_in_the_clear_stand_beside_no_script() -> None:
    shown = type("Shown", (), {"grant_id": "g", "opened": (), "gone": ("<EMAIL_7K2M4QXW9R>",)})
    text, copies = look.render(
        "revealed.html", UTC_CLOCK, visitor=None, incident_id="i", shown=shown, kinds={}, seconds=60
    )
    assert 'class="token"' in text
    assert "<script" not in text
    assert not copies
    assert "script-src" not in guard.POLICY
