"""The chain behind the writers: in commit order, without a gap, whoever commits late, dies or comes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from router.core import audit as core
from router.core import audit_nightly as nightly
from router.core.ident import time_ordered
from router.flow import audit_keep, audit_nightly, audit_verify, doctor, status
from router.flow.audit_files import Files
from router.store import audit
from router.store.session import DatabaseDown, Session
from tests.audit.conftest import Ledger, Verified, event


@contextmanager
def writing(ledger: Ledger, name: str) -> Iterator[Session]:
    """A transaction that has written an event and is still open."""
    with ledger.runtime.database.tenant(ledger.tenant_id) as session:
        ledger.runtime.audit.write(session, ledger.tenant_id, event(name))
        yield session


def test_events_are_chained_in_the_order_of_their_commits_not_of_their_writing(empty: Ledger) -> None:
    with writing(empty, "first written"):
        with writing(empty, "second written"):
            pass
        empty.chain()
        assert empty.order() == ["second written"]
    empty.chain()
    assert empty.order() == ["second written", "first written"]


def test_transactions_that_are_over_before_anybody_looks_are_in_commit_order_too(empty: Ledger) -> None:
    with writing(empty, "first written"), writing(empty, "second written"):
        pass
    empty.write(1, "third written ")
    empty.chain()
    assert empty.order() == ["second written", "first written", "third written 0"]


def test_one_transaction_open_for_long_is_not_skipped_by_all_that_passes_it(empty: Ledger) -> None:
    with writing(empty, "late"):
        for number in range(3):
            empty.write(5, f"{number}-")
            empty.chain()
        assert len(empty.order()) == 15
    empty.chain()
    assert empty.order()[-1] == "late"
    assert empty.chain() == 0


def test_what_is_rolled_back_leaves_no_gap(empty: Ledger) -> None:
    empty.write(1, "a")
    with pytest.raises(RuntimeError), writing(empty, "never"):
        raise RuntimeError
    empty.write(1, "b")
    empty.chain()
    assert empty.order() == ["a0", "b0"]


def test_events_of_one_call_keep_their_order(empty: Ledger) -> None:
    with empty.runtime.database.tenant(empty.tenant_id) as session:
        empty.runtime.audit.write(session, empty.tenant_id, *(event(f"{number:02}") for number in range(30)))
    empty.chain()
    assert empty.order() == [f"{number:02}" for number in range(30)]


def test_writers_and_two_chainers_at_once_leave_one_whole_chain(empty: Ledger, verified: Verified) -> None:
    def write(who: str) -> None:
        for number in range(15):
            with writing(empty, f"{who}{number:02}"):
                pass

    def chain() -> None:
        while not over.is_set():
            empty.chain()

    over = threading.Event()
    writers = [threading.Thread(target=write, args=[who]) for who in "ab"]
    chainers = [threading.Thread(target=chain) for _ in range(2)]
    for thread in (*writers, *chainers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in chainers:
        thread.join()
    empty.chain()
    order = empty.order()
    assert sorted(order) == sorted(f"{who}{number:02}" for who in "ab" for number in range(15))
    for who in "ab":
        mine = [each for each in order if each.startswith(who)]
        assert mine == sorted(mine), "a writer's own commits follow each other"
    assert verified(empty)[0] == 0


def test_nobody_waits_for_a_chainer_and_one_that_dies_leaves_nothing_half_done(empty: Ledger) -> None:
    empty.write(3)
    with psycopg.connect(empty.house.app_url) as dying:
        dying.execute("SELECT set_config('app.tenant_id', %s, true)", [str(core.INSTANCE)])
        dying.execute("SELECT 1 FROM audit_state FOR UPDATE")
        dying.execute("SELECT set_config('app.tenant_id', %s, true)", [str(empty.tenant_id)])
        dying.execute(
            "INSERT INTO audit_chain (tenant_id, seq, at, event_id, hash, tie, mac_version)"
            " VALUES (%s, 1, now(), %s, '', '', 1)",
            [empty.tenant_id, uuid4()],
        )
        empty.write(2, "meanwhile ")
        assert empty.chain() == 0, "another one is at it"
        empty.superuser.run("SELECT pg_terminate_backend(%s)", [dying.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            dying.execute("SELECT 1")
    assert empty.chain() >= 5
    assert empty.order() == ["x0", "x1", "x2", "meanwhile 0", "meanwhile 1"]


def test_a_database_restored_elsewhere_starts_its_transactions_low_and_loses_nothing(own_ledger: Ledger) -> None:
    own_ledger.write(2, "before ")
    own_ledger.superuser.run("UPDATE audit_state SET passed = '9000000000'")
    own_ledger.superuser.run("UPDATE audit_events SET made_in = '8000000000'")
    own_ledger.write(1, "after ")
    own_ledger.chain()
    assert own_ledger.order()[-3:] == ["before 0", "before 1", "after 0"]


def test_a_round_signs_once_in_a_while_and_at_once_when_told_to(own_ledger: Ledger) -> None:
    def signed() -> int:
        made = Files(own_ledger.runtime.data_dir).latest(own_ledger.tenant_id)
        assert made is not None
        return int(made.text.partition(b'seq\\":')[2].partition(b",")[0])

    assert signed() == 16
    audit_keep.round_(own_ledger.runtime)  # nobody has signed all chains yet
    assert signed() == 20
    own_ledger.write(1)
    audit_keep.round_(own_ledger.runtime)
    assert (len(own_ledger.order()), signed()) == (21, 20)
    audit_keep.sign(own_ledger.runtime, now=True)
    assert signed() == 21


def test_a_chain_that_does_not_hold_is_not_signed(ledger: Ledger) -> None:
    ledger.superuser.run("UPDATE audit_events SET actor = 'bob' WHERE event_id = %s", [ledger.event_id(18)])
    refused = ledger.sign()
    assert refused is not None
    assert (refused.fault.kind, refused.fault.seq) == ("changed", 18)
    listed = incidents(ledger)
    assert listed == ["The audit log does not hold at row 18: changed"]
    assert ledger.sign() is not None
    assert incidents(ledger) == listed, "the next round goes on with it"
    found = {each.text for each in doctor.examine(ledger.runtime, SURROUNDINGS) if each.what == "audit"}
    assert f"A chain does not hold: {ledger.tenant_id} (changed). Run `alertveil audit verify`." in found


def test_every_night_all_rows_are_verified_again_a_stretch_at_a_time(
    own_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(most: int) -> list[bool]:
        """Whether after each of so many steps more is to be done the same night."""
        return [audit_nightly.step(own_ledger.runtime) for _ in range(most)]

    def told() -> tuple[object, str, str]:
        ready = status.ready(own_ledger.runtime).as_json()
        found = {each.what: each for each in doctor.examine(own_ledger.runtime, SURROUNDINGS)}["verification"]
        (gauge,) = [
            line.split()[1]
            for line in status.metrics(own_ledger.runtime).decode().splitlines()
            if line.startswith("alertveil_audit_broken_chains ")
        ]
        return ready["audit_holds"], found.level, gauge

    own_ledger.write(audit_nightly.STRETCH - 10)
    own_ledger.chain()
    assert own_ledger.sign() is None
    assert told() == (None, "ok", "0.0")
    monkeypatch.setattr(nightly, "ROWS", audit_nightly.STRETCH)
    assert steps(3) == [True, False, False], "the installation's own chain, and as many rows as one night has"
    assert audit_nightly.standing(own_ledger.runtime).whole_at is None
    monkeypatch.setattr(nightly, "NIGHT", timedelta(0))
    steps(1)
    whole = audit_nightly.standing(own_ledger.runtime).whole_at
    assert whole is not None, "the next night goes on where the one before stopped"
    assert told() == (True, "ok", "0.0")

    edit = "UPDATE audit_events SET actor = 'bob' WHERE event_id = %s"
    own_ledger.superuser.run(edit, [own_ledger.event_id(3)])
    own_ledger.write(1)
    own_ledger.chain()
    assert own_ledger.sign() is None, "signing looks at what is new"
    steps(2)
    assert told() == (False, "error", "1.0")
    assert status.ready(own_ledger.runtime).as_json()["status"] == "degraded"
    assert incidents(own_ledger) == ["The audit log does not hold at row 3: changed"]
    assert audit_nightly.standing(own_ledger.runtime).whole_at == whole

    forged = "UPDATE audit_state SET nightly = replace(nightly, 'broken', 'br0ken')"
    own_ledger.superuser.run(forged)
    assert audit_nightly.standing(own_ledger.runtime).forged
    assert told() == (False, "error", "1.0")


SURROUNDINGS = doctor.Surroundings(insecure_transport=False, kill_switch=False, egress_allow=())


def incidents(ledger: Ledger) -> list[str]:
    """The titles of the tenant's incidents."""
    with ledger.runtime.database.tenant(ledger.tenant_id) as session:
        return [row.title for row in session.rows("SELECT title FROM incidents")]


