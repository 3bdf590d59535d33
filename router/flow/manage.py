"""People mend things: channels are tested, paused and resumed, deliveries sent again, users added, the switch thrown.

Every change leaves a line in the tenant's history of changes, with who made it.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import msgspec

from channels.contract import Delivered, Message, Outcome, Reason
from channels.registry import CHANNELS
from router.core import render
from router.core.access import ROLES
from router.core.audit import INSTANCE, JSON, Event, moment
from router.core.retry import Health
from router.flow.snapshot import Snapshots, load
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.store import channels, config, incidents, listing, users
from router.store.session import Row, Session

_EMAIL: Final = re.compile(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]{1,255}")


class NotFound(Exception):  # noqa: N818 - the answer
    """There is no such thing in this tenant. The text says what is meant and how to find it."""


class NotPossible(Exception):  # noqa: N818 - the answer
    """It is there, and cannot be done with it. The text says why."""


class NotUsable(NotPossible):
    """What was given is no role, no address or the like. The text says what one is."""


class Tenant(NamedTuple):
    """A tenant as the operator of the installation sees it."""

    id: UUID
    slug: str
    name: str
    privacy: str
    kill_switch: bool
    version: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test message."""

    key: str
    outcome: Outcome
    latency_ms: float

    @property
    def delivered(self) -> bool:
        """Did the destination take it."""
        return isinstance(self.outcome, Delivered)

    @property
    def reason(self) -> str:
        """Why it ended as it did, as rows and metrics name it."""
        return Reason.DELIVERED.value if isinstance(self.outcome, Delivered) else self.outcome.reason.value


def tenants(runtime: Runtime) -> list[Tenant]:
    """Every tenant, entered in turn. Raises DatabaseDown."""
    found = []
    with runtime.database.several() as session:
        for tenant_id in config.tenant_ids(session):
            session.enter(tenant_id)
            row = config.tenant(session)
            if row is not None:
                found.append(Tenant(tenant_id, row.slug, row.name, row.privacy, row.kill_switch, row.config_version))
    return found


def add_user(runtime: Runtime, tenant_id: UUID, email: str, roles: Sequence[str], actor: str, auth: str = "") -> UUID:
    """Add a user with these roles; one who is there gets these instead.

    Raises:
        NotUsable: the address or a role cannot be used.
        NotPossible: it is the break-glass account.
        DatabaseDown: nothing was changed.
    """
    address = usable_address(email)
    if not roles or set(roles) - set(ROLES):
        raise NotUsable(f"Roles are {', '.join(ROLES)}; one at least.")
    named = [role for role in ROLES if role in roles]
    with runtime.database.tenant(tenant_id) as session:
        before = users.by_email(session, address)
        if before is not None and before.disabled_at is None and list(before.roles) == named:
            return before.user_id  # type: ignore[no-any-return]  # rows are named tuples
        if before is not None and before.kind != "person":
            raise NotPossible("This is the break-glass account: `alertveil users break-glass` looks after it.")
        user_id = users.put(session, tenant_id, uuid4(), address, named)
        config.bump(session, actor, [f"user {address}: {', '.join(named)}"])
        details = {"roles": named, "roles_before": list(before.roles) if before else []}
        action = "user.roles" if before else "user.add"
        runtime.audit.write(session, tenant_id, Event(action, actor, f"user:{user_id}", auth=auth, details=details))
    return user_id


def usable_address(email: str) -> str:
    """The e-mail address as it is kept. Raises NotUsable."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise NotUsable("The e-mail address has no usable shape.")
    return address


def switches(runtime: Runtime, tenant_id: UUID) -> tuple[bool, bool]:
    """(the tenant's kill switch, the installation's): is it on. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        tenant = config.tenant(session)
        everywhere = config.kill_switch(session)
    return bool(tenant and tenant.kill_switch), everywhere or runtime.kill_switch


def switch(runtime: Runtime, tenant_id: UUID | None, *, on: bool, actor: str, auth: str = "") -> bool:
    """Throw the kill switch of a tenant, or of the installation when `tenant_id` is None; True when that changed it.

    Every tenant it concerns gets a line in its history, a new version and an audit event; the installation's chain has
    one too when the switch is its own. Raises DatabaseDown, KeystoreDown.
    """
    word = "on" if on else "off"
    whose = "the installation's" if tenant_id is None else "the"
    with runtime.database.several() as session:
        if tenant_id is None:
            changed = config.set_kill_switch(session, on=on, everywhere=True)
            concerned = config.tenant_ids(session)
        else:
            session.enter(tenant_id)
            changed = config.set_kill_switch(session, on=on, everywhere=False)
            concerned = [tenant_id]
        for each in concerned if changed else ():
            session.enter(each)
            config.bump(session, actor, [f"{whose} kill switch: {word}"])
            where = "installation" if tenant_id is None else f"tenant:{tenant_id}"
            runtime.audit.write(session, each, Event(f"kill_switch.{word}", actor, where, auth=auth))
        if changed and tenant_id is None:
            session.enter(INSTANCE)
            runtime.audit.write(session, INSTANCE, Event(f"kill_switch.{word}", actor, "installation", auth=auth))
    return changed


