"""Counts and times of the whole installation, as `/metrics` shows them: names, kinds and numbers, nobody's data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from router.store.session import Row, Session, packed


class Added(NamedTuple):
    """What to add to one measure: to each of its counts, and to the seconds that a histogram has seen in all."""

    name: str
    labels: tuple[str, ...]
    counts: Sequence[int]
    total: float = 0.0


def add(session: Session, added: Sequence[Added]) -> None:
    """Add to what is there. Needs no tenant."""
    if not added:
        return
    session.run(
        "INSERT INTO measures AS m (name, labels, counts, total)"
        " SELECT n.* FROM json_to_recordset(%s::json) AS n (name text, labels text[], counts bigint[], total float8)"
        " ON CONFLICT (name, labels) DO UPDATE SET total = m.total + excluded.total,"
        " counts = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0) FROM unnest(m.counts, excluded.counts) AS u (a, b))",
        # in one order everywhere, so that two processes never wait for each other
        (packed([each._asdict() for each in sorted(added, key=lambda each: (each.name, each.labels))]),),
    )


def everything(session: Session) -> list[Row]:
    """(name, labels, counts, total) of every measure. Needs no tenant."""
    return session.rows("SELECT name, labels, counts, total FROM measures ORDER BY name, labels")
