"""`alertveil up`: start every part on this machine, keep it running, and stop all of it together.

It runs as `python -m router.local.supervisor` and stays small: it imports neither Celery nor SQLAlchemy nor the privacy
engine, only starts the processes that do.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from router.local import private, process
from router.local.postgres import AUDIT, OWNER, EmbeddedPostgres, RunningPostgres
from router.local.private import LocalError
from router.local.valkey import EmbeddedValkey, RunningValkey

_START_SECONDS = 180.0
_STOP_SECONDS = 9.0  # the contract says 10
_QUICK_ENDS = 3  # a part that ends this often before it ever served will not serve
_BACKOFF = (0.1, 10.0)  # seconds before a part is started again: first, most
_HEALTHY_SECONDS = 30.0  # a part that ran this long starts over at the first backoff
_LOOK_SECONDS = 5.0  # between looks at log sizes
_FRESH_BYTES = 200 * 1024 * 1024  # cluster 40 MB, its log up to 256 MB in bursts, and room to work
_WARM_BYTES = 32 * 1024 * 1024


class Part(NamedTuple):
    """One process that `up` keeps running: its name in the run file, its command, and how long its end may take."""

    name: str
    argv: Sequence[str]
    stop_seconds: float


class Programs(NamedTuple):
    """What `up` runs besides the embedded servers: parts in starting order (they stop in `stop_order`), and steps."""

    keys_init: Sequence[str]
    migrate: Sequence[str]
    parts: Sequence[Part]
    demo: Part | None  # the inbox
    fill_demo: Sequence[str]  # run once everything serves; knows by itself what is left to do
    stop_order: Sequence[str] = ("web", "worker", "inbox", "redis", "postgres")


def product(data_dir: Path) -> Programs:
    """The programs of the product itself."""
    script = Path(sys.executable).with_name("alertveil")
    call = "import sys; from router.cli import main; sys.exit(main())"
    alertveil = [str(script)] if script.exists() else [sys.executable, "-c", call]
    python = [sys.executable, "-m"]
    place = ["--data-dir", str(data_dir)]
    return Programs(
        keys_init=[*alertveil, "keys", "init"],
        migrate=[*alertveil, "migrate"],
        parts=(
            Part("web", [*alertveil, "web", "--quiet"], 2.5),
            Part("worker", [*alertveil, "worker", "--beat"], 3.5),
        ),
        demo=Part("inbox", [*python, "router.local.inbox", *place], 0.5),
        fill_demo=[*python, "router.local.demo", *place],
    )


class _Stopping(Exception):  # noqa: N818 - somebody asked us to stop
    pass


class _Kept:
    """A part while it is supervised."""

    def __init__(
        self, name: str, launch: Callable[[], subprocess.Popen[bytes]], sign: signal.Signals, seconds: float
    ) -> None:
        self.name = name
        self.sign = sign
        self.seconds = seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.quick_ends = 0
        self.due = 0.0
        self._launch = launch
        self._started = 0.0
        self._wait = _BACKOFF[0]

    def adopt(self, running: subprocess.Popen[bytes], now: float) -> None:
        self.process = running
        self._started = now

    def launch(self, now: float) -> None:
        self.adopt(self._launch(), now)

    def ended(self, now: float) -> None:
        """It is gone: start it again after a pause that doubles while it keeps going."""
        self.process = None
        if now - self._started > _HEALTHY_SECONDS:
            self._wait = _BACKOFF[0]
            self.quick_ends = 0
        self.quick_ends += 1
        self.due = now + self._wait
        self._wait = min(self._wait * 2, _BACKOFF[1])


class Supervisor:
    """One run of `alertveil up`."""

    def __init__(
        self, options: argparse.Namespace, programs: Callable[[Path], Programs], environ: Mapping[str, str]
    ) -> None:
        self.data_dir = Path(options.data_dir).expanduser().absolute()
        self.host: str = options.host.removeprefix("[").removesuffix("]")  # as an address of IPv6 stands in a URL
        self.port: int = options.port
        environ = _with_files(environ)
        self._environ = environ
        self._external_database = environ.get("ALERTVEIL_DATABASE_URL", "")
        self._external_redis = environ.get("ALERTVEIL_REDIS_URL", "")
        self.demo: bool = options.demo if options.demo is not None else not self._external_database
        self._as_json: bool = options.json
        self._programs = programs(self.data_dir)
        self._run: dict[str, str] = {}
        self._kept: list[_Kept] = []
        self._guard: process.Guard | None = None
        self._postgres = EmbeddedPostgres(self.data_dir, tick=self._tick)
        self._stop_asked = False
        self._slow_since = time.monotonic()
        self._serves = False
        self._written: dict[str, int] = {}
        self._place = (0, 0)  # device and inode of the data directory

    def run(self) -> None:
        """Start, serve until somebody asks to stop, stop. Raises LocalError when it cannot start."""
        private.directory(self.data_dir)
        logs = private.directory(self.data_dir / "log")
        try:
            with _locked(self.data_dir, self._tick, self._progress) as held:
                (self.data_dir / "run.json").unlink(missing_ok=True)
                self._check_disk()
                self.port = _free_port(self.host, self.port)
                self._check_settings()
                found = self.data_dir.stat()
                self._place = found.st_dev, found.st_ino
                self._guard = process.Guard(keep=(held,))
                try:
                    self._start()
                    self._watch(logs)
                finally:
                    self._stop()
        except _Stopping:
            return

    def ask_to_stop(self, *_: object) -> None:
        """For a signal handler."""
        self._stop_asked = True

    # -- starting -----------------------------------------------------------------------------------------------------

    def _check_settings(self) -> None:
        """What no part would start with is told at once, before a keystore and a database are made."""
        from router import settings  # noqa: PLC0415 - only a start needs it

        try:
            settings.check_listener(settings.read({**self._environ, **self._environment()}))
        except settings.SettingsError as error:
            raise LocalError(str(error)) from None

    def _start(self) -> None:
        self._make_keystore()
        self._start_servers()
        environment = self._environment()
        self._migrate(environment)
        parts = list(self._programs.parts)
        if self.demo and self._programs.demo:
            parts.insert(0, self._programs.demo)
        self._progress(f"starting {', '.join(part.name for part in parts)}")
        for part in parts:
            self._keep(part.name, self._launcher(part, environment), signal.SIGTERM, part.stop_seconds)
        self._await_ready()
        if self.demo:
            self._fill_demo(environment)
        self._serves = True
        self._write_run_file()
        self._announce()

    def _start_servers(self) -> None:
        if self._external_database:
            self._run["database_url"] = self._external_database
        else:
            self._progress("starting the database" if self._postgres.exists else "making the database (first start)")
            running = self._postgres.start()
            self._keep("postgres", lambda: self._postgres.launch().process, signal.SIGINT, 1.5, running)
            self._run["database_url"] = running.url()
            self._run["owner_database_url"] = running.url(OWNER)
            self._run["auditor_database_url"] = running.url(AUDIT)
        if self._external_redis:
            self._run["redis_url"] = self._external_redis
        else:
            valkey = EmbeddedValkey(self.data_dir, tick=self._tick)
            broker = valkey.start()
            self._keep("redis", lambda: valkey.launch().process, signal.SIGTERM, 1.0, broker)
            self._run["redis_url"] = broker.url
        self._run["http_url"] = self._http_url()

    def _make_keystore(self) -> None:
        """Keys come before the database: a database whose keystore is gone must never get another one silently."""
        named = self._environ.get("ALERTVEIL_KEYSTORE", "")
        keystore = Path(named).expanduser().absolute() if named else self.data_dir / "keystore.json"
        if "://" in named or named.startswith("env:") or keystore.exists():
            return
        if not self._external_database and self._postgres.exists:
            raise LocalError(
                f"The keystore {keystore} is missing and what {self.data_dir} holds was sealed with it: put it back, "
                "or choose a fresh --data-dir."
            )
        self._step("making the keystore", "keys", self._programs.keys_init, self._environment())

    def _migrate(self, environment: Mapping[str, str]) -> None:
        """Always for the embedded database; for another one only when its owner's URL is given."""
        owner = self._environ.get("ALERTVEIL_OWNER_DATABASE_URL")
        auditor = self._environ.get("ALERTVEIL_AUDITOR_DATABASE_URL")
        if not self._external_database:
            owner, auditor = self._run["owner_database_url"], self._run["auditor_database_url"]
        if owner is None:
            return
        rights = {"ALERTVEIL_OWNER_DATABASE_URL": owner}
        if auditor:
            rights["ALERTVEIL_AUDITOR_DATABASE_URL"] = auditor
        self._step("bringing the schema up to date", "migrate", self._programs.migrate, {**environment, **rights})

    def _fill_demo(self, environment: Mapping[str, str]) -> None:
        """The demo is a guest: when it fails, the product serves all the same."""
        try:
            self._step("filling the demo workspace", "demo", self._programs.fill_demo, environment)
        except LocalError as error:
            _tell(str(error))

    def _environment(self) -> dict[str, str]:
        """What every part of the product is told. The owner's URL is not in it: only `migrate` gets that."""
        environment = dict(self._environ)
        for name in ("ALERTVEIL_OWNER_DATABASE_URL", "ALERTVEIL_OWNER_DATABASE_URL_FILE"):
            environment.pop(name, None)
        environment |= {
            "ALERTVEIL_DATA_DIR": str(self.data_dir),
            "ALERTVEIL_HTTP_HOST": self.host,
            "ALERTVEIL_HTTP_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            "PYTHONSAFEPATH": "1",  # nothing is imported from where `up` happens to be called
            "MALLOC_ARENA_MAX": "2",  # glibc keeps an arena a thread otherwise, tens of MB in a small box
        }
        for name in ("database_url", "redis_url"):
            if name in self._run:
                environment["ALERTVEIL_" + name.upper()] = self._run[name]
        environment.setdefault("ALERTVEIL_PUBLIC_URL", self._http_url())
        if self.demo:
            allowed = environment.get("ALERTVEIL_EGRESS_ALLOW", "")
            environment["ALERTVEIL_EGRESS_ALLOW"] = f"{allowed} 127.0.0.0/8 ::1/128".strip()
        return environment

    def _keep(
        self,
        name: str,
        launch: Callable[[], subprocess.Popen[bytes]],
        sign: signal.Signals,
        seconds: float,
        running: RunningPostgres | RunningValkey | None = None,
    ) -> None:
        kept = _Kept(name, launch, sign, seconds)
        self._kept.append(kept)
        if running is not None:
            kept.adopt(running.process, time.monotonic())
        else:
            kept.launch(time.monotonic())
        self._watched(kept)

    def _launcher(self, part: Part, environment: Mapping[str, str]) -> Callable[[], subprocess.Popen[bytes]]:
        log = self.data_dir / "log" / f"{part.name}.log"
        return lambda: process.spawn(part.argv, log=log, env=environment, cwd=None)

    def _step(self, doing: str, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program to its end. Raises LocalError with the last line that it said when it fails."""
        self._progress(doing)
        log = self.data_dir / "log" / f"{name}.log"
        running = process.spawn(argv, log=log, env=environment, cwd=None)
        if self._guard:
            self._guard.watch(running.pid)
        try:
            process.wait_until(lambda: running.poll() is not None, _START_SECONDS, self._tick)
        finally:
            status = process.stop(running, signal.SIGTERM, 2)
            if self._guard:
                self._guard.forget(running.pid)
        if status:
            raise LocalError(f"It failed while {doing}: {_last_line(log)} (log: {log})")

    def _await_ready(self) -> None:
        def ready() -> bool:
            self._tend()
            for kept in self._kept:
                if kept.quick_ends >= _QUICK_ENDS:
                    log = self.data_dir / "log" / f"{kept.name}.log"
                    raise LocalError(f"{kept.name} does not start: {_last_line(log)} (log: {log})")
            return _is_ready(self._http_url(), self.host, self.port)

        if not process.wait_until(ready, _START_SECONDS, self._tick):
            raise LocalError(
                f"Nothing serves {self._http_url()}/readyz after {_START_SECONDS:.0f} s; see {self.data_dir}/log."
            )

    def _tick(self) -> None:
        """Between two looks at something awaited: stop if asked to, and say that we are still at it."""
        if self._stop_asked:
            raise _Stopping
        if time.monotonic() - self._slow_since > _LOOK_SECONDS:
            self._slow_since = time.monotonic()
            if not self._serves:
                self._progress("still at it …")

    # -- serving ------------------------------------------------------------------------------------------------------

    def _watch(self, logs: Path) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that it is written to the descriptor below
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        next_look = 0.0
        while not self._stop_asked:
            now = time.monotonic()
            self._check_place()
            self._tend()
            self._write_run_file()
            if self._guard:
                self._guard.renew()
            if now >= next_look:
                next_look = now + _LOOK_SECONDS
                for log in logs.glob("*.log"):
                    process.bound_log(log)
            wake = min([next_look, *(kept.due for kept in self._kept if kept.process is None)])
            if select.select([reading], [], [], max(0.0, wake - time.monotonic()))[0]:
                os.read(reading, 4096)
        raise _Stopping

    def _check_place(self) -> None:
        """What was removed under us comes back by no new start of a part. Raises LocalError."""
        try:
            found = self.data_dir.stat()
            there = (found.st_dev, found.st_ino) == self._place and (
                bool(self._external_database) or self._postgres.exists
            )
        except FileNotFoundError:
            there = False
        except OSError:  # a disk that is away for a moment is no directory that was removed
            return
        if not there:
            raise LocalError(
                f"What {self.data_dir} held was removed or replaced while this ran, so nothing can be kept there any "
                "more: put it back from a backup, or start again on a fresh --data-dir."
            )

    def _tend(self) -> None:
        """Start again what ended and is due."""
        now = time.monotonic()
        for kept in self._kept:
            if kept.process is not None and kept.process.poll() is not None:
                gone = kept.process
                process.kill_group(gone.pid)
                if self._guard:
                    self._guard.forget(gone.pid)
                kept.ended(now)
                _tell(f"{kept.name} ended ({_how(gone.returncode)}); starting it again")
            if kept.process is None and now >= kept.due:
                try:
                    kept.launch(now)
                except LocalError as error:
                    kept.ended(now)
                    _tell(str(error))
                    continue
                self._watched(kept)

    def _watched(self, kept: _Kept) -> None:
        if self._guard and kept.process is not None:
            self._guard.watch(kept.process.pid)

    def _write_run_file(self) -> None:
        """Say what runs where, if that is not what the file says; a part that waits to be started is as it was."""
        if not self._serves:
            return
        now = {kept.name: kept.process.pid for kept in self._kept if kept.process is not None}
        pids = {**self._written, **now, "supervisor": os.getpid()}
        if pids == self._written:
            return
        try:
            private.write_json(self.data_dir / "run.json", {**self._run, "pids": pids})
        except LocalError as error:  # a full disk later on is no reason to stop serving; the next look tries again
            _tell(str(error))
        else:
            self._written = pids

    def _announce(self) -> None:
        """What a person at the terminal wants to know, and then the one line that programs wait for."""
        inbox = private.read_json(self.data_dir / "inbox.json").get("http_url") if self.demo else None
        try:
            sign_in = (self.data_dir / "sign-in.txt").read_text().strip()
        except OSError:
            sign_in = "Sign in     `alertveil users link --email YOU` gives a one-time code"
        if self._as_json:
            told = {"ready": self._run["http_url"], "inbox": inbox, "data_dir": str(self.data_dir)}
            _print(json.dumps({**told, "sign_in": " ".join(sign_in.split())}, ensure_ascii=False))
            return
        lines = [f"Alertveil   {self._run['http_url']}"]
        if isinstance(inbox, str):
            lines.append(f"Demo inbox  {inbox}   what the sources sent beside what each channel got")
        lines += [f"Data        {self.data_dir}", sign_in]
        _print("\n".join([*lines, f"ready {self._run['http_url']}"]))

    def _progress(self, text: str) -> None:
        """What is being done, for people: a program waits for the one line that it asked for."""
        if not self._as_json:
            _tell(text)

    # -- stopping -----------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Stop everything in order; whatever does not end in its time is killed."""
        self._progress("stopping")
        for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        order = self._programs.stop_order
        deadline = time.monotonic() + _STOP_SECONDS
        for kept in sorted(self._kept, key=lambda kept: order.index(kept.name) if kept.name in order else -1):
            if kept.process is not None:
                left = max(0.1, deadline - time.monotonic())
                process.stop(kept.process, kept.sign, min(kept.seconds, left))
                if self._guard:
                    self._guard.forget(kept.process.pid)
        (self.data_dir / "run.json").unlink(missing_ok=True)
        self._postgres.tidy()
        if self._guard:
            self._guard.close()

    # -- small questions ----------------------------------------------------------------------------------------------

    def _http_url(self) -> str:
        scheme = "https" if self._environ.get("ALERTVEIL_HTTP_TLS_CERT") else "http"
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def _check_disk(self) -> None:
        state = os.statvfs(self.data_dir)
        free = state.f_bavail * state.f_frsize
        needed = 0 if self._external_database else _WARM_BYTES if self._postgres.exists else _FRESH_BYTES
        if free < needed:
            raise LocalError(
                f"The disk that holds {self.data_dir} is full: {free >> 20} MB are free, {needed >> 20} MB are needed."
            )


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` and what is in the files that it names for what `up` itself decides by. Raises LocalError.

    As every other process of the product reads them: a variable goes before its `_FILE` twin.
    """
    found = dict(environ)
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "AUDITOR_DATABASE_URL", "REDIS_URL", "KEYSTORE"):
        variable, file = f"ALERTVEIL_{name}", environ.get(f"ALERTVEIL_{name}_FILE")
        if file and not environ.get(variable):
            try:
                found[variable] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, ValueError):
                raise LocalError(f"{variable}_FILE names a file that cannot be read.") from None
    return found


@contextlib.contextmanager
def _locked(data_dir: Path, tick: process.Tick, progress: Callable[[str], None]) -> Iterator[int]:
    """Hold `data_dir` for one supervisor; gives the descriptor that the guard is to hold as well.

    That second lock outlives a killed supervisor by the seconds its guard needs: it is waited for.

    Raises:
        LocalError: another `up` holds it.
    """
    with _open(data_dir / "up.lock") as ours, _open(data_dir / "guard.lock") as guard:
        if not _try_lock(ours):
            pid = os.read(ours, 20).decode("ascii", "replace").strip()
            raise LocalError(
                f"Another `alertveil up` (pid {pid}) holds {data_dir}: stop it, or choose another --data-dir."
            )
        os.ftruncate(ours, 0)
        os.write(ours, f"{os.getpid()}\n".encode())
        if not _try_lock(guard):
            progress("waiting for what the last run left behind to end")
            if not process.wait_until(lambda: _try_lock(guard), 20, tick):
                raise LocalError(
                    f"Processes of an earlier `alertveil up` on {data_dir} do not end: end them, then start again."
                )
        yield guard


@contextlib.contextmanager
def _open(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {private.reason(error)}.") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_port(host: str, port: int) -> int:
    """`port` if it can be listened on, or a free one for 0. Raises LocalError with the reason if not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            found: int = probe.getsockname()[1]
    except socket.gaierror:
        raise LocalError(f"The host {host} is not known here: choose another --host.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = f"Port {port} on {host} is taken: stop what listens there, or choose another with --port."
        elif error.errno == errno.EACCES:
            text = f"Port {port} is only for root here: choose one above 1023 with --port."
        else:
            text = f"{host} port {port} cannot be listened on: {private.reason(error)}."
        raise LocalError(text) from None
    return found


def _is_ready(url: str, host: str, port: int) -> bool:
    """Does /readyz answer 200? Over TLS without a look at the certificate: it is our own process that answers."""
    try:
        with socket.create_connection((url.split("//", 1)[1].rsplit(":", 1)[0].strip("[]"), port), timeout=2) as plain:
            request = f"GET /readyz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
            if not url.startswith("https:"):
                plain.sendall(request)
                return plain.recv(64).split()[1:2] == [b"200"]
            import ssl  # noqa: PLC0415 - several MB that a plain listener need not pay

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            with context.wrap_socket(plain) as sealed:
                sealed.sendall(request)
                return sealed.recv(64).split()[1:2] == [b"200"]
    except OSError:
        return False


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"


def _last_line(log: Path) -> str:
    lines = [line for line in process.tail(log).splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it said nothing"


def _tell(text: str) -> None:
    """Progress, for people, on standard error."""
    _write(sys.stderr.fileno(), f"alertveil: {text}\n")


def _print(text: str) -> None:
    _write(sys.stdout.fileno(), text + "\n")


def _write(descriptor: int, text: str) -> None:
    try:
        os.write(descriptor, text.encode())
    except OSError:  # nobody reads any more; that is no reason to stop serving
        return


def main(argv: Sequence[str] | None = None, programs: Callable[[Path], Programs] = product) -> int:
    """Run `alertveil up` with these arguments until it is stopped. Returns the exit status: 0 stopped, 1 could not."""
    environ = dict(os.environ)
    parser = argparse.ArgumentParser(
        prog="alertveil up", description="Everything in one: embedded database, broker, web, worker."
    )
    parser.add_argument("--host", default=environ.get("ALERTVEIL_HTTP_HOST") or "127.0.0.1")
    parser.add_argument(
        "--port", type=_port, default=environ.get("ALERTVEIL_HTTP_PORT") or "8080", help="0: any free one"
    )
    parser.add_argument("--data-dir", default=environ.get("ALERTVEIL_DATA_DIR") or "data")
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="a demo workspace with local receivers (default: unless ALERTVEIL_DATABASE_URL names a database)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON line once it serves, and no progress")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump holds what a process held in memory
    try:
        supervisor = Supervisor(parser.parse_args(argv), programs, environ)
        for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(asked, supervisor.ask_to_stop)
        supervisor.run()
    except LocalError as error:
        _tell(str(error))
        return 1
    return 0


def _port(text: str) -> int:
    """A port of `--port` or ALERTVEIL_HTTP_PORT."""
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - the highest TCP port
        raise argparse.ArgumentTypeError("a port, here or as ALERTVEIL_HTTP_PORT, is 0 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
