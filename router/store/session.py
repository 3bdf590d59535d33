"""The only door to the database: every transaction says which tenant it is for, and sees nothing without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from router.store.wire import Answer, Pipeline, Wire
from router.store.wire import Row as Row  # noqa: PLC0414 - who writes SQL needs nothing else of the wire

set_json_loads(orjson.loads)

_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "plan_cache_mode=force_generic_plan",  # statements are few and prepared: none is worth a plan for each call
        "jit=off",
        "statement_timeout=30s",
        "idle_in_transaction_session_timeout=60s",
        "lock_timeout=10s",
    )
)


def packed(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as one JSON parameter for `json_to_recordset`.

    One text parameter has one type, so a statement is prepared and planned once; arrays take psycopg longer to write
    than the server to read, and their types change with their values. Bytes travel as Postgres' own hex.
    """
    return orjson.dumps(rows, default=_hex).decode()


def _hex(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError


class DatabaseDown(Exception):  # noqa: N818 - says what is the matter
    """Postgres cannot be reached or gave up on the transaction; nothing of it was kept, unless `unknown`.

    `unknown` is True when the connection was lost while the commit was under way.
    """

    def __init__(self, sqlstate: str | None, *, unknown: bool = False) -> None:
        super().__init__(
            f"The database did not take it (SQLSTATE {sqlstate})."
            if sqlstate
            else "Postgres cannot be reached, or takes no more connections: see ALERTVEIL_DATABASE_URL and its log."
        )
        self.sqlstate = sqlstate
        self.unknown = unknown


class Conflict(Exception):  # noqa: N818
    """A constraint refused a row. `constraint` is its name; the values that hit it are not repeated."""

    def __init__(self, constraint: str | None) -> None:
        super().__init__(f"The database refused a row ({constraint or 'constraint'}).")
        self.constraint = constraint


class UnsafeRole(Exception):  # noqa: N818
    """The application connects as a role that row-level security would not hold."""


class Session:
    """One transaction. Statements are SQL text with `%(name)s` or `%s`; rows come back as named tuples."""

    __slots__ = ("_pipeline",)

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def enter(self, tenant_id: UUID) -> None:
        """Act for this tenant until the next `enter` or the end of the transaction."""
        self._pipeline.send("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))

    def rows(self, statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement."""
        return self._pipeline.send(statement, values).fetchall()

    def one(self, statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        return self._pipeline.send(statement, values).fetchone()

    def queue(self, statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> Answer:
        """Send a statement and do not wait for it: whoever asks its answer does.

        Statements that need nothing of each other share one way to the server and back.
        """
        return self._pipeline.send(statement, values)

    def settle(self) -> None:
        """Wait for everything that was queued."""
        self._pipeline.settle()

    def run(self, statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> int:
        """Rows changed by a statement."""
        return self._pipeline.send(statement, values).rowcount


class Flight:
    """One transaction in two halves: it leaves with its commit, and lands when the server has answered.

    Who asks for no answer on the way does something else meanwhile. Both halves raise what `Database.tenant` does, and
    after either has raised nothing was kept and the connection is back in its pool.
    """

    __slots__ = ("_connection", "_pipeline", "_raw")

    def __init__(self, connection: PoolProxiedConnection, raw: Wire) -> None:
        self._connection = connection
        self._raw = raw
        self._pipeline = Pipeline(raw)

    @contextmanager
    def leaving(self) -> Iterator[Session]:
        """Fill it; the block's end sends the commit. `land` must follow, unless this raises."""
        try:
            yield Session(self._pipeline)
            self._pipeline.leave()
        except BaseException as error:
            told = self._failed(error)
            if told is error:
                raise
            raise told from None

    def land(self, then: Callable[[], None] = lambda: None) -> None:
        """Wait for the commit. `then` may still read the answers of what was queued."""
        try:
            self._pipeline.land()
            then()
        except BaseException as error:
            told = self._failed(error)
            if told is error:
                raise
            raise told from None
        self._pipeline.close()
        self._connection.close()

    def _failed(self, error: BaseException) -> BaseException:
        """Roll back and let the connection go; what is to be raised."""
        lost = not self._undo()
        self._pipeline.close()
        self._connection.close()
        if isinstance(error, psycopg.IntegrityError):
            return Conflict(error.diag.constraint_name)
        if isinstance(error, psycopg.Error):
            return DatabaseDown(error.sqlstate, unknown=self._pipeline.leaving and lost)
        return error

    def _undo(self) -> bool:
        """Roll back; False when the connection is no longer to be used."""
        raw = self._raw
        try:
            if not raw.closed:
                self._pipeline.abandon()
                raw.rollback()
        except psycopg.Error:
            raw.close()
        if raw.closed:
            self._connection.invalidate()
        return not raw.closed


class Database:
    """A pool of connections as the application role."""

    def __init__(self, url: str, *, size: int = 4) -> None:
        self._url = url
        # The pool alone: statements are our own, and an engine would bring its dialects into every command's start.
        self._pool = QueuePool(
            self._connect,  # type: ignore[arg-type]  # psycopg's connection is what the pool calls a DBAPI one
            pool_size=size,
            max_overflow=0,
            timeout=10,
            use_lifo=True,
            reset_on_return=None,
        )

    def __repr__(self) -> str:
        return "<Database>"

    def _connect(self) -> Wire:
        return Wire.connect(
            self._url,
            row_factory=namedtuple_row,
            connect_timeout=5,
            application_name="alertveil",
            options=_OPTIONS,
        )

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[Session]:
        """A transaction for one tenant; committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseDown: Postgres is not there, or the transaction was lost.
            Conflict: a constraint refused a row.
        """
        with self.several() as session:
            session.enter(tenant_id)
            yield session

    @contextmanager
    def several(self) -> Iterator[Session]:
        """A transaction that names its tenant itself with `Session.enter`, or uses only the `door` functions."""
        flight = self.flight()
        with flight.leaving() as session:
            yield session
        flight.land()

    def flight(self) -> Flight:
        """A transaction whose end need not be waited for where it is sent. Raises DatabaseDown."""
        try:
            connection = self._pool.connect()
        except (psycopg.Error, SQLAlchemyError) as error:
            raise DatabaseDown(getattr(error, "sqlstate", None)) from None
        raw = connection.driver_connection
        if not isinstance(raw, Wire):
            raise DatabaseDown(None)
        return Flight(connection, raw)

    def hold(self) -> Wire:
        """A connection of its own, outside the pool and in autocommit, for as long as a process lives."""
        try:
            connection = self._connect()
        except psycopg.Error as error:
            raise DatabaseDown(error.sqlstate) from None
        connection.autocommit = True
        return connection

    def check_role(self) -> None:
        """Refuse a role that row-level security would not hold.

        Raises:
            UnsafeRole: it is a superuser, bypasses row-level security, or owns the tables.
            DatabaseDown: Postgres is not there.
        """
        with self.several() as session:
            row = session.one(
                "SELECT r.rolsuper OR r.rolbypassrls AS unsafe, EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid"
                " AND c.relkind IN ('r', 'p')) AS owns, to_regclass('public.incidents') IS NOT NULL AS made,"
                " EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN ('alertveil_vault', 'alertveil_system')"
                " AND pg_has_role(r.oid, g.oid, 'MEMBER')) AS vault"
                " FROM pg_roles r WHERE r.rolname = current_user"
            )
        if row is None or row.unsafe or row.owns or row.vault:
            raise UnsafeRole(
                "ALERTVEIL_DATABASE_URL names a role that could bypass row-level security (a superuser, BYPASSRLS, an "
                "owner of tables or a member of alertveil_vault): use a plain login role that is a member of "
                "alertveil_app only."
            )
        if not row.made:
            raise UnsafeRole("The database has no schema yet: run `alertveil migrate` as its owner first.")

    def close(self) -> None:
        """Close every pooled connection."""
        self._pool.dispose()
