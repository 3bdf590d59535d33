"""What proves that a person is who they say, of the entered tenant: password, TOTP key, passkeys, recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from router.store.session import Row, Session, packed


def of(session: Session, user_id: UUID) -> list[Row]:
    """A user's factors that count, oldest first."""
    return session.rows(
        "SELECT factor_id, kind, name, handle, secret, key_version, counter, created_at, used_at FROM factors"
        " WHERE user_id = %s AND confirmed_at IS NOT NULL ORDER BY created_at, factor_id",
        (user_id,),
    )


def one(session: Session, user_id: UUID, kind: str, *, confirmed: bool = True) -> Row | None:
    """A user's password or TOTP key; with `confirmed` off the TOTP key that waits for its first code."""
    return session.one(
        "SELECT factor_id, secret, key_version, counter FROM factors"
        " WHERE user_id = %s AND kind = %s AND (confirmed_at IS NOT NULL) = %s",
        (user_id, kind, confirmed),
    )


def passkey(session: Session, user_id: UUID, handle: bytes) -> Row | None:
    """A user's passkey by its credential id."""
    return session.one(
        "SELECT factor_id, name, secret, counter FROM factors WHERE user_id = %s AND handle = %s AND kind = 'passkey'",
        (user_id, handle),
    )


def has_second(session: Session, user_id: UUID) -> bool:
    """Is there a factor that a person has, rather than knows."""
    row = session.one(
        "SELECT EXISTS (SELECT FROM factors WHERE user_id = %s AND kind IN ('totp', 'passkey')"
        " AND confirmed_at IS NOT NULL) AS found",
        (user_id,),
    )
    return row is not None and row.found


def add(
    session: Session,
    tenant_id: UUID,
    user_id: UUID,
    factor_id: UUID,
    kind: str,
    secret: bytes,
    **more: object,
) -> None:
    """Add a factor. `more`: name, handle, key_version, counter, and `confirmed` (default: yes)."""
    confirmed = more.pop("confirmed", True)
    values = {"name": "", "handle": None, "key_version": None, "counter": 0, **more}
    session.run(
        "INSERT INTO factors (tenant_id, user_id, factor_id, kind, secret, name, handle, key_version, counter,"
        " confirmed_at) VALUES (%(tenant)s, %(user)s, %(factor)s, %(kind)s, %(secret)s, %(name)s, %(handle)s,"
        " %(key_version)s, %(counter)s, CASE WHEN %(confirmed)s THEN now() END)",
        {
            "tenant": tenant_id,
            "user": user_id,
            "factor": factor_id,
            "kind": kind,
            "secret": secret,
            "confirmed": confirmed,
            **values,
        },
    )


def set_password(session: Session, tenant_id: UUID, user_id: UUID, factor_id: UUID, secret: bytes) -> None:
    """Give a user this password hash instead of the one there is."""
    drop(session, user_id, "password")
    add(session, tenant_id, user_id, factor_id, "password", secret)


def rehash(session: Session, user_id: UUID, secret: bytes) -> None:
    """The same password under newer parameters."""
    session.run("UPDATE factors SET secret = %s WHERE user_id = %s AND kind = 'password'", (secret, user_id))


def confirm(session: Session, user_id: UUID, factor_id: UUID, step: int) -> bool:
    """A first code was right: the waiting TOTP key counts from now on, instead of the one before."""
    session.run("DELETE FROM factors WHERE user_id = %s AND kind = 'totp' AND factor_id <> %s", (user_id, factor_id))
    return bool(
        session.run(
            "UPDATE factors SET confirmed_at = now(), counter = %s WHERE user_id = %s AND factor_id = %s"
            " AND confirmed_at IS NULL",
            (step, user_id, factor_id),
        )
    )


def advance(session: Session, user_id: UUID, factor_id: UUID, counter: int) -> bool:
    """Take a TOTP step once: False when this or a later one was taken already."""
    return bool(
        session.run(
            "UPDATE factors SET counter = %s, used_at = now() WHERE user_id = %s AND factor_id = %s AND counter < %s",
            (counter, user_id, factor_id, counter),
        )
    )


def count(session: Session, user_id: UUID, factor_id: UUID, counter: int) -> None:
    """A passkey was used; `counter` is what it says of itself."""
    session.run(
        "UPDATE factors SET counter = %s, used_at = now() WHERE user_id = %s AND factor_id = %s",
        (counter, user_id, factor_id),
    )


def used(session: Session, user_id: UUID, kind: str) -> None:
    """A user's password was used."""
    session.run("UPDATE factors SET used_at = now() WHERE user_id = %s AND kind = %s", (user_id, kind))


def burn(session: Session, user_id: UUID, hashed: bytes) -> bool:
    """Use a recovery code up; True for the one caller who did."""
    return bool(
        session.run("DELETE FROM factors WHERE user_id = %s AND kind = 'recovery' AND secret = %s", (user_id, hashed))
    )


def set_recovery(
    session: Session, tenant_id: UUID, user_id: UUID, ids: Sequence[UUID], hashes: Sequence[bytes]
) -> None:
    """Give a user these recovery codes instead of the ones there are."""
    drop(session, user_id, "recovery")
    session.run(
        "INSERT INTO factors (tenant_id, user_id, factor_id, kind, secret, confirmed_at)"
        " SELECT %s, %s, c.id, 'recovery', c.hash, now() FROM json_to_recordset(%s) AS c (id uuid, hash bytea)",
        (
            tenant_id,
            user_id,
            packed([{"id": str(each), "hash": hashed} for each, hashed in zip(ids, hashes, strict=True)]),
        ),
    )


def drop(session: Session, user_id: UUID, *kinds: str) -> int:
    """Take all factors of some kinds away from a user, or of every kind."""
    if not kinds:
        return session.run("DELETE FROM factors WHERE user_id = %s", (user_id,))
    return session.run("DELETE FROM factors WHERE user_id = %s AND kind = ANY (%s)", (user_id, list(kinds)))


def remove(session: Session, user_id: UUID, factor_id: UUID) -> str | None:
    """Take one factor away; its kind, or None when the user has no such factor."""
    row = session.one("DELETE FROM factors WHERE user_id = %s AND factor_id = %s RETURNING kind", (user_id, factor_id))
    return row.kind if row else None


def ask(session: Session, hashed: bytes, purpose: str, seconds: int) -> None:
    """Remember a question that was asked, for `seconds`; needs no tenant."""
    session.run("DELETE FROM challenges WHERE ends_at < now()")
    session.run(
        "INSERT INTO challenges (hash, purpose, ends_at) VALUES (%s, %s, now() + make_interval(secs => %s))",
        (hashed, purpose, seconds),
    )


def answered(session: Session, hashed: bytes, purpose: str) -> bool:
    """Take an answer to a question that was asked and still holds; True once. Needs no tenant."""
    return bool(
        session.run("DELETE FROM challenges WHERE hash = %s AND purpose = %s AND ends_at > now()", (hashed, purpose))
    )
