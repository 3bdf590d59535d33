"""Tells people when a tenant's own pattern keeps failing: a metric, a log line and an incident, once each way."""

from __future__ import annotations

import logging
import threading
from typing import Final
from uuid import UUID

from prometheus_client import Gauge

from router.flow import notice
from router.flow.snapshot import Snapshots
from router.keys import KeystoreDown
from router.privacy.rules import Rules
from router.runtime import Runtime
from router.store.session import Conflict, DatabaseDown

log = logging.getLogger(__name__)

BROKEN: Final = Gauge(
    "alertveil_patterns_broken", "A tenant's own patterns that are not run because they keep failing.", ["tenant"]
)


class PatternWatch:
    """What this process has told of each tenant's patterns. `Intake` calls it after every batch; mostly it compares."""

    def __init__(self, runtime: Runtime, snapshots: Snapshots, ring: notice.Ring) -> None:
        self._runtime = runtime
        self._snapshots = snapshots
        self._ring = ring
        self._seen: dict[UUID, dict[str, tuple[int, ...]]] = {}  # by the rules' version: a source can have its own
        self._told: dict[UUID, tuple[int, ...]] = {}
        self._lock = threading.Lock()

    def look(self, tenant_id: UUID, rules: Rules) -> None:
        """Tell when other patterns of this tenant are broken than before."""
        here = rules.broken_patterns
        known = self._seen.get(tenant_id)
        if (known.get(rules.version, ()) if known else ()) == here:
            return
        with self._lock:
            newest = ":".join(rules.version.split(":")[:2])
            seen = {key: each for key, each in (known or {}).items() if key.startswith(newest)}
            self._seen[tenant_id] = seen | {rules.version: here}
            broken = tuple(sorted({each for every in self._seen[tenant_id].values() for each in every}))
            if self._told.get(tenant_id, ()) == broken:
                return
            self._told[tenant_id] = broken
        BROKEN.labels(str(tenant_id)).set(len(broken))
        log.warning("patterns that keep failing are not run", extra={"tenant": str(tenant_id), "count": len(broken)})
        try:
            notice.broken_patterns(self._runtime, self._snapshots, self._ring, tenant_id, broken)
        except (DatabaseDown, KeystoreDown, Conflict):
            with self._lock:  # nobody was told, so the next batch tries again
                self._told.pop(tenant_id, None)
                self._seen.pop(tenant_id, None)
