"""An open way to each destination: its sender, built once with credentials from the vault and kept while it is used."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from channels.contract import Sender, Spec, Starter
from channels.registry import CHANNELS
from router.keys import IntegrityFailure, KeystoreDown
from router.runtime import Runtime
from router.store import deliveries
from router.store.session import DatabaseDown

SENDERS = 512
"""Open senders that a worker keeps."""


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """An open way to one destination."""

    spec: Spec[Any]
    config: Any  # an instance of spec.config
    sender: Sender
    starter: Starter | None  # the same, where it can send without waiting
    identity: bytes
    encrypted: bool


class Ways:
    """The open senders of this process. A destination never changes, so one is opened once."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._vault = runtime.vault
        self._kit = runtime.kit
        self._open: dict[UUID, Way] = {}
        self._lock = threading.Lock()

    def known(self, destination_id: UUID) -> Way | None:
        """The way to a destination, if it is open."""
        return self._open.get(destination_id)

    def to(self, tenant_id: UUID, destination_id: UUID) -> Way | None:
        """The way to a destination; None when its kind is unknown here or its configuration cannot be used.

        Raises:
            KeystoreDown, IntegrityFailure, DatabaseDown: its credentials cannot be opened now.
        """
        way = self.known(destination_id)
        if way is not None:
            return way
        with self._database.tenant(tenant_id) as session:
            row = deliveries.destination(session, destination_id)
            spec = CHANNELS.get(row.kind) if row else None
            if row is None or spec is None:
                return None
            secrets = self._vault.credentials(session, tenant_id, destination_id, bytes(row.secrets), row.key_version)
        try:
            config = msgspec.convert(row.config, spec.config)
            sender = spec.open(config, secrets, self._kit)
            starter = sender if isinstance(sender, Starter) else None
            way = Way(spec, config, sender, starter, bytes(row.identity), spec.encrypted(config))
        except ValueError:  # msgspec's is one too
            return None
        with self._lock:
            if len(self._open) >= SENDERS:
                self._open.pop(next(iter(self._open)))
            self._open[destination_id] = way
        return way

    def newer(self, tenant_id: UUID, refused: UUID, by: Way, current: UUID) -> bool:
        """Was a destination's credential replaced by one for the same place? Then that is used there from now on.

        `by` is the way that was `refused`, `current` where its channel leads now. Never raises.
        """
        try:
            now = self.to(tenant_id, current)
        except (IntegrityFailure, DatabaseDown, KeystoreDown):
            return False
        if now is None or now is by or now.identity != by.identity:
            return False
        with self._lock:
            self._open[refused] = now
        return True
