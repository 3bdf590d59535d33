"""A channel's life by hand: made, changed after seeing what that does, taken out of use; its history; who keeps it.

The file that `alertveil apply` takes and a person's hand write the same rows (`docs/decisions/0007`). A change is first
planned: what differs, which opt-ins it suspends, sealed as it was shown. What is saved is that and nothing else. A
credential goes in and never comes back; where it would be shown to another server, it is asked for again.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID, uuid4

import msgspec
import yaml

from channels.contract import ChannelConfig, Spec
from channels.registry import CHANNELS
from router.core import form
from router.core.access import Deed, may
from router.core.audit import JSON, Event
from router.core.config import ChannelConfigEntry
from router.core.form import Change
from router.core.routing import Route, parse_matcher
from router.flow import herald, optin
from router.flow.accounts import NotAllowed
from router.flow.apply import Stale, identity
from router.flow.herald import Word
from router.flow.manage import NotFound, NotPossible
from router.keys import IntegrityFailure, TenantKeys
from router.runtime import Runtime
from router.store import channels, config, optins
from router.store.session import Conflict, Row, Session
from router.vault import open_credentials, seal_credentials

MOST: Final = 200
"""Channels of a tenant that are made by hand."""

DRAFT_HOLDS: Final = timedelta(minutes=15)
"""How long a planned change may be saved as it was shown."""

_OWN_VENDOR: Final = frozenset({"slack", "pagerduty"})  # design §8: these default to themselves
_VARIABLE: Final = re.compile(r"[^A-Z0-9]+")


class Unfit(NotPossible):
    """Some fields are not right. `faults`: by field a sentence that says what to do, never what was typed."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(f"{name}: {said}" if name else said for name, said in self.faults.items()))


class InUse(NotPossible):
    """Routes lead there. The text says which."""


@dataclass(frozen=True, slots=True)
class By:
    """Who asks, and through what. `roles` are those that count here."""

    tenant_id: UUID
    actor: str
    roles: Collection[str]
    via: Literal["page", "api"]
    auth: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A channel as it should be. `settings` is the model's JSON; `secrets` those given now, the others stay.

    `forget`: credentials to take away, of those that a kind can do without.
    """

    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    forget: Collection[str] = ()


class Strays(NamedTuple):
    """An opt-in that a change suspends."""

    optin_id: UUID
    types: tuple[str, ...]
    ends_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do. `draft` is that change, sealed: `save` takes it and nothing else.

    `suspends`: opt-ins that end with it. `waits`: opt-ins that are asked for and no longer fit. `moves`: alerts go to
    another destination from then on.
    """

    channel_id: UUID
    name: str
    changes: tuple[Change, ...]
    suspends: tuple[Strays, ...]
    waits: int
    moves: bool
    draft: str = field(repr=False)


class Credential(NamedTuple):
    """One credential of a channel: is it there, since when, and whose hand that was ('' when nobody wrote it down)."""

    name: str
    title: str
    required: bool
    held: bool
    set_at: datetime | None
    set_by: str


class Entry(NamedTuple):
    """One line of a channel's history, the values as anybody may see them."""

    version: int
    at: datetime
    actor: str
    via: str
    what: str
    name: str
    reason: str
    changes: tuple[Change, ...]


class Keeper(NamedTuple):
    """What a configuration file has to do with a channel, and `entry`, how one says it.

    `state`: `none` was ever applied, one `keeps` it, or the next one `drops` it, because the last one did not name it.
    `changed`: by hand since.
    """

    state: Literal["none", "keeps", "drops"]
    filed_at: datetime | None
    filed_by: str
    changed: bool
    entry: str


@dataclass(frozen=True, slots=True)
class Set:
    """A channel as it is set. `values` are for the form of somebody who may change it, `told` for everybody."""

    channel_id: UUID
    revision: int
    name: str
    kind: str
    title: str
    vendor: str
    settings: Mapping[str, Any]
    values: Mapping[str, str]
    told: tuple[tuple[str, str], ...]
    credentials: tuple[Credential, ...]
    routes: tuple[tuple[int, Route], ...]
    keeper: Keeper


