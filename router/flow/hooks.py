"""Hooks are added, changed, tried out, given another secret and taken out of use; what they were told is listed.

A secret is given by whoever adds the hook and never given back: no answer, no page and no list holds one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec

from channels import egress, kit
from channels.contract import Delivered, Reason
from router.core.audit import JSON, Event
from router.core.clock import UTC_CLOCK, Clock
from router.core.hook import NotUsable, envelope, usable_events, usable_name
from router.core.retry import Health
from router.flow import notice
from router.flow.manage import NotFound, NotPossible
from router.flow.outbox import DEADLINE, Way, open_way
from router.flow.overview import in_a_phrase
from router.runtime import Runtime
from router.store import config, hooks
from router.store.session import Conflict, Row, Session
from router.vault import seal_credentials

MOST = 50
"""Hooks of one tenant: each costs a row an event."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a hook is to be. `events` may say `incident.*`."""

    name: str
    url: str
    events: Sequence[str]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A hook and how it is doing. `state`: ready, paused, failing or disabled, `why` says more."""

    hook_id: UUID
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    state: str
    why: str
    waiting: int
    delivered: int
    dead: int
    counted: int
    last: str
    last_ok_at: datetime | None
    created_at: datetime
    changed_at: datetime
    rotated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test event."""

    event_id: UUID
    delivered: bool
    reason: str
    words: str
    status: int | None
    latency_ms: float


def every(runtime: Runtime, tenant_id: UUID, *, clock: Clock = UTC_CLOCK) -> list[Shown]:
    """The tenant's hooks by name; `clock`: whose times their sentences have. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return [_shown(row, clock) for row in hooks.every(session)]


def one(runtime: Runtime, tenant_id: UUID, hook_id: UUID, *, clock: Clock = UTC_CLOCK) -> Shown:
    """One hook. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return _shown(_found(session, hook_id), clock)


def named(runtime: Runtime, tenant_id: UUID, name: str) -> Shown:
    """The hook of this name or id. Raises NotFound, DatabaseDown."""
    for each in every(runtime, tenant_id):
        if name in {each.name, str(each.hook_id)}:
            return each
    raise _none()


def add(runtime: Runtime, tenant_id: UUID, wanted: Wanted, secret: str, *, actor: str, auth: str = "") -> Shown:
    """Add a hook that is told from now on.

    Raises:
        NotUsable: the name, the address, the secret or an event cannot be used.
        NotPossible: there is a hook of this name, or there are too many.
        KeystoreDown, DatabaseDown: nothing was added.
    """
    name, events = usable_name(wanted.name), usable_events(wanted.events)
    usable(wanted.url, secret)
    hook_id = uuid4()
    try:
        with runtime.database.tenant(tenant_id) as session:
            if len(hooks.every(session)) >= MOST:
                raise NotPossible(f"A tenant has at most {MOST} hooks.")
            keys = runtime.vault.newest_keys(session, tenant_id)
            hooks.add(
                session,
                tenant_id,
                hook_id,
                name=name,
                url=wanted.url,
                events=events,
                enabled=wanted.enabled,
                secrets=seal_credentials(keys, hook_id, {"secret": secret}),
                key_version=keys.data_version,
            )
            config.bump(session, actor, [f"hook {name}: added"])
            _write(runtime, session, tenant_id, "add", hook_id, actor, auth, {"name": name, "events": list(events)})
            shown = _shown(_found(session, hook_id))
    except Conflict:
        raise _taken() from None
    return shown