def test_the_months_ahead_are_made_and_made_once(own_ledger: Ledger) -> None:
    months = "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'audit_events'::regclass"
    assert own_ledger.superuser.one(months).n == 5, "this one, three ahead, and one for whatever is in none"
    own_ledger.superuser.run("DROP TABLE audit.events_" + f"{next_month():%Y_%m}")
    audit_keep.keep(own_ledger.runtime)
    audit_keep.keep(own_ledger.runtime)
    assert own_ledger.superuser.one(months).n == 5


def next_month() -> datetime:
    now = datetime.now(UTC)
    return now.replace(year=now.year + now.month // 12, month=now.month % 12 + 1, day=1)


def age(ledger: Ledger, count: int) -> None:
    """Events of January seven years ago, in a month of their own."""
    year = datetime.now(UTC).year - 7
    name = f"events_{year}_01"
    ledger.superuser.run(f"CREATE TABLE audit.{name} (LIKE audit_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    ledger.superuser.run(f"ALTER TABLE audit.{name} OWNER TO alertveil_system")
    ledger.superuser.run(
        f"ALTER TABLE audit_events ATTACH PARTITION audit.{name} FOR VALUES FROM ('{year}-01-01Z') TO ('{year}-02-01Z')"
    )
    version, key = ledger.runtime.audit.newest("mac")
    entries = []
    for number in range(count):
        at = datetime(year, 1, 5, 12, 0, number, tzinfo=UTC)
        event_id = time_ordered(int(at.timestamp() * 1000), bytes([number]) * 10)
        entries.append(core.entry(key, version, ledger.tenant_id, event_id, at, event(f"old {number}")))
    with ledger.runtime.database.tenant(ledger.tenant_id) as session:
        audit.add(session, ledger.tenant_id, entries)


@pytest.fixture
def old(own_ledger: Ledger) -> Ledger:
    """Twenty rows, then seven that are seven years old, then three more; nothing signed after row 16."""
    age(own_ledger, 7)
    own_ledger.chain()
    own_ledger.write(3)
    own_ledger.chain()
    return own_ledger


def test_a_month_is_dropped_after_six_years_and_the_chain_still_verifies(old: Ledger, verified: Verified) -> None:
    assert old.sign() is None
    assert audit_keep.keep(old.runtime) == 1
    assert old.superuser.one("SELECT count(*) AS n FROM audit_events WHERE object LIKE 'old %'").n == 0
    code, found = verified(old)
    assert (code, found["first"], found["last"]) == (0, 28, 30)
    old.write(2)
    old.chain()
    assert old.sign() is None
    assert verified(old)[1]["last"] == 32


def test_a_start_that_nobody_signed_hides_nothing(old: Ledger, verified: Verified) -> None:
    old.sign()
    audit_keep.keep(old.runtime)
    old.superuser.run("UPDATE audit_checkpoints SET signature = sha512('x') WHERE kind = 'start'")
    (old.folder / "starts.jsonl").unlink()
    code, found = verified(old)
    assert (code, found["fault"]["kind"], found["fault"]["row"]) == (3, "missing", 21)


def test_a_month_whose_end_no_checkpoint_covers_is_kept(old: Ledger) -> None:
    assert audit_keep.keep(old.runtime) == 0
    assert old.superuser.one("SELECT count(*) AS n FROM audit_events WHERE object LIKE 'old %'").n == 7


def test_a_month_whose_chain_does_not_hold_is_kept(old: Ledger) -> None:
    old.sign()
    old.superuser.run("UPDATE audit_events SET actor = 'bob' WHERE object = 'old 3'")
    assert audit_keep.keep(old.runtime) == 0


def test_the_application_cannot_drop_a_month_before_its_time(own_ledger: Ledger) -> None:
    month = datetime.now(UTC).date().replace(day=1)
    with own_ledger.runtime.database.tenant(own_ledger.tenant_id) as session:
        assert not audit.drop(session, month)
    for statement in (
        f"DROP TABLE audit.events_{month:%Y_%m}",
        "DELETE FROM audit_events",
        "UPDATE audit_chain SET seq = 1",
        "TRUNCATE audit_checkpoints",
        "DELETE FROM audit_keys",
    ):
        with (
            pytest.raises(DatabaseDown) as refused,
            own_ledger.runtime.database.tenant(own_ledger.tenant_id) as session,
        ):
            session.run(statement)
        assert refused.value.sqlstate == "42501"


def test_memory_does_not_grow_with_the_chain_because_rows_come_in_chunks(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_verify, "CHUNK", 3)
    found = audit_verify.verify(ledger.runtime, ledger.tenant_id, Files(ledger.runtime.data_dir).pinned())
    assert (found.fault, found.rows, found.checkpoints) == (None, 20, 2)