class _Draft(msgspec.Struct):
    """What is sealed between the look at a change and the word to save it."""

    channel_id: UUID
    revision: int
    actor: str
    until: datetime
    name: str
    settings: dict[str, Any]
    secrets: dict[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class _Worked:
    """A change worked out against the channel as it stands."""

    spec: Spec[Any]
    old: ChannelConfigEntry
    new: ChannelConfigEntry
    changes: tuple[Change, ...]

    @property
    def renamed(self) -> bool:
        return self.old.name != self.new.name

    @property
    def led(self) -> bool:
        """Something but the name differs, so it needs a new destination."""
        return (self.old.config, self.old.secrets) != (self.new.config, self.new.secrets)


# -- looking ------------------------------------------------------------------------------------------------------


def look(runtime: Runtime, tenant_id: UUID, channel_id: UUID) -> Set:
    """A channel as it is set, without its secrets. Raises NotFound, NotPossible, KeystoreDown, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = _row(session, channel_id)
        spec, settings = _known(row)
        held = runtime.vault.credentials(session, tenant_id, row.destination_id, bytes(row.secrets), row.key_version)
        set_by = channels.secrets_set(session, channel_id)
        routes = channels.routes_to(session, row.name)
        by_hand = channels.by_hand(session)
        filing = channels.filing(session)
    known = {each.name: each for each in form.fields(spec)}
    values = form.shown(spec, settings)
    return Set(
        channel_id=channel_id,
        revision=row.revision,
        name=row.name,
        kind=row.kind,
        title=spec.title,
        vendor=row.vendor,
        settings=msgspec.to_builtins(settings),
        values=values,
        told=tuple((known[name].title, form.veiled(known[name], text)) for name, text in values.items() if text),
        credentials=tuple(
            Credential(
                each.name,
                each.title,
                each.required,
                held=bool(held.get(each.name)),
                set_at=(set_by[each.name].at if each.name in set_by else row.pointed_at)
                if held.get(each.name)
                else None,
                set_by=set_by[each.name].actor if each.name in set_by and held.get(each.name) else "",
            )
            for each in known.values()
            if each.sort == "secret"
        ),
        routes=tuple(
            (
                each.position,
                Route(
                    tuple(map(parse_matcher, each.matchers)),
                    tuple(each.channels),
                    tuple(each.group_by) or None,
                    each.go_on,
                ),
            )
            for each in routes
        ),
        keeper=_keeper(row, filing, by_hand, _entry_of(spec, row.name, settings, held)),
    )


def history(
    runtime: Runtime, tenant_id: UUID, channel_id: UUID, *, before: int | None = None, most: int = 20
) -> list[Entry]:
    """A channel's changes, the newest first. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        rows = channels.history(session, channel_id, before=before, most=most)
    return [
        Entry(
            row.version, row.at, row.actor, row.via, row.what, row.name, row.reason,
            tuple(Change(*each) for each in row.fields),
        )
        for row in rows
    ]  # fmt: skip


def found(runtime: Runtime, tenant_id: UUID, text: str) -> UUID:
    """The id of the channel in use with this name or id. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return _named(session, text)


# -- changing -----------------------------------------------------------------------------------------------------


def create(runtime: Runtime, by: By, kind: str, wish: Wish) -> UUID:
    """Make a channel. It gets tokens, and nothing until a route leads to it.

    Raises:
        NotAllowed: recorded.
        Unfit: with every field that is not right; nothing was made.
        NotPossible: there are too many.
        DatabaseDown, KeystoreDown: nothing was made.
    """
    _allow(runtime, by, "configure", "channel.add")
    spec = CHANNELS.get(kind)
    if spec is None:
        raise Unfit({"kind": f"Choose one of {', '.join(CHANNELS)}."})
    entry = _entry(runtime, spec, wish, {}, None)
    channel_id, destination_id = uuid4(), uuid4()
    changes = tuple(form.changes(spec, None, (entry.config, entry.secrets)))
    with _naming(), runtime.database.tenant(by.tenant_id) as session:
        config.tenant(session, lock=True)
        if len(config.channels(session)) >= MOST:
            raise NotPossible(f"A tenant has at most {MOST} channels: take one out of use first.")
        keys = runtime.vault.newest_keys(session, by.tenant_id)
        config.add_channel(session, by.tenant_id, channel_id, entry.name, kind, entry.vendor)
        _point(session, by.tenant_id, channel_id, destination_id, keys, entry)
        version = config.bump(session, by.actor, [f"channel {entry.name}: added ({entry.kind}: {entry.shown})"])
        _tell(runtime, session, by, channel_id, "add", version, entry.name, changes)
    runtime.vault.adopt(keys)
    return channel_id


def plan(runtime: Runtime, by: By, channel_id: UUID, wish: Wish, revision: int | None = None) -> Plan:
    """What a change would do, and the change itself to `save`. Nothing is written.

    Raises:
        NotAllowed: recorded.
        NotFound, Unfit: see there.
        Stale: the channel is not of this revision any more.
        DatabaseDown, KeystoreDown: it could not be worked out.
    """
    _allow(runtime, by, "configure", "channel.change", channel_id)
    with runtime.database.tenant(by.tenant_id) as session:
        row = _row(session, channel_id)
        _fresh(row, revision)
        keys = runtime.vault.newest_keys(session, by.tenant_id)
        worked = _work(runtime, row, keys, wish)
        _free(session, row, worked.new.name)
        open_ones = _open_ones(session, channel_id)
    suspends = _strays(worked, open_ones)
    draft = _Draft(
        channel_id,
        row.revision,
        by.actor,
        datetime.now(UTC) + DRAFT_HOLDS,
        worked.new.name,
        msgspec.to_builtins(worked.new.config),
        dict(worked.new.secrets),
    )
    return Plan(
        channel_id,
        row.name,
        worked.changes,
        suspends,
        sum(each.state == "requested" and bool(_astray(worked, each)) for each in open_ones),
        moves=identity(worked.old) != identity(worked.new),
        draft=_seal(keys, draft),
    )


def save(runtime: Runtime, by: By, channel_id: UUID, draft: str) -> None:
    """Save a change exactly as it was planned and shown to this person.

    Raises:
        NotAllowed: recorded.
        NotFound: see there.
        Stale: the channel was changed since, or the plan is too old.
        NotPossible: this is no plan of this person for this channel.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    _allow(runtime, by, "configure", "channel.change", channel_id)
    with runtime.database.tenant(by.tenant_id) as session:
        keys = runtime.vault.newest_keys(session, by.tenant_id)
    opened = _unseal(keys, draft)
    if opened is None or (opened.channel_id, opened.actor) != (channel_id, by.actor):
        raise NotPossible("This is no change that was shown to you: open the form and change it there.")
    if opened.until < datetime.now(UTC):
        raise Stale("This change was shown too long ago: open the form and look at it again.")
    kept = {name: value for name, value in opened.secrets.items() if value}
    _change(runtime, by, channel_id, Wish(opened.name, opened.settings, kept, _without(kept)), opened.revision)


def change(runtime: Runtime, by: By, channel_id: UUID, wish: Wish, revision: int) -> None:
    """Change a channel that is of this revision, at once: for programs, which read it before. Raises as `plan`."""
    _allow(runtime, by, "configure", "channel.change", channel_id)
    _change(runtime, by, channel_id, wish, revision)


def remove(runtime: Runtime, by: By, channel_id: UUID, revision: int | None = None) -> None:
    """Take a channel out of use. What it told is still told its end; its opt-ins are suspended.

    Raises:
        NotAllowed: recorded.
        NotFound, Stale: see there.
        InUse: routes lead there.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    _allow(runtime, by, "configure", "channel.remove", channel_id)
    words: list[Word] = []
    with runtime.database.tenant(by.tenant_id) as session:
        config.tenant(session, lock=True)
        row = _row(session, channel_id)
        _fresh(row, revision)
        if routes := channels.routes_to(session, row.name):
            places = ", ".join(str(each.position + 1) for each in routes)
            which = f"Route {places} leads" if len(routes) == 1 else f"Routes {places} lead"
            raise InUse(f"{which} to this channel: let them lead elsewhere first, so that nobody goes untold.")
        for each in _open_ones(session, channel_id):
            if each.state in {"active", "expiring"}:
                _suspend(runtime, session, by, each, "the channel was taken out of use", words)
        config.retire_channel(session, channel_id)
        version = config.bump(session, by.actor, [f"channel {row.name}: taken out of use"])
        _tell(runtime, session, by, channel_id, "remove", version, row.name, ())
    herald.mail(runtime, by.tenant_id, words)


def _change(runtime: Runtime, by: By, channel_id: UUID, wish: Wish, revision: int) -> None:
    words: list[Word] = []
    with _naming(), runtime.database.tenant(by.tenant_id) as session:
        config.tenant(session, lock=True)
        row = _row(session, channel_id)
        _fresh(row, revision)
        keys = runtime.vault.newest_keys(session, by.tenant_id)
        worked = _work(runtime, row, keys, wish)
        if not worked.changes:
            return
        open_ones = _open_ones(session, channel_id)
        stray = {each.optin_id: each for each in _strays(worked, open_ones)}
        for each in open_ones:
            if each.optin_id in stray:
                _suspend(runtime, session, by, each, stray[each.optin_id].why, words)
        if worked.renamed:
            channels.rename(session, channel_id, row.name, worked.new.name)
        if worked.led:
            _point(session, by.tenant_id, channel_id, uuid4(), keys, worked.new)
        lines = [f"channel {worked.new.name}: {_line(each)}" for each in worked.changes]
        version = config.bump(session, by.actor, lines)
        _tell(
            runtime, session, by, channel_id, "change", version, worked.new.name, worked.changes, suspended=len(stray)
        )
    runtime.vault.adopt(keys)
    runtime.broker.ring({(by.tenant_id, channel_id)})
    herald.mail(runtime, by.tenant_id, words)


# -- its parts ----------------------------------------------------------------------------------------------------


def _allow(runtime: Runtime, by: By, deed: Deed, action: str, channel_id: UUID | None = None) -> None:
    if may(by.roles, deed):
        return
    where = f"channel:{channel_id}" if channel_id else f"tenant:{by.tenant_id}"
    with runtime.database.tenant(by.tenant_id) as session:
        event = Event(
            action, by.actor, where, "denied", f"no role that allows {deed}", auth=by.auth, request_id=by.request_id
        )
        runtime.audit.write(session, by.tenant_id, event)
    raise NotAllowed("Your roles do not allow this; the page of roles says whose do.")


def _row(session: Session, channel_id: UUID) -> Row:
    row = channels.by_id(session, channel_id)
    if row is None:
        raise NotFound("There is no such channel in this tenant; the list of channels shows them.")
    return row


def _named(session: Session, text: str) -> UUID:
    row = channels.by_name(session, text)
    if row is None:
        try:
            row = channels.by_id(session, UUID(text))
        except ValueError:
            row = None
    if row is None:
        raise NotFound("There is no such channel in this tenant; the list of channels shows them.")
    return row.channel_id  # type: ignore[no-any-return]  # rows are named tuples


def _known(row: Row) -> tuple[Spec[Any], ChannelConfig]:
    spec = CHANNELS.get(row.kind)
    if spec is None:
        raise NotPossible("This version does not know this kind of channel.")
    try:
        return spec, msgspec.convert(row.config, spec.config)
    except msgspec.ValidationError:
        raise NotPossible("This version cannot use the channel as it is configured; apply it again.") from None


def _fresh(row: Row, revision: int | None) -> None:
    if revision is not None and row.revision != revision:
        raise Stale("Somebody changed this channel since you looked at it: look again, and put your change into it.")


def _work(runtime: Runtime, row: Row, keys: TenantKeys, wish: Wish) -> _Worked:
    spec, settings = _known(row)
    held = open_credentials(keys, row.destination_id, bytes(row.secrets), row.key_version)
    old = ChannelConfigEntry(row.name, row.kind, row.vendor, settings, held, spec.describe(settings))
    new = _entry(runtime, spec, wish, held, settings)
    named = (Change("name", "Name", old.name, new.name),) if old.name != new.name else ()
    changes = (*named, *form.changes(spec, (settings, held), (new.config, new.secrets)))
    return _Worked(spec, old, new, changes)


def _entry(
    runtime: Runtime, spec: Spec[Any], wish: Wish, held: Mapping[str, str], was: ChannelConfig | None
) -> ChannelConfigEntry:
    """The channel as the file would say it, with every credential. Raises Unfit."""
    faults: dict[str, str] = {}
    if fault := form.name_fault(wish.name):
        faults["name"] = fault
    made = form.build(spec, wish.settings, faults)
    secrets = _secrets(spec, wish, held, (was, made), faults)
    if made is None or faults:
        raise Unfit(faults)
    try:
        spec.open(made, secrets, runtime.kit)
    except ValueError as error:
        raise Unfit({getattr(error, "field", ""): str(error)}) from None
    vendor = getattr(made, "vendor", None) or (spec.kind if spec.kind in _OWN_VENDOR else "")
    return ChannelConfigEntry(wish.name, spec.kind, vendor, made, secrets, spec.describe(made))


def _secrets(
    spec: Spec[Any],
    wish: Wish,
    held: Mapping[str, str],
    settings: tuple[ChannelConfig | None, ChannelConfig | None],
    faults: dict[str, str],
) -> dict[str, str]:
    """The credentials as they should be: those given, and those that stay. Says in `faults` which are missing."""
    was, now = settings
    moved = was is not None and now is not None and _server(spec, was) != _server(spec, now)
    result: dict[str, str] = {}
    for name in (*spec.secrets, *spec.optional_secrets):
        given = wish.secrets.get(name, "")
        if given:
            if len(given) > form.LONGEST_SECRET:
                faults[name] = f"Give at most {form.LONGEST_SECRET} characters."
            result[name] = given
        elif name in wish.forget and name in spec.optional_secrets:
            continue
        elif held.get(name):
            result[name] = held[name]
            if moved:
                faults[name] = "Type it again: another server would be shown it, and only who knows it may do that."
        elif name in spec.secrets:
            faults[name] = f"It is needed: {spec.asks[name].help}. It is kept sealed and never shown again."
    if unknown := wish.secrets.keys() - {*spec.secrets, *spec.optional_secrets}:
        del unknown
        known = ", ".join((*spec.secrets, *spec.optional_secrets))
        faults["secrets"] = f"There is a credential too many here; these are known: {known}."
    return result


def _server(spec: Spec[Any], settings: ChannelConfig) -> object:
    return settings if spec.server is None else spec.server(settings)


def _free(session: Session, row: Row, name: str) -> None:
    other = channels.by_name(session, name)
    if other is not None and other.channel_id != row.channel_id:
        raise _taken()


def _taken() -> Unfit:
    return Unfit({"name": "Another channel has this name: choose a different one."})


@contextmanager
def _naming() -> Iterator[None]:
    """A name that somebody else took meanwhile is a fault of the field like any other."""
    try:
        yield
    except Conflict as conflict:
        if conflict.constraint == "channels_name":
            raise _taken() from None
        raise


def _point(
    session: Session,
    tenant_id: UUID,
    channel_id: UUID,
    destination_id: UUID,
    keys: TenantKeys,
    entry: ChannelConfigEntry,
) -> None:
    config.point(
        session,
        tenant_id,
        channel_id,
        destination_id,
        kind=entry.kind,
        vendor=entry.vendor,
        config=msgspec.json.encode(entry.config),
        secrets=seal_credentials(keys, destination_id, dict(entry.secrets)),
        key_version=keys.data_version,
        identity=identity(entry),
        keep_pause=True,
    )


def _open_ones(session: Session, channel_id: UUID) -> list[Row]:
    return [row for row in optins.open_ones(session) if row.channel_id == channel_id]


def _astray(worked: _Worked, row: Row) -> str:
    """Why an opt-in does not fit the changed channel; '' when it does."""
    if worked.old.vendor != worked.new.vendor:
        return "the channel's vendor was changed"
    return "the channel's destination was changed" if bytes(row.identity) != identity(worked.new) else ""


def _strays(worked: _Worked, open_ones: Sequence[Row]) -> tuple[Strays, ...]:
    return tuple(
        Strays(row.optin_id, tuple(row.types), row.ends_at, why)
        for row in open_ones
        if row.state in {"active", "expiring"} and (why := _astray(worked, row))
    )


def _suspend(runtime: Runtime, session: Session, by: By, row: Row, why: str, words: list[Word]) -> None:
    """In the name of whoever changed the channel; the database would do it too, and could not say who."""
    optin.end_in(
        runtime,
        session,
        by.tenant_id,
        row.optin_id,
        "suspended",
        why=why,
        actor=by.actor,
        auth=by.auth,
        request_id=by.request_id,
        words=words,
    )


def _tell(  # noqa: PLR0913 - one a fact of the record
    runtime: Runtime,
    session: Session,
    by: By,
    channel_id: UUID,
    what: str,
    version: int,
    name: str,
    changes: Sequence[Change],
    *,
    suspended: int = 0,
) -> None:
    """Into the history and the audit; the audit names fields and holds no value."""
    channels.record(
        session,
        by.tenant_id,
        channel_id,
        version=version,
        actor=by.actor,
        via=by.via,
        what=what,
        name=name,
        fields=changes,
    )
    details: dict[str, JSON] = {
        "channel": str(channel_id),
        "version": version,
        "via": by.via,
        "fields": [each.field for each in changes],
        "suspended": suspended,
    }
    event = Event(
        f"channel.{what}",
        by.actor,
        f"channel:{channel_id}",
        auth=by.auth,
        request_id=by.request_id,
        details=details,
    )
    runtime.audit.write(session, by.tenant_id, event)


def _line(change: Change) -> str:
    """A change as the tenant's history of versions says it."""
    if change.secret:
        return f"{change.field} {change.now}"
    return f"{change.field} {change.was or 'none'} → {change.now or 'none'}"


def _without(kept: Mapping[str, str]) -> frozenset[str]:
    """Every optional credential that is not among these."""
    every = {name for spec in CHANNELS.values() for name in spec.optional_secrets}
    return frozenset(every - kept.keys())


# -- the sealed plan ----------------------------------------------------------------------------------------------


def _seal(keys: TenantKeys, draft: _Draft) -> str:
    """The change as one text that only this tenant's keys open: a page carries it and cannot read or change it."""
    mark = uuid4()
    sealed = seal_credentials(keys, mark, {"draft": msgspec.json.encode(draft).decode()})
    head = mark.bytes + keys.data_version.to_bytes(4, "big")
    return base64.urlsafe_b64encode(head + sealed).decode()


def _unseal(keys: TenantKeys, text: str) -> _Draft | None:
    try:
        whole = base64.urlsafe_b64decode(text)
        mark, version = UUID(bytes=whole[:16]), int.from_bytes(whole[16:20], "big")
        opened = open_credentials(keys, mark, whole[20:], version)
        return msgspec.json.decode(opened["draft"], type=_Draft)
    except (binascii.Error, ValueError, KeyError, LookupError, IntegrityFailure, msgspec.DecodeError):
        return None


# -- who keeps it -------------------------------------------------------------------------------------------------


def _keeper(row: Row, filing: Row | None, by_hand: Mapping[str, Row], entry: str) -> Keeper:
    if filing is None or filing.filed_at is None:
        return Keeper("none", None, "", changed=False, entry="")
    state: Literal["keeps", "drops"] = "keeps" if row.filed_at == filing.filed_at else "drops"
    return Keeper(state, filing.filed_at, filing.filed_by or "", row.name in by_hand, entry)


def _entry_of(spec: Spec[Any], name: str, settings: ChannelConfig, held: Mapping[str, str]) -> str:
    """The channel as a configuration file says it; where its secrets are is for whoever keeps the file to say."""
    found: dict[str, Any] = {"name": name, "kind": spec.kind}
    values = form.shown(spec, settings)
    for each in form.fields(spec):
        if each.sort == "secret":
            if not held.get(each.name):
                continue
            variable = _VARIABLE.sub("_", f"{name}_{each.name}".upper())
            *above, last = each.name.split("_", 1) if each.group else [each.name]
            _put(found, above, f"{last}_env", variable)
        elif each.required or values[each.name] != each.default:
            *above, last = each.name.split(".")
            text = values[each.name]
            value: Any = text.splitlines() if each.sort == "lines" else int(text) if each.sort == "number" else text
            _put(found, above, last, value == form.ON if each.sort == "tick" else value)
    return yaml.safe_dump([found], sort_keys=False, allow_unicode=True)


def _put(place: dict[str, Any], above: Sequence[str], last: str, value: object) -> None:
    for name in above:
        place = place.setdefault(name, {})
    place[last] = value