def change(
    runtime: Runtime, tenant_id: UUID, hook_id: UUID, wanted: Wanted, *, actor: str, auth: str = ""
) -> tuple[Shown, bool]:
    """Make a hook so; the second is False when it was so already. What had paused it is forgotten.

    Raises:
        NotFound, NotUsable, NotPossible: as `add`.
        DatabaseDown: nothing was changed.
    """
    name, events = usable_name(wanted.name), usable_events(wanted.events)
    usable(wanted.url, None)
    try:
        with runtime.database.tenant(tenant_id) as session:
            _found(session, hook_id)
            changed = hooks.change(session, hook_id, name=name, url=wanted.url, events=events, enabled=wanted.enabled)
            if changed:
                config.bump(session, actor, [f"hook {name}: changed"])
                details: dict[str, JSON] = {"name": name, "events": list(events), "enabled": wanted.enabled}
                _write(runtime, session, tenant_id, "change", hook_id, actor, auth, details)
            shown = _shown(_found(session, hook_id))
    except Conflict:
        raise _taken() from None
    if changed:
        notice.hook_health(runtime, runtime.broker.ring, tenant_id, hook_id, Health())
    runtime.broker.ring({(tenant_id, hook_id)})
    return shown, changed


def rotate(runtime: Runtime, tenant_id: UUID, hook_id: UUID, secret: str, *, actor: str, auth: str = "") -> Shown:
    """Sign with another secret from now on, and with the one before it for a day more.

    Raises:
        NotFound, NotUsable: as `add`.
        KeystoreDown, IntegrityFailure, DatabaseDown: nothing was changed.
    """
    usable(None, secret)
    with runtime.database.tenant(tenant_id) as session:
        _found(session, hook_id)
        row = hooks.secrets(session, hook_id)
        assert row is not None  # noqa: S101 - _found found it in this transaction
        keys = runtime.vault.newest_keys(session, tenant_id)
        before = runtime.vault.credentials(session, tenant_id, hook_id, bytes(row.secrets), row.key_version)
        if before["secret"] != secret:  # the same once more, as after a lost answer, must not push out the one before
            both = {"secret": secret, "previous_secret": before["secret"]}
            hooks.rotate(session, hook_id, seal_credentials(keys, hook_id, both), keys.data_version)
            _write(runtime, session, tenant_id, "rotate", hook_id, actor, auth, {})
        return _shown(_found(session, hook_id))


def remove(runtime: Runtime, tenant_id: UUID, hook_id: UUID, *, actor: str, auth: str = "") -> bool:
    """Take a hook out of use; what it was still to be told goes with it. False: there was none. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        gone = hooks.remove(session, [hook_id])
        if gone:
            config.bump(session, actor, ["hook removed"])
            _write(runtime, session, tenant_id, "remove", hook_id, actor, auth, {})
    if gone:
        notice.hook_health(runtime, runtime.broker.ring, tenant_id, hook_id, Health())
    return bool(gone)


def resume(runtime: Runtime, tenant_id: UUID, hook_id: UUID, *, actor: str, auth: str = "") -> Shown:
    """Let a hook that was paused go on; what waits is sent. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        _found(session, hook_id)
        resumed = hooks.resume(session, hook_id)
        if resumed:
            _write(runtime, session, tenant_id, "resume", hook_id, actor, auth, {})
        shown = _shown(_found(session, hook_id))
    if resumed:
        notice.hook_health(runtime, runtime.broker.ring, tenant_id, hook_id, Health())
    runtime.broker.ring({(tenant_id, hook_id)})
    return shown


def try_out(runtime: Runtime, tenant_id: UUID, hook_id: UUID, *, actor: str, auth: str = "") -> Tried:
    """Send a `test` event now, past the outbox.

    Raises:
        NotFound: there is no such hook.
        NotPossible: it cannot be sent to.
        KeystoreDown, IntegrityFailure, DatabaseDown: its secrets cannot be opened.
    """
    with runtime.database.tenant(tenant_id) as session:
        _found(session, hook_id)
        _write(runtime, session, tenant_id, "test", hook_id, actor, auth, {})
        way = open_way(runtime, session, tenant_id, hook_id)
    if way is None:
        raise NotPossible("This version cannot use the hook's address or secret: change it.")
    event_id = uuid4()
    made = envelope(None, datetime.now(UTC), tenant_id=tenant_id, hook_id=hook_id, sequence=None)
    began = time.monotonic()
    (answer,) = runtime.kit.post_many([way.request(event_id, msgspec.json.encode(made))], DEADLINE)
    outcome = kit.outcome(answer)
    reason = Reason.DELIVERED if isinstance(outcome, Delivered) else outcome.reason
    took = round((time.monotonic() - began) * 1000, 1)
    words = in_a_phrase(reason.value)
    return Tried(event_id, isinstance(outcome, Delivered), reason.value, words, outcome.status, took)


