"""Statements on their way to Postgres together: libpq's own pipeline, without a cursor for each.

psycopg makes a cursor, a query and a generator for every statement, some 70 µs each whatever the statement does; on the
way of an alert that was more than the work. Here a statement is one call into libpq, through psycopg's own types and
its connection. Nothing waits for the server until somebody asks for an answer.
"""

from __future__ import annotations

import re
import select
from collections import deque, namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final, NamedTuple, cast

import psycopg
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGresult

Row = Any
"""A named tuple with the statement's column names."""

_Key = tuple[str, tuple[int, ...]]  # the statement, and the types of its parameters

_PLACE: Final = re.compile(r"%(?:\((\w+)\)s|[s%])")
KEPT: Final = 100
"""Prepared statements a connection keeps; each holds its plan in the server's memory."""

_GOOD: Final = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})


class _Text(NamedTuple):
    """A statement as the server reads it. `names`: of its parameters in their order, None where they go by place."""

    query: bytes
    names: tuple[str, ...] | None


class Prepared:
    """A statement that this connection has prepared for parameters of certain types."""

    __slots__ = ("make", "name")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.make: Callable[[Iterable[Any]], Row] | None = None  # of its rows, once the first answer named them


class Wire(psycopg.Connection[Row]):
    """A connection that remembers what was prepared on it."""

    def __init__(self, pgconn: Any, **options: Any) -> None:  # noqa: ANN401 - psycopg's
        super().__init__(pgconn, **options)
        self.prepared: dict[_Key, Prepared] = {}  # the one that was used last stands last
        self.names = count()  # a name is never used twice: whether a broken-off PREPARE took place is not known
        self.adapting = Transformer.from_context(self)
        self.poll = select.poll()
        self.poll.register(self.fileno(), select.POLLIN)


class Answer:
    """What a statement gives. Asking for it waits for it."""

    __slots__ = ("_pipeline", "_prepared", "_result")

    def __init__(self, pipeline: Pipeline, prepared: Prepared | None) -> None:
        self._pipeline = pipeline
        self._prepared = prepared
        self._result: PGresult | None = None

    def fetchall(self) -> list[Row]:
        """Its rows."""
        result = self._here()
        return self._rows(result, result.ntuples)

    def fetchone(self) -> Row | None:
        """Its first row, or None."""
        result = self._here()
        rows = self._rows(result, min(1, result.ntuples))
        return rows[0] if rows else None

    @property
    def rowcount(self) -> int:
        """Rows that it changed or gave."""
        return self._here().command_tuples or 0

    def take(self, result: PGresult) -> None:
        """It is here. Raises what psycopg raises for a statement that failed."""
        if result.status not in _GOOD:
            raise errors.error_from_result(result)
        self._result = result

    def _here(self) -> PGresult:
        if self._result is None:
            self._pipeline.wait(self)
            assert self._result is not None  # noqa: S101 - or it has raised
        return self._result

    @property
    def here(self) -> bool:
        """Has it come."""
        return self._result is not None

    def _rows(self, result: PGresult, count: int) -> list[Row]:
        if not count or self._prepared is None:
            return []
        make = self._prepared.make
        if make is None:
            make = self._prepared.make = _maker(result)
        return self._pipeline.load(result, count, make)


class _Preparing(Answer):
    """The answer of a PREPARE: from here on the connection has the statement."""

    __slots__ = ("_key", "_new", "_wire")

    def __init__(self, pipeline: Pipeline, wire: Wire, key: _Key, new: dict[_Key, Prepared]) -> None:
        super().__init__(pipeline, None)
        self._wire, self._key, self._new = wire, key, new

    def take(self, result: PGresult) -> None:
        super().take(result)
        # In one place alone: what the connection lets go must not be found among what is new.
        self._wire.prepared[self._key] = self._new.pop(self._key)


