"""Statements go to the server together, and every transaction ends as it should, whatever happened on the way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from router.store.session import Conflict, DatabaseDown
from router.store.session import Database as Door
from router.store.wire import KEPT
from tests.conftest import Database

PID = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
def door(database: Database) -> Iterator[Door]:
    """The door to a database with one table of pages; a pool of one connection, so that each test is about that one."""
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("CREATE TABLE pages (number int PRIMARY KEY, text text)")
        superuser.execute("GRANT ALL ON pages TO PUBLIC")
    made = Door(database.app_url, size=1)
    yield made
    made.close()


def pages(door: Door) -> list[int]:
    with door.several() as session:
        return [row.number for row in session.rows("SELECT number FROM pages ORDER BY number")]


def one(door: Door) -> int:
    with door.several() as session:
        return int(session.rows(PID)[0].pid)


def written(door: Door, *rows: tuple[int, str]) -> None:
    """All of them sent before anything is heard of the first."""
    with door.several() as session:
        for row in rows:
            session.queue("INSERT INTO pages VALUES (%s, %s)", row)


def ended(door: Door, database: Database, first: tuple[int, str], *later: tuple[int, str]) -> None:
    """A transaction whose server process ends after its first row."""
    with door.several() as session:
        session.run("INSERT INTO pages VALUES (%s, %s)", first)
        with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [session.rows(PID)[0].pid])
        for row in later:
            session.run("INSERT INTO pages VALUES (%s, %s)", row)


def test_answers_are_there_whenever_they_are_asked_for(door: Door) -> None:
    with door.several() as session:
        first = session.queue("SELECT %s::int AS a, %s::text AS b", [1, "x"])
        wrote = session.queue("INSERT INTO pages SELECT generate_series(1, %(top)s), %(text)s", {"top": 3, "text": "%"})
        again = session.queue("SELECT %(a)s::int + %(a)s::int + %(b)s::int AS sum, '%%' AS sign", {"b": 1, "a": 20})
        assert session.one("SELECT count(*) AS count, '%' AS sign FROM pages") == (3, "%")
        row = again.fetchall()[0]
        assert (row.sum, row.sign) == (41, "%")
        assert wrote.rowcount == 3
        assert first.fetchall() == [(1, "x")]
        assert session.rows("SELECT number FROM pages WHERE number = ANY (%s)", [[2, 3, 4]]) == [(2,), (3,)]
        assert session.one("SELECT number FROM pages WHERE number > 3") is None
    assert pages(door) == [1, 2, 3]


def test_a_refused_row_takes_its_transaction_with_it_and_nothing_else(door: Door) -> None:
    pid = one(door)
    with pytest.raises(Conflict) as refused:
        written(door, (1, "kept?"), (1, "Zebulon Quackenbush"), (2, "never"))
    assert refused.value.constraint == "pages_pkey"
    assert "Zebulon" not in str(refused.value)
    assert pages(door) == []
    assert one(door) == pid


def test_a_bug_in_the_block_rolls_back_what_is_still_on_its_way(door: Door) -> None:
    statement = "INSERT INTO pages VALUES (%s, 'once')"
    pid = one(door)
    with contextlib.suppress(ZeroDivisionError), door.several() as session:
        session.queue(statement, [1])
        raise ZeroDivisionError
    assert pages(door) == []
    with door.several() as session:  # whether the server has prepared it by now is not known, and does not matter
        session.run(statement, [2])
    assert pages(door) == [2]
    assert one(door) == pid


def test_a_statement_that_is_none_is_the_databases_fault_once(door: Door) -> None:
    for _ in range(2):
        with pytest.raises(DatabaseDown) as down, door.several() as session:
            session.rows("SELECT no_such_thing")
        assert down.value.sqlstate == "42703"
        assert not down.value.unknown
    assert pages(door) == []


def test_more_than_the_wire_takes_at_once_goes_both_ways(door: Door) -> None:
    much = "x" * 4_000_000
    with door.several() as session:
        answers = [session.queue("SELECT %s::text AS text", [much]) for _ in range(6)]
        assert all(answer.fetchall() == [(much,)] for answer in answers)


def test_the_server_keeps_only_so_many_statements(door: Door) -> None:
    for round_ in range(2):
        for number in range(KEPT + 40):
            with door.several() as session:
                assert session.rows(f"SELECT {number} AS a, %s::int AS b", [round_]) == [(number, round_)]
    with door.several() as session:
        (count,) = session.rows("SELECT count(*) FROM pg_prepared_statements")
    assert count[0] <= KEPT + 1


def test_a_transaction_may_still_choose_its_isolation_when_a_statement_makes_room_for_it(door: Door) -> None:
    for number in range(KEPT + 5):
        with door.several() as session:
            session.run(f"SET TRANSACTION ISOLATION LEVEL {'REPEATABLE READ' + ' ' * number}")
            assert session.rows(f"SELECT {number} AS a") == [(number,)]


def test_one_transaction_may_say_more_than_the_server_keeps_and_come_back_to_the_first(door: Door) -> None:
    with door.several() as session:
        for round_ in range(2):
            for number in range(KEPT + 10):
                assert session.rows(f"SELECT {number} AS a, %s::int AS b", [round_]) == [(number, round_)]


def test_a_connection_that_was_ended_is_replaced(door: Door, database: Database) -> None:
    with pytest.raises(DatabaseDown) as down:
        ended(door, database, (1, "lost"), (2, "lost too"))
    assert not down.value.unknown
    assert pages(door) == []


def test_where_the_end_came_with_the_commit_nobody_says_it_was_not_kept(door: Door, database: Database) -> None:
    with pytest.raises(DatabaseDown) as down:
        ended(door, database, (1, "perhaps"))
    assert down.value.unknown
    assert pages(door) == []


def test_answers_are_read_while_their_transaction_has_its_connection_and_not_after(door: Door) -> None:
    with door.several() as session:
        late = session.queue("SELECT 1 AS one")
        wrote = session.queue("INSERT INTO pages VALUES (1, 'x')")
    assert wrote.rowcount == 1
    with pytest.raises(RuntimeError):  # somebody else reads with that connection now
        late.fetchall()


def test_a_transaction_leaves_with_its_commit_and_lands_later(database: Database, door: Door) -> None:
    two = Door(database.app_url, size=2)
    flight = two.flight()
    with flight.leaving() as session:
        wrote = session.queue("INSERT INTO pages VALUES (1, 'x') RETURNING number")
    with two.several() as other:  # another connection: the first is on its way
        assert other.one("SELECT 2 AS two") == (2,)
    found: list[int] = []
    flight.land(lambda: found.extend(row.number for row in wrote.fetchall()))
    assert found == [1]
    assert pages(door) == [1]
    two.close()


def test_what_is_refused_on_its_way_is_told_at_the_landing_and_the_connection_goes_on(door: Door) -> None:
    pid = one(door)
    written(door, (1, "x"))
    flight = door.flight()
    with flight.leaving() as session:
        session.queue("INSERT INTO pages VALUES (2, 'never')")
        session.queue("INSERT INTO pages VALUES (1, 'again')")
    with pytest.raises(Conflict):
        flight.land()
    assert pages(door) == [1]
    assert one(door) == pid