def events(
    runtime: Runtime, tenant_id: UUID, hook_id: UUID, *, state: str | None, before: UUID | None, most: int
) -> list[Row]:
    """What a hook was told and is still to be told, the newest first. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        _found(session, hook_id)
        return hooks.events(session, hook_id, state=state, before=before, most=most)


def replay(
    runtime: Runtime,
    tenant_id: UUID,
    hook_id: UUID,
    *,
    since: datetime | None = None,
    event_id: UUID | None = None,
    actor: str,
    auth: str = "",
) -> int:
    """Tell an event again under its own id, or everything that died since then; how many that is.

    Raises:
        NotFound: there is no such hook, or no such event of it.
        DatabaseDown: nothing was changed.
    """
    with runtime.database.tenant(tenant_id) as session:
        _found(session, hook_id)
        count = hooks.replay(session, hook_id, since=since, event_id=event_id)
        if event_id is not None and not count:
            raise NotFound("There is no such event of this hook; `alertveil hooks events` lists them.")
        _write(runtime, session, tenant_id, "replay", hook_id, actor, auth, {"count": count})
    runtime.broker.ring({(tenant_id, hook_id)})
    return count


def usable(url: str | None, secret: str | None) -> None:
    """Look at an address and a secret before they are kept. Raises NotUsable."""
    try:
        if url is not None:
            egress.parse_url(url)
        if secret is not None:
            Way.to("https://receiver.example", [secret])
    except egress.Unsendable as error:
        raise NotUsable(str(error)) from None


def _found(session: Session, hook_id: UUID) -> Row:
    row = hooks.by_id(session, hook_id)
    if row is None:
        raise _none()
    return row


def _none() -> NotFound:
    return NotFound("There is no such hook in this tenant; `alertveil hooks list` shows them.")


def _taken() -> NotPossible:
    return NotPossible("There is a hook of this name already.")


def _write(
    runtime: Runtime,
    session: Session,
    tenant_id: UUID,
    what: str,
    hook_id: UUID,
    actor: str,
    auth: str,
    details: dict[str, JSON],
) -> None:
    event = Event(f"hook.{what}", actor, f"hook:{hook_id}", auth=auth, details=details)
    runtime.audit.write(session, tenant_id, event)


def _shown(row: Row, clock: Clock = UTC_CLOCK) -> Shown:
    state, why = _state(row, clock)
    last = "nothing sent yet"
    if row.last_reason == "delivered":
        last = "delivered"
    elif row.last_reason:
        last = f"failed: {in_a_phrase(row.last_reason)}"
    return Shown(
        hook_id=row.hook_id,
        name=row.name,
        url=row.url,
        events=tuple(row.events),
        enabled=row.enabled,
        state=state,
        why=why,
        waiting=row.waiting,
        delivered=row.delivered,
        dead=row.dead,
        counted=row.counted,
        last=last,
        last_ok_at=row.last_ok_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
        rotated_at=row.rotated_at,
    )


def _state(row: Row, clock: Clock) -> tuple[str, str]:
    if not row.enabled:
        return "disabled", "nothing is written for it"
    if row.paused is not None and row.probe_at is None:
        return "paused", f"stopped ({in_a_phrase(row.paused)}): mend it, then resume it"
    if row.paused is not None:
        return "paused", f"only fails ({in_a_phrase(row.paused)}); tried again at {clock.minute(row.probe_at, row.now)}"
    if row.failing_since is not None:
        return "failing", f"failing since {clock.minute(row.failing_since, row.now)}"
    return "ready", ""
