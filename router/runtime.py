"""What every process is made of once it is built: the doors to the database, the vault, the broker and the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from channels.kit import Kit
from router.audit import Audit
from router.broker import Broker
from router.core.checkpoint import Place
from router.core.identity import Provider
from router.keys import Ring
from router.measures import Measures
from router.store.session import Database
from router.vault import Vault


@dataclass(frozen=True, slots=True, repr=False)
class Runtime:
    """The parts of one process; `wiring.build` makes it, everything else receives it."""

    database: Database
    keys: Ring
    vault: Vault
    audit: Audit
    broker: Broker
    kit: Kit
    public_url: str
    doorbells: Path
    kill_switch: bool
    data_dir: Path
    checkpoints_to: tuple[Place, ...]
    identity: Provider | None = None
    smtp: Mapping[str, str] = field(default_factory=dict)
    measures: Measures = field(default_factory=Measures)

    def __repr__(self) -> str:
        return "<Runtime>"

    def close(self) -> None:
        """Let go of every connection."""
        self.kit.close()
        self.broker.close()
        self.database.close()