def pause(runtime: Runtime, tenant_id: UUID, name: str, reason: str, actor: str) -> UUID:
    """Pause a channel; what is due waits. The reason is tokenized before it is kept.

    Raises:
        NotFound: there is no such channel.
        DatabaseDown: nothing was changed.
    """
    from router.privacy.said import said  # noqa: PLC0415 - the tokenizer, which other commands start without

    with runtime.database.tenant(tenant_id) as session:
        row = _channel(session, name)
        snapshot = load(session)
        why = (said(reason, snapshot.rules) if snapshot else "") or "no reason given"
        if config.pause_channel(session, row.channel_id, why):
            version = config.bump(session, actor, [f"channel {row.name}: paused"])
            _remember(session, tenant_id, row, version, actor, "pause", why)
            runtime.audit.write(session, tenant_id, _on_channel("channel.pause", actor, row.channel_id, why))
    return row.channel_id  # type: ignore[no-any-return]  # rows are named tuples


def resume(runtime: Runtime, tenant_id: UUID, name: str, actor: str) -> UUID:
    """Let a channel go on, whoever or whatever paused it; what waits is sent, and what told of the pause is over.

    Raises:
        NotFound: there is no such channel.
        DatabaseDown: nothing was changed, or all of it was but that what told of the pause still says so.
    """
    from router.flow import notice  # noqa: PLC0415 - as in pause

    with runtime.database.tenant(tenant_id) as session:
        row = _channel(session, name)
        if config.pause_channel(session, row.channel_id, None) or row.paused is not None:
            version = config.bump(session, actor, [f"channel {row.name}: resumed"])
            _remember(session, tenant_id, row, version, actor, "resume")
            runtime.audit.write(session, tenant_id, _on_channel("channel.resume", actor, row.channel_id))
    if row.paused is not None:
        with contextlib.suppress(KeystoreDown):  # then that is left to end by itself
            notice.channel_health(runtime, Snapshots(), runtime.broker.ring, tenant_id, row.channel_id, Health())
    runtime.broker.ring({(tenant_id, row.channel_id)})
    return row.channel_id  # type: ignore[no-any-return]  # rows are named tuples


def test(runtime: Runtime, tenant_id: UUID, name: str, actor: str) -> Tried:
    """Send a made-up message through the channel's own way, now, past its queue and pause.

    Raises:
        NotFound: there is no such channel.
        NotPossible: its configuration cannot be used.
        KeystoreDown, IntegrityFailure, DatabaseDown: its credentials cannot be opened.
    """
    from router.flow.ways import Ways  # noqa: PLC0415 - every kind of channel, which other commands start without

    with runtime.database.tenant(tenant_id) as session:
        row = _channel(session, name)
        slug = _slug(session)
        runtime.audit.write(session, tenant_id, _on_channel("channel.test", actor, row.channel_id))
    way = Ways(runtime).to(tenant_id, row.destination_id)
    if way is None:
        raise NotPossible("This version cannot use the channel as it is configured; apply its configuration again.")
    message = _sample(runtime, slug, name)
    began = time.monotonic()
    outcome = way.sender.send([message])[0]
    return Tried(message.key, outcome, (time.monotonic() - began) * 1000)


def preview(runtime: Runtime, tenant_id: UUID, name: str, incident_id: UUID | None) -> Any:  # noqa: ANN401 - JSON
    """The payload that this channel's vendor would get of an incident (or of a made-up message), tokens only.

    Raises:
        NotFound: there is no such channel or incident.
        NotPossible: the channel's configuration cannot be used.
    """
    with runtime.database.tenant(tenant_id) as session:
        row = _channel(session, name)
        slug = _slug(session)
        incident = incidents.by_id(session, incident_id) if incident_id else None
        newest = listing.events(session, incident_id)[:1] if incident_id else []
        timer = listing.quiet(session, incident_id) if incident_id else None
    if incident_id is not None and incident is None:
        raise NotFound("There is no such incident in this tenant.")
    spec = CHANNELS.get(row.kind)
    if spec is None:
        raise NotPossible("This version does not know this kind of channel.")
    message = _sample(runtime, slug, name)
    if incident is not None:
        message = render.message(
            incident,
            kind="resolve" if incident.status == "resolved" else "trigger",
            key=f"{incident.incident_id.hex}-{row.channel_id.hex[:8]}-{incident.revision}",
            why=newest[0].why if newest else "",
            mode="tokens",
            tenant=slug,
            url=f"{runtime.public_url}/incidents/{incident.incident_id}" if runtime.public_url else "",
            refs={},
            repeat=False,
            with_trigger=False,
            quiet_after=timer.quiet_after if timer else None,
        )
    try:
        return spec.preview(msgspec.convert(row.config, spec.config), message)
    except msgspec.ValidationError:
        raise NotPossible("This version cannot use the channel as it is configured; apply it again.") from None


