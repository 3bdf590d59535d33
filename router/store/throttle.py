"""How often something was tried: a leaky bucket a key, filled by each try, emptied by time; keys are hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from router.store.session import Session, packed

_KEPT = "1 day"
"""A bucket that nobody filled for this long is empty and forgotten: every limit here empties in less."""


class Bucket(NamedTuple):
    """One bucket: it holds `size` tries, and `seconds` empty it by one."""

    key: bytes
    size: float
    seconds: float


def spend(session: Session, buckets: Sequence[Bucket]) -> float:
    """Put a try into every bucket, in one statement; the seconds to wait when one of them was full, else 0.

    Rows are written in the order of their keys, so that two callers never wait for each other.
    """
    session.run(f"DELETE FROM throttle WHERE at < now() - interval '{_KEPT}'")
    rows = session.rows(
        "WITH b AS (SELECT * FROM json_to_recordset(%s)"
        "  AS b (key bytea, size double precision, seconds double precision))"
        " INSERT INTO throttle AS t (key, level, taken) SELECT b.key, 1, true FROM b ORDER BY b.key"
        " ON CONFLICT (key) DO UPDATE SET (at, level, taken) = ("
        "  SELECT now(), CASE WHEN left_in.level + 1 <= b.size THEN left_in.level + 1 ELSE left_in.level END,"
        "   left_in.level + 1 <= b.size FROM b CROSS JOIN LATERAL (SELECT"
        "   greatest(0, t.level - extract(epoch FROM now() - t.at) / b.seconds) AS level) left_in"
        "  WHERE b.key = excluded.key)"
        " RETURNING key, level, taken",
        (packed([each._asdict() for each in buckets]),),
    )
    found = {bytes(row.key): row for row in rows}
    full = [each for each in buckets if not found[each.key].taken]
    return max(((found[each.key].level + 1 - each.size) * each.seconds for each in full), default=0.0)


def forgive(session: Session, emptied: Sequence[bytes], eased: Sequence[bytes]) -> None:
    """After a success: empty some buckets, and take the one try back out of others."""
    session.run("DELETE FROM throttle WHERE key = ANY (%s)", (list(emptied),))
    session.run("UPDATE throttle SET level = greatest(0, level - 1) WHERE key = ANY (%s)", (list(eased),))
