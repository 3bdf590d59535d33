"""`alertveil up` starts everything, keeps it running, and leaves nothing behind, whichever way it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis, RedisError

from tests.local.stand_in import STUBBORN
from tests.local.up import Up, eventually, gone, of, ordinary_user


def answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def is_up(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def redis_is_up(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_timeout=2) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def test_a_fresh_directory_comes_to_ready_and_the_run_file_leads_to_every_part(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Up(data) as up:
        lines = up.ready()
        run = up.run_file()
        assert lines[-1] == f"ready {run['http_url']}"
        assert [line for line in lines if line.startswith("ready")] == lines[-1:]
        assert answers(run["http_url"])
        assert is_up(run["database_url"])
        assert is_up(run["owner_database_url"])
        assert redis_is_up(run["redis_url"])
        assert set(run["pids"]) == {"postgres", "redis", "web", "worker", "inbox", "supervisor"}
        assert set(run["pids"].values()) <= set(of(data))
        assert run["pids"]["supervisor"] == up.process.pid
        assert stat.S_IMODE((data / "run.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_only_the_migration_is_told_the_owners_password(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Up(data) as up:
        up.ready()
        ran = dict(line.split() for line in (data / "ran.txt").read_text().splitlines())
        assert list(ran)[:2] == ["keys", "migrate"]
        assert ran == {"keys": "-", "migrate": "owner", "inbox": "-", "web": "-", "worker": "-", "demo": "-"}


def test_nothing_of_it_listens_beyond_loopback_and_no_password_is_in_a_command_line(data: Path) -> None:
    with Up(data) as up:
        up.ready()
        secrets = [word for word in (data / "secrets.json").read_text().split('"') if len(word) > 40 and word.isalnum()]
        assert len(secrets) == 5
        commands = " ".join(of(data).values())
        assert not [secret for secret in secrets if secret in commands]
        assert "0.0.0.0" not in commands


def test_a_second_up_on_the_same_data_is_refused_and_the_first_serves_on(data: Path) -> None:
    with Up(data) as first:
        first.ready()
        second = Up(data)
        assert second.refused() == (
            f"Another `alertveil up` (pid {first.process.pid}) holds {data}: stop it, or choose another --data-dir."
        )
        assert answers(first.run_file()["http_url"])


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Up(tmp_path / "data", "--port", str(port)) as up:
            said = up.refused()
    assert said == f"Port {port} on 127.0.0.1 is taken: stop what listens there, or choose another with --port."


@pytest.mark.parametrize(
    ("options", "environ", "named"),
    [
        (["--host", "0.0.0.0"], {}, "ALERTVEIL_HTTP_HOST is not loopback"),
        ([], {"ALERTVEIL_EGRESS_ALLOW": "a relay"}, "ALERTVEIL_EGRESS_ALLOW must be"),
        ([], {"ALERTVEIL_DATABASE_URL": "postgresql://db.example/av"}, "ALERTVEIL_DATABASE_URL leaves this host"),
    ],
)
def test_a_setting_that_no_part_could_start_with_is_one_sentence_before_anything_is_made(
    tmp_path: Path, options: list[str], environ: dict[str, str], named: str
) -> None:
    with Up(tmp_path / "data", *options, environ=environ) as up:
        assert up.refused().startswith(named)
    assert not (tmp_path / "data" / "ran.txt").exists()


def test_a_host_that_is_not_ours_is_one_sentence(tmp_path: Path) -> None:
    with Up(tmp_path / "data", "--host", "192.0.2.1") as up:
        assert up.refused().startswith("192.0.2.1 port 0 cannot be listened on: ")


def test_an_address_may_stand_in_the_brackets_that_urls_give_it(data: Path) -> None:
    with Up(data, "--host", "[127.0.0.1]") as up:  # of IPv6 in earnest, which not every machine has
        assert up.ready()[-1].startswith("ready http://127.0.0.1:")


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    script = f'mount -t tmpfs -o size=16m none "{small}" && exec "$@"'
    with Up(small / "data", prefix=[*mounted, script, "sh"]) as up:
        assert up.refused() == f"The disk that holds {small / 'data'} is full: 15 MB are free, 200 MB are needed."


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Up(tmp_path / "file" / "data") as up:
        assert up.refused() == f"{tmp_path / 'file' / 'data'} cannot be used: not a directory."


def test_sigterm_stops_everything_in_ten_seconds_even_when_a_part_will_not(data: Path) -> None:
    (data / STUBBORN).touch()
    with Up(data) as up:
        up.ready()
        status, seconds = up.stop()
        assert status == 0
        assert seconds < 10
        assert of(data) == {}
        assert not (data / "run.json").exists()
        log = (data / "log" / "postgres.log").read_text()
        assert log.rstrip().endswith("database system is shut down")


def test_sigterm_while_starting_stops_it_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Up(data) as up:
        assert eventually((data / "postgres.new").exists)
        status, seconds = up.stop()
        assert status == 0
        assert seconds < 10
        assert of(data) == {}


def test_after_kill_9_nothing_is_left_and_the_next_up_recovers_with_its_data(data: Path) -> None:
    with Up(data) as up:
        up.ready()
        with psycopg.connect(up.run_file()["owner_database_url"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        up.stop(signal.SIGKILL)
        with Up(data) as again:  # at once: it waits for what the first left behind
            again.ready()
            assert set(again.run_file()["pids"].values()) <= set(of(data))
            with psycopg.connect(again.run_file()["owner_database_url"]) as connection:
                assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
            again.stop(signal.SIGKILL)
            assert gone(data)


def test_a_killed_guard_comes_back_and_still_ends_children_of_children(data: Path) -> None:

    def guards() -> list[int]:
        return [pid for pid, command in of(data).items() if command.startswith("/bin/sh -c") and "read -r" in command]

    with Up(data) as up:
        up.ready()
        (first,) = guards()
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: len(guards()) == 1 and guards() != [first])
        assert "sleep 600" in of(data).values()
        up.stop(signal.SIGKILL)
        assert gone(data)


def test_parts_that_were_killed_are_started_again(data: Path) -> None:
    with Up(data) as up:
        up.ready()
        run = up.run_file()
        killed = {part: pid for part, pid in run["pids"].items() if part != "supervisor"}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)

        def are_back() -> bool:
            now = up.run_file()["pids"]
            return now.keys() >= killed.keys() and not [part for part in killed if now[part] == killed[part]]

        assert eventually(are_back)
        assert eventually(
            lambda: answers(run["http_url"]) and is_up(run["database_url"]) and redis_is_up(run["redis_url"])
        )
        assert set(up.run_file()["pids"].values()) <= set(of(data))


def test_the_run_file_says_what_runs_though_it_could_not_be_written_at_first(data: Path) -> None:
    with Up(data) as up:
        up.ready()
        before = up.run_file()["pids"]
        (data / "run.json").unlink()
        (data / "run.json" / "in-the-way").mkdir(parents=True)  # what stands for a full disk, for root too
        os.kill(before["worker"], signal.SIGKILL)
        assert up.process.stderr is not None
        while "run.json cannot be written" not in up.process.stderr.readline():
            assert up.process.poll() is None
        shutil.rmtree(data / "run.json")
        up.process.send_signal(signal.SIGCHLD)  # it looks now and not after its five seconds
        assert eventually((data / "run.json").exists)
        now = up.run_file()["pids"]
        assert now == {**before, "worker": now["worker"]}
        assert now["worker"] in of(data)


@pytest.mark.parametrize("gone", ["", "postgres"])
def test_data_that_is_removed_under_it_ends_it_with_one_sentence(data: Path, gone: str) -> None:
    with Up(data) as up:
        up.ready()
        (data / gone).rename(data.with_name("moved"))
        os.kill(up.process.pid, signal.SIGCHLD)  # it looks now and not after its five seconds
        _, err = up.process.communicate(timeout=20)
        assert up.process.returncode == 1
        assert not (data / gone).exists()
    said = [line for line in err.splitlines() if "ended" in line or "removed" in line or "started" in line]
    assert len(said) == 1, "and no part was started again and again"
    assert said[0].startswith(f"alertveil: What {data} held was removed or replaced while this ran")


def test_a_part_that_never_starts_ends_up_with_its_own_words(data: Path) -> None:
    (data / "web.fail").touch()
    with Up(data) as up:
        assert up.refused() == f"web does not start: The stand-in is told to fail. (log: {data}/log/web.log)"
        assert of(data) == {}


def test_a_migration_that_fails_ends_up_with_its_own_words(data: Path) -> None:
    (data / "migrate.fail").touch()
    with Up(data) as up:
        said = up.refused()
    assert said.startswith("It failed while bringing the schema up to date: The stand-in is told to fail. (log: ")


def test_a_demo_that_fails_does_not_keep_the_product_from_serving(data: Path) -> None:
    (data / "demo.fail").touch()
    with Up(data) as up:
        up.ready()
        up.stop()
        assert up.process.stderr is not None
        assert "It failed while filling the demo workspace: The stand-in is told to fail." in up.process.stderr.read()


def test_a_lost_keystore_is_never_replaced_silently(data: Path) -> None:
    with Up(data) as up:
        up.ready()
        up.stop()
    (data / "keystore.json").unlink()
    with Up(data) as up:
        assert up.refused() == (
            f"The keystore {data}/keystore.json is missing and what {data} holds was sealed with it: put it back, or "
            "choose a fresh --data-dir."
        )


@pytest.mark.parametrize("by", ["variable", "file"])
def test_a_database_and_a_broker_of_ones_own_are_used_as_they_are(data: Path, by: str) -> None:
    own = {
        "ALERTVEIL_DATABASE_URL": "postgresql://web@db.example/alertveil?sslmode=verify-full",
        "ALERTVEIL_REDIS_URL": "rediss://broker.example:6380/0",
    }
    for name, value in own.items() if by == "file" else ():
        (data / name).write_text(value + "\n")
    given = {f"{name}_FILE": str(data / name) for name in own} if by == "file" else own
    with Up(data, environ=given) as up:
        up.ready()
        run = up.run_file()
        assert (run["database_url"], run["redis_url"]) == tuple(own.values())
        assert set(run["pids"]) == {"web", "worker", "supervisor"}  # and no demo in somebody's own database
        assert "migrate" not in (data / "ran.txt").read_text()


@pytest.mark.parametrize("name", ["with a space", 'o\'clock, "quoted"', "long" * 30])
def test_it_runs_as_an_ordinary_user_in_any_directory(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    with Up(data, "--no-demo", prefix=ordinary_user()) as up:
        up.ready()
        assert is_up(up.run_file()["database_url"])
        assert up.stop()[0] == 0
        assert of(data) == {}


def test_what_the_sign_in_file_says_is_printed_before_the_ready_line(data: Path) -> None:
    (data / "sign-in.txt").write_text("Sign in     http://127.0.0.1/sign-in/once\n")
    with Up(data) as up:
        assert up.ready()[-2] == "Sign in     http://127.0.0.1/sign-in/once"


def test_a_program_gets_one_line_of_json_once_it_serves_and_nothing_else(data: Path) -> None:
    with Up(data, "--json") as up:
        assert up.process.stdout is not None
        told = json.loads(up.process.stdout.readline())
        assert told["ready"] == up.run_file()["http_url"]
        assert Path(told["data_dir"]) == data
        up.process.terminate()
        assert up.process.communicate(timeout=20) == ("", "")
        assert up.process.returncode == 0


def test_a_reader_that_went_away_does_not_stop_it(data: Path) -> None:
    with Up(data) as up:
        assert up.process.stdout is not None
        assert up.process.stderr is not None
        up.process.stdout.close()
        up.process.stderr.close()
        up.process.stdout = up.process.stderr = None
        assert eventually((data / "run.json").exists)
        assert answers(up.run_file()["http_url"])
        assert up.stop()[0] == 0


def test_the_supervisor_stays_small_by_what_it_does_not_import() -> None:
    heavy = (
        "{'celery', 'sqlalchemy', 'msgspec', 'psycopg', 'redis', 'asyncio', 'ssl', 'http', 'dataclasses', 'logging'}"
    )
    code = f"import sys, router.local.supervisor; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