def channel_id(session: Session, name: str) -> UUID:
    """The id of the channel in use with this name; `session` entered the tenant. Raises NotFound."""
    return _channel(session, name).channel_id  # type: ignore[no-any-return]  # rows are named tuples


def delivery(session: Session, incident_id: UUID, name: str, revision: int) -> Row:
    """A delivery by the parts of its id; `session` entered the tenant. Raises NotFound."""
    for each in listing.channel_ids(session, name):
        row = listing.delivery(session, incident_id, each, revision)
        if row is not None:
            return row
    raise NotFound("There is no such delivery in this tenant; `alertveil deliveries list` shows them.")


def retry(runtime: Runtime, tenant_id: UUID, incident_id: UUID, name: str, revision: int, actor: str) -> Row:
    """Make a dead or pending delivery due now, on a fresh schedule; returns it as it was.

    Raises:
        NotFound: there is no such delivery.
        NotPossible: it has been delivered, or a newer revision followed it.
    """
    with runtime.database.tenant(tenant_id) as session:
        row = delivery(session, incident_id, name, revision)
        if not listing.retry(session, incident_id, row.channel_id, revision):
            if row.state in {"dead", "pending"}:
                raise NotPossible("A newer revision of the incident followed on this channel; retry that one.")
            raise NotPossible(f"It is {row.state}: only what is dead or pending can be retried.")
        details: dict[str, JSON] = {"channel": str(row.channel_id), "revision": revision}
        event = Event("delivery.retry", actor, f"incident:{incident_id}", details=details)
        runtime.audit.write(session, tenant_id, event)
    runtime.broker.ring({(tenant_id, row.channel_id)})
    return row


def recover(runtime: Runtime, tenant_id: UUID, since: datetime, name: str | None, actor: str) -> int:
    """Make everything due again that died since then; returns how much that is. Raises NotFound."""
    with runtime.database.tenant(tenant_id) as session:
        only = channel_id(session, name) if name is not None else None
        lanes = listing.recover(session, since, only)
        details: dict[str, JSON] = {"since": moment(since), "count": len(lanes)}
        if only is not None:
            details["channel"] = str(only)
        event = Event("delivery.recover", actor, f"tenant:{tenant_id}", details=details)
        runtime.audit.write(session, tenant_id, event)
    runtime.broker.ring({(tenant_id, each) for each in lanes})
    return len(lanes)


def _on_channel(action: str, actor: str, channel_id: UUID, reason: str = "") -> Event:
    return Event(action, actor, f"channel:{channel_id}", reason=reason, details={"channel": str(channel_id)})


def _remember(
    session: Session, tenant_id: UUID, row: Row, version: int, actor: str, what: str, reason: str = ""
) -> None:
    """Into the channel's own history; who acts through the host or a token says so by their name."""
    host = actor.startswith("host:") or " through host:" in actor
    via = "command" if host else "api" if actor.startswith("token:") else "page"
    channels.record(
        session,
        tenant_id,
        row.channel_id,
        version=version,
        actor=actor,
        via=via,
        what=what,
        name=row.name,
        reason=reason,
    )


def _channel(session: Session, name: str) -> Row:
    """The channel in use with this name, else the one with this id."""
    rows = listing.channels(session)
    for row in rows:
        if row.name == name:
            return row
    for row in rows:
        if str(row.channel_id) == name.lower():
            return row
    raise NotFound("There is no such channel in this tenant; `alertveil channels list` shows them.")


def _slug(session: Session) -> str:
    row = config.tenant(session)
    return str(row.slug) if row else ""


def _sample(runtime: Runtime, slug: str, name: str) -> Message:
    made_up = uuid4()
    return render.test(
        incident_id=made_up,
        key=f"test-{made_up.hex}",
        tenant=slug,
        channel=name,
        url=runtime.public_url,
        now=datetime.now(UTC),
    )
