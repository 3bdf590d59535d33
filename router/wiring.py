"""One place builds: settings in, the parts of a process out. Nothing is made when a module is imported."""

from __future__ import annotations

import gc
from pathlib import Path

from channels.kit import Kit
from router.audit import Audit
from router.broker import Broker
from router.core import identity
from router.flow import audit_ship
from router.keys import Ring, open_keystore
from router.runtime import Runtime
from router.settings import Settings, SettingsError
from router.store.session import Database
from router.vault import Vault

SWITCH = 0.0002
"""Seconds that a thread may keep the interpreter while another waits: Python's own 5 ms are longer than a whole
transaction, and a thread that comes back from the database waits that long behind one that renders. Measured on two
shared cores: 346 alerts a second out of one worker where 5 ms gave 258."""


def build(settings: Settings, *, connections: int = 4, check: bool = True) -> Runtime:
    """A process's parts, with its role checked.

    Raises:
        SettingsError: no database or broker is named and no instance runs in DATA_DIR, or the identity provider's
            settings or the file of trust anchors cannot be used.
        UnsafeRole: the database role could bypass row-level security.
        DatabaseDown: the database does not answer.
    """
    if not settings.database_url:
        raise SettingsError(
            "No database: start one with `alertveil up`, point ALERTVEIL_DATA_DIR at a running instance, or set "
            "ALERTVEIL_DATABASE_URL."
        )
    kit = _kit(settings)
    database = Database(settings.database_url, size=connections)
    if check:
        database.check_role()
    keys = Ring(open_keystore(settings.keystore))
    return Runtime(
        database=database,
        keys=keys,
        vault=Vault(keys),
        audit=Audit(database, keys.keystore),
        broker=Broker(settings.redis_url or "redis://127.0.0.1:6379/0", settings.data_dir / "bells"),
        kit=kit,
        public_url=settings.public_url,
        doorbells=settings.data_dir / "bells",
        kill_switch=settings.kill_switch,
        data_dir=settings.data_dir,
        checkpoints_to=audit_ship.places(settings.checkpoints_to, settings.egress_ca_file),
        identity=_identity(settings),
        smtp=settings.smtp,
    )


def _kit(settings: Settings) -> Kit:
    try:
        return Kit(egress_allow=settings.egress_allow, ca_file=settings.egress_ca_file)
    except OSError:  # ssl.SSLError is one
        raise SettingsError("ALERTVEIL_EGRESS_CA_FILE names no readable file of certificates in PEM.") from None


def _identity(settings: Settings) -> identity.Provider | None:
    """The identity provider that people come in through, if one is set. Raises SettingsError."""
    given = dict(settings.oidc)
    file = given.pop("client_secret_file", None)
    try:
        if file and not given.get("client_secret"):
            given["client_secret"] = Path(file).read_text(encoding="utf-8").strip()
        return identity.provider(given)
    except identity.Unusable as error:
        raise SettingsError(str(error)) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("ALERTVEIL_OIDC_CLIENT_SECRET_FILE names a file that cannot be read.") from None


YOUNG = 20_000
"""New objects after which Python looks for cycles among them; its own 700 are less than one claim makes, and what a
claim makes is let go by its last reference. Measured: 80 us for an incident read from its row with 700, 42 without."""


def settle() -> None:
    """What is loaded by now stays: the collector need not look at it again. Call it when a process begins to serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
