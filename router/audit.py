"""Writes audit events into the caller's transaction, each under a MAC whose key the database holds only wrapped."""

from __future__ import annotations

import os
import secrets
import threading
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from router.core.audit import INSTANCE, Event, entry
from router.core.hook import of_audit
from router.core.ident import time_ordered
from router.keys import IntegrityFailure, Keystore, KeystoreDown, wrap_context
from router.store import audit, hooks
from router.store.session import Database, Session

KEY_BYTES: Final = 32
"""Bytes of a MAC key (RFC 2104 §3: at least the hash's length) and of an Ed25519 private key (RFC 8032 §5.1.5)."""

CLOCK_HOLDS: Final = 60.0
"""Seconds for which this process carries the database's clock on by itself."""


class Audit:
    """One process's pen: it holds the open keys and the database's clock."""

    def __init__(self, database: Database, keystore: Keystore) -> None:
        self._database = database
        self._keystore = keystore
        self._lock = threading.Lock()
        self._open: dict[str, dict[int, bytes]] = {}
        self._clock: tuple[float, datetime] | None = None

    def __repr__(self) -> str:
        return "<Audit>"

    def write(self, session: Session, tenant_id: UUID, *events: Event) -> None:
        """Write events in `session`'s transaction, which has entered `tenant_id`; no row, no commit of the rest.

        What concerns the whole installation goes to `INSTANCE`. One statement, and no lock that another writer holds.
        What is written of opt-ins and reviews is told to the tenant's hooks by a second one.

        Raises:
            KeystoreDown: the MAC key cannot be opened, so nothing that must be audited may happen.
            DatabaseDown: nothing was written.
        """
        if not events:
            return
        version, key = self.newest("mac")
        at = self._now(session)
        milliseconds = int(at.timestamp() * 1000)
        entries = []
        for event in events:
            event_id = time_ordered(milliseconds, os.urandom(10))
            entries.append(entry(key, version, tenant_id, event_id, at, event))
            at += timedelta(microseconds=1)  # events of one call stay in their order
        audit.add(session, tenant_id, entries)
        if tenant_id != INSTANCE:
            hooks.note(session, tenant_id, of_audit(events))

    def newest(self, purpose: str) -> tuple[int, bytes]:
        """The version and bytes of the newest key, made if there is none. Raises KeystoreDown, DatabaseDown."""
        found = self.keys(purpose)
        version = max(found)
        return version, found[version]

    def keys(self, purpose: str) -> dict[int, bytes]:
        """Every open key for a purpose by version; the first is made. Raises KeystoreDown, DatabaseDown."""
        with self._lock:
            held = self._open.get(purpose)
            if held is None:
                held = self._open[purpose] = self._read(purpose)
            return held

    def rewrap(self, session: Session) -> int:
        """Wrap the audit's own keys with the keystore's current key; how many were.

        `session` is left entered in the installation.

        Raises:
            KeystoreDown: a key cannot be opened or wrapped; roll the transaction back.
        """
        session.enter(INSTANCE)
        count = 0
        for purpose in ("mac", "sign"):
            for row in audit.keys(session, purpose):
                context = wrap_context(INSTANCE, purpose, row.version)
                made = self._keystore.seal(self._keystore.unwrap(row.wrapped, row.wrapped_by, context), context)
                count += audit.rewrap_key(session, purpose, row.version, made.wrapped, made.by)
        return count

    def _read(self, purpose: str) -> dict[int, bytes]:
        """In a transaction of its own: a key that the caller rolled back must not have been used."""
        with self._database.tenant(INSTANCE) as session:
            rows = audit.keys(session, purpose)
            if not rows:
                made = self._keystore.seal(secrets.token_bytes(KEY_BYTES), wrap_context(INSTANCE, purpose, 1))
                audit.add_key(session, INSTANCE, purpose, 1, made.wrapped, made.by)
                rows = audit.keys(session, purpose)
        try:
            return {
                row.version: self._keystore.unwrap(
                    row.wrapped, row.wrapped_by, wrap_context(INSTANCE, purpose, row.version)
                )
                for row in rows
            }
        except IntegrityFailure:
            raise KeystoreDown(
                "An audit key does not open: the keystore does not belong to this database, or somebody changed the "
                "key's row."
            ) from None

    def _now(self, session: Session) -> datetime:
        """The database's clock, asked once a minute and carried on by a clock that nobody can set."""
        began = time.monotonic()
        held = self._clock
        if held is None or began - held[0] > CLOCK_HOLDS:
            held = self._clock = (began, audit.now(session))
        return held[1] + timedelta(seconds=began - held[0])
