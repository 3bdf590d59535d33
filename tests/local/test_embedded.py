"""The embedded PostgreSQL and Valkey start for any user in any directory, keep what they hold, and log no values."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from kombu.connection import Connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from redis import Redis
from redis.exceptions import AuthenticationError

from router.local import process
from router.local.postgres import AUDIT, OWNER, SUPERUSER, WEB, EmbeddedPostgres, RunningPostgres, explain
from router.local.private import LocalError
from router.local.valkey import EmbeddedValkey
from tests.local.up import gone, of, ordinary_user

SERVE = Path(__file__).with_name("serve.py")
CANARIES = ("Zebulon Quackenbush", "MRN-77341902", "zq.canary@leakmail.test", "219-09-9999")


@contextmanager
def running(data: Path) -> Iterator[RunningPostgres]:
    server = EmbeddedPostgres(data).start()
    try:
        yield server
    finally:
        assert server.stop() == 0


@contextmanager
def served(data: Path, prefix: list[str], path: str = os.defpath) -> Iterator[dict[str, str]]:
    """The servers in a process of their own, started with `prefix`."""
    child = subprocess.Popen(
        [*prefix, sys.executable, str(SERVE), str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PATH": path},
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    line = child.stdout.readline()
    assert line, child.stderr.read()
    try:
        yield json.loads(line)
    finally:
        child.communicate("\n", timeout=20)
        assert gone(data)


def test_the_roles_are_what_production_would_make_them(first_start_running: RunningPostgres) -> None:
    with psycopg.connect(first_start_running.url(SUPERUSER, "postgres")) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_roles "
            "WHERE rolname LIKE 'alertveil%' ORDER BY 1"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'alertveil'"
        ).fetchone()
    assert rows == [
        (AUDIT, False, False, False, False, True),
        (OWNER, False, False, True, False, True),
        (WEB, False, False, False, False, True),
    ]
    assert owner == (OWNER, "UTF8")


def test_nobody_gets_in_without_a_password_and_nothing_listens_on_tcp(first_start_running: RunningPostgres) -> None:
    for wrong in ("", "password=guess"):
        place = f"host={first_start_running.sockets} user={SUPERUSER} dbname=postgres {wrong}"
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(place)
    with psycopg.connect(first_start_running.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_no_file_of_it_is_readable_by_anybody_else(first_start_running: RunningPostgres) -> None:
    data = first_start_running.sockets.parent
    open_to_others = [
        path
        for path in [data, *data.rglob("*")]
        if not path.is_symlink() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not path.is_socket()
    ]
    assert open_to_others == []


def test_no_value_of_a_statement_reaches_the_log(data: Path) -> None:
    with running(data) as server, psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        connection.execute("CREATE TABLE patients (name text UNIQUE, mrn text CHECK (mrn <> 'MRN-77341902'))")
        connection.execute("INSERT INTO patients VALUES (%s, 'x')", (CANARIES[0],))
        wrong = (
            ("INSERT INTO patients VALUES (%s, 'x')", CANARIES[0]),  # DETAIL: Key (name)=(…)
            ("INSERT INTO patients VALUES ('y', %s)", CANARIES[1]),  # DETAIL: Failing row contains (…)
            ("SELECT %s::text::uuid", CANARIES[2]),  # the message itself quotes it
            ("SELECT %s::text::int", CANARIES[3]),
        )
        for statement, value in wrong:
            with suppress(psycopg.Error):
                connection.execute(statement, (value,))
        with suppress(psycopg.Error):
            connection.execute(sql.SQL("SELECT {} FROM nowhere").format(sql.Literal(CANARIES[0])))
    log = (data / "log" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert not [canary for canary in CANARIES if canary in log]


def test_what_was_committed_survives_a_killed_parent(data: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, str(SERVE), str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        found = json.loads(child.stdout.readline())
        with psycopg.connect(found["owner"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        child.kill()
    assert gone(data)
    with running(data) as server, psycopg.connect(server.url(OWNER)) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)


def test_a_server_that_lost_its_supervisor_is_ended_before_the_next(data: Path) -> None:
    orphan = EmbeddedPostgres(data).start()
    with running(data) as server:
        assert server.pid != orphan.pid
        assert orphan.process.wait(5) == 0


def test_a_pid_file_that_names_another_program_by_now_is_no_obstacle(data: Path) -> None:
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data}/postgres\n")
    with running(data) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_lost_passwords_are_made_again(data: Path) -> None:
    (data / "secrets.json").unlink()
    with running(data) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (WEB,)


def test_a_first_start_that_was_cut_short_is_thrown_away(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "postgres.new").mkdir(parents=True)
    (data / "postgres.new" / "PG_VERSION").write_text("18")
    EmbeddedPostgres(data).prepare()
    assert not (data / "postgres.new").exists()
    assert (data / "postgres" / "pg_wal").exists()


def test_a_cluster_of_another_release_is_one_sentence(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(LocalError, match="was made by PostgreSQL 17 and this is PostgreSQL 18"):
        EmbeddedPostgres(data).start()


@pytest.mark.parametrize("name", ["with, a comma", "x" * 90])
def test_a_path_that_is_no_socket_address_gets_a_short_one_that_stays(
    first_start: Path, tmp_path: Path, name: str
) -> None:
    data = Path(shutil.copytree(first_start, tmp_path / name))
    seen = []
    for _ in range(2):
        with running(data) as server, psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert conninfo_to_dict(server.url())["host"] == str(server.sockets)
            state = server.sockets.stat()
            assert (stat.S_IMODE(state.st_mode), state.st_uid) == (0o700, os.geteuid())
            seen.append(server.sockets)
    assert seen[0] == seen[1]
    assert len(str(seen[0])) < 40
    assert not seen[0].exists()


def test_a_socket_directory_that_somebody_opened_up_is_not_used_again(first_start: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(first_start, tmp_path / ("x" * 90)))
    with running(data) as server:
        before = server.sockets
    before.mkdir(mode=0o700)
    before.chmod(0o777)
    with running(data) as server:
        assert server.sockets != before
    before.rmdir()


def test_an_ordinary_user_needs_nothing_special(tmp_path: Path) -> None:
    with served(tmp_path / "data", ordinary_user()) as found, psycopg.connect(found["web"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (WEB,)


@pytest.mark.parametrize("way", ["a user namespace", "nobody"] if os.geteuid() == 0 else ["ourselves"])
def test_root_runs_it_as_somebody_else_and_the_ways_share_a_directory(way: str) -> None:
    """As root on a system that forbids user namespaces (most containers), `nobody` runs it from a copy."""
    place = Path(tempfile.mkdtemp(prefix="alertveil-test-"))  # pytest's own directories let nobody else through
    place.chmod(0o755)
    data, nowhere = place / "data", place / "nowhere"
    nowhere.mkdir()
    try:
        with served(data, [], path=str(nowhere) if way == "nobody" else os.defpath) as found:
            with psycopg.connect(found["owner"]) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
            server = next(pid for pid, command in of(data).items() if "/postgres -D" in command)
            status = Path(f"/proc/{server}/status").read_text()
            uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
            assert uid == ("65534" if way == "nobody" else str(os.geteuid()))
            assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600
        with served(data, []) as found, psycopg.connect(found["owner"]) as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("FATAL:  could not write lock file: No space left on device", "The disk that holds /d is full"),
        ("FATAL:  could not create shared memory segment: No space left on device", "no shared memory left"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little memory"),
        ("initdb: error: invalid locale name", "refuses the locale"),
        ("FATAL:  database files are incompatible with server", "another release"),
        ("anything else", "its log says why: /d/log/postgres.log"),
    ],
)
def test_what_postgres_says_becomes_one_sentence(said: str, sentence: str) -> None:
    found = explain(said, Path("/d"))
    assert sentence in found
    assert "\n" not in found


def test_the_broker_has_one_url_for_redis_py_and_celery_and_keeps_port_and_data(tmp_path: Path) -> None:
    data = tmp_path / 'with "quotes" and a space'
    server = EmbeddedValkey(data).start()
    url = server.url
    with Redis.from_url(url) as redis:
        redis.set("kept", "7")
    with Connection(url) as connection:  # type: ignore[no-untyped-call]  # kombu has no types
        queue = connection.SimpleQueue("bells")
        queue.put({"id": 1})
        assert queue.get(timeout=5).payload == {"id": 1}
        queue.close()
    assert server.stop() == 0
    server = EmbeddedValkey(data).start()
    assert server.url == url
    with Redis.from_url(url) as redis:
        assert redis.get("kept") == b"7"
    server.stop()


def test_the_broker_wants_its_password(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path).start()
    with pytest.raises(AuthenticationError), Redis(port=server.port) as redis:
        redis.ping()
    server.stop()


def test_a_broker_whose_port_somebody_took_moves(tmp_path: Path) -> None:
    first = EmbeddedValkey(tmp_path / "first").start()
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "secrets.json").write_text(json.dumps({"redis": "other", "redis_port": first.port}))
    second = EmbeddedValkey(tmp_path / "second").start()
    assert second.port != first.port
    with Redis.from_url(second.url) as redis:
        assert redis.ping()
    first.stop()
    second.stop()


def test_a_damaged_broker_directory_is_one_sentence(tmp_path: Path) -> None:
    EmbeddedValkey(tmp_path).start().stop()
    for file in (tmp_path / "valkey" / "appendonlydir").glob("*.manifest"):
        file.write_text("no manifest\n")
    with pytest.raises(LocalError, match=r"valkey is damaged: remove that directory"):
        EmbeddedValkey(tmp_path).start()


def test_a_log_file_stays_bounded_while_its_writer_keeps_it_open(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(100):
            writer.write(b"%04d " % number * 20)
            process.bound_log(log, limit=1000)
    kept = log.read_bytes()
    older = log.with_name("part.log.1")
    assert len(kept) < 1000
    assert older.stat().st_size <= 1000
    assert stat.S_IMODE(older.stat().st_mode) == 0o600
    assert (older.read_bytes() + kept).endswith(b"0099 ")


def test_a_guard_ends_what_it_watches_when_its_owner_is_gone_and_spares_what_it_forgot() -> None:
    guard = process.Guard()
    watched, forgotten = (subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(2))
    for child in (watched, forgotten):
        guard.watch(child.pid)
    guard.forget(forgotten.pid)
    guard.close()
    assert watched.wait(5) in {-signal.SIGINT, -signal.SIGTERM}
    assert forgotten.poll() is None
    forgotten.kill()
    forgotten.wait()