class Pipeline:
    """One transaction's statements, in their order. It is begun with the first one."""

    __slots__ = ("_begun", "_ending", "_new", "_over", "_pgconn", "_waiting", "_wire", "leaving")

    def __init__(self, wire: Wire) -> None:
        self.leaving = False  # the commit is on its way
        self._ending = False  # the sync is
        self._over = False  # the connection is somebody else's
        self._wire = wire
        self._pgconn = wire.pgconn
        self._waiting: deque[Answer] = deque()
        self._new: dict[_Key, Prepared] = {}
        self._begun = False

    def send(self, statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> Answer:
        """Send a statement with `%(name)s` or `%s`, or with neither and no values. Does not wait."""
        if not self._begun:
            self._begun = True
            self._pgconn.enter_pipeline_mode()
            self._execute("BEGIN", b"BEGIN", ())
        if not values:
            return self._execute(statement, statement.encode(), ())
        text = _TEXTS.get(statement) or _text(statement)
        if text.names is not None:
            named = cast("Mapping[str, Any]", values)
            values = [named[name] for name in text.names]
        return self._execute(statement, text.query, cast("Sequence[Any]", values))

    def wait(self, answer: Answer) -> None:
        """Until an answer is here. Raises psycopg.Error: this or an earlier statement failed."""
        self._pgconn.send_flush_request()
        while not answer.here:
            self._waiting[0].take(self._next())
            self._waiting.popleft()

    def settle(self) -> None:
        """Until everything that was sent is answered. Raises psycopg.Error."""
        if self._waiting:
            self.wait(self._waiting[-1])

    def leave(self) -> None:
        """Send the transaction's end and do not wait for it: `land` does."""
        self.leaving = True
        if not self._begun:
            return
        self._execute("COMMIT", b"COMMIT", ())
        self._sync()
        if self._pgconn.flush():
            self._flush()

    def land(self) -> None:
        """Wait for the end that was sent. Raises psycopg.Error: nothing was kept."""
        if not self._begun:
            return
        while self._waiting:
            self._waiting[0].take(self._next())
            self._waiting.popleft()
        self._end()

    def close(self) -> None:
        """The connection goes to somebody else: from here on no rows can be read with it."""
        self._over = True

    def abandon(self) -> None:
        """Leave the pipeline after an error, whatever is still on its way; the transaction is to be rolled back."""
        if not self._begun:
            return
        self._waiting.clear()
        self._sync()
        self._end()

    def load(self, result: PGresult, count: int, make: Callable[[Iterable[Any]], Row]) -> list[Row]:
        """The first `count` rows of a result."""
        if self._over:
            raise RuntimeError("Rows are read while their transaction has its connection.")
        adapting = self._wire.adapting
        adapting.set_pgresult(result)
        try:
            return adapting.load_rows(0, count, cast("Any", make))
        finally:
            adapting.set_pgresult(None)

    def _execute(self, statement: str, query: bytes, values: Sequence[Any]) -> Answer:
        adapting = self._wire.adapting
        given = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
        types = adapting.types or ()
        key = (statement, tuple(types))
        kept = self._wire.prepared
        prepared = kept.pop(key, None)
        if prepared is not None:
            kept[key] = prepared
        else:
            prepared = self._new.get(key) or self._prepare(key, query)
        self._pgconn.send_query_prepared(prepared.name, given, adapting.formats)
        answer = Answer(self, prepared)
        self._waiting.append(answer)
        # Afterwards: it takes a snapshot, and a transaction that asks for its isolation must not have one yet.
        if len(kept) + len(self._new) > KEPT and kept:
            oldest = kept.pop(next(iter(kept)))
            self._pgconn.send_query_params(b"DEALLOCATE %b" % oldest.name, None)
            self._waiting.append(Answer(self, None))
        return answer

    def _prepare(self, key: _Key, query: bytes) -> Prepared:
        prepared = self._new[key] = Prepared(b"av%d" % next(self._wire.names))
        self._pgconn.send_prepare(prepared.name, query, key[1] or None)
        self._waiting.append(_Preparing(self, self._wire, key, self._new))
        return prepared

    def _sync(self) -> None:
        if not self._ending:
            self._ending = True
            self._pgconn.pipeline_sync()

    def _end(self) -> None:
        """Read up to the sync, which is the last that was sent."""
        while self._next().status != pq.ExecStatus.PIPELINE_SYNC:
            pass
        self._pgconn.exit_pipeline_mode()
        self._begun = False

    def _next(self) -> PGresult:
        """The next result; waits for it."""
        pgconn, poll = self._pgconn, self._wire.poll
        if pgconn.flush():
            self._flush()
        while True:
            while pgconn.is_busy():
                poll.poll()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is not None:  # None stands between two statements' results
                return result

    def _flush(self) -> None:
        """Write all of it; the server may have to be heard before it takes more."""
        pgconn, poll = self._pgconn, self._wire.poll
        poll.modify(pgconn.socket, select.POLLIN | select.POLLOUT)
        try:
            while pgconn.flush():
                if any(event & select.POLLIN for _, event in poll.poll()):
                    pgconn.consume_input()
        finally:
            poll.modify(pgconn.socket, select.POLLIN)


_TEXTS: Final[dict[str, _Text]] = {}


def _text(statement: str) -> _Text:
    names: list[str] = []
    placed = 0

    def number(found: re.Match[str]) -> str:
        nonlocal placed
        name = found[1]
        if name is None:
            if found[0] == "%%":
                return "%"
            placed += 1
            return f"${placed}"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    query = _PLACE.sub(number, statement).encode()
    text = _TEXTS[statement] = _Text(query, tuple(names) if names else None)
    return text


def _maker(result: PGresult) -> Callable[[Iterable[Any]], Row]:
    names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024 - known when the answer is
    return cast("Callable[[Iterable[Any]], Row]", row._make)
