"""Routes by hand: one ordered list, changed as a whole, so that nobody changes a list they have not seen.

A route's place decides what it does. So every change names the list that it was made on (`Listed.mark`), and is refused
when that is not the list any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from channels.contract import Severity
from router.core import routing
from router.core.config import TenantConfig, route_text
from router.core.routing import Look, Route, parse_matcher
from router.flow import hand, snapshot
from router.flow.apply import Stale
from router.flow.hand import By
from router.flow.manage import NotFound, NotUsable
from router.runtime import Runtime
from router.store import config
from router.store.session import Session

MOST = 200
"""Routes of a tenant that are made by hand: each is tried on every alert."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A route as somebody types it: matchers and labels as text, `goes_on` for `continue: true`."""

    matchers: Sequence[str] = ()
    channels: Sequence[str] = ()
    group_by: Sequence[str] = ()
    goes_on: bool = False

    def in_file(self) -> dict[str, Any]:
        """How a configuration file says it."""
        found: dict[str, Any] = {}
        if self.matchers:
            found["match"] = list(self.matchers)
        found["channels"] = list(self.channels)
        if self.group_by:
            found["group_by"] = list(self.group_by)
        if self.goes_on:
            found["continue"] = True
        return found


@dataclass(frozen=True, slots=True)
class Listed:
    """The routes in order, each in words as well, the channels they may lead to, and `mark`, which names this list.

    `warnings`: what will surprise somebody, as `apply` says it.
    """

    routes: tuple[Entry, ...]
    words: tuple[str, ...]
    channels: tuple[str, ...]
    mark: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """Where an alert with these labels would go. `group`: the labels of its group key; None: its source's own key.

    `silence`: what keeps the channels quiet about it now, '' for nothing.
    """

    facts: Mapping[str, str]
    looks: tuple[Look, ...]
    group: tuple[tuple[str, str], ...] | None
    channels: tuple[str, ...]
    silence: str


def every(runtime: Runtime, tenant_id: UUID) -> Listed:
    """The tenant's routes. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        entries = _entries(session)
        names = _channels(session)
    warnings: tuple[str, ...] = ()
    try:
        _, warnings = hand.read({"routes": [each.in_file() for each in entries]}, names=names)
    except NotUsable as error:
        warnings = (str(error),)
    return Listed(entries, tuple(map(_words, entries)), tuple(names), _mark(entries), warnings)


def put(
    runtime: Runtime, tenant_id: UUID, wanted: Sequence[Entry], by: By, *, mark: str | None, version: int | None = None
) -> bool:
    """Make the routes these, in this order; True when that changed them.

    `mark` names the list that it was made on, or `version` the configuration that was read; None: whatever there is.

    Raises:
        Stale: the list is another by now.
        NotUsable: with everything that is not right.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    if len(wanted) > MOST:
        raise NotUsable(f"A tenant has at most {MOST} routes.")
    with runtime.database.tenant(tenant_id) as session:
        tenant = hand.lock(session)
        entries, names = _entries(session), _channels(session)
        if mark not in {None, _mark(entries)} or version not in {None, tenant.config_version}:
            raise Stale("Somebody changed the routes meanwhile: look at the list as it is now, then change it.")
        read, _ = hand.read({"routes": [each.in_file() for each in wanted]}, names=names)
        config.put_routes(
            session,
            tenant_id,
            [
                (list(map(str, route.matchers)), list(route.channels), list(route.group_by or ()), route.go_on)
                for route in read.routes
            ],
        )
        old, new = _only(tuple(map(_route, entries))), _only(read.routes)
        return hand.record(runtime, session, tenant, old, new, by, "routes.change", f"tenant:{tenant_id}")


def add(runtime: Runtime, tenant_id: UUID, entry: Entry, at: int, by: By, *, mark: str) -> None:
    """Put a route at a place, 0 being the first. Raises as `put`."""
    found = list(every(runtime, tenant_id).routes)
    found.insert(max(0, min(at, len(found))), entry)
    put(runtime, tenant_id, found, by, mark=mark)


def change(runtime: Runtime, tenant_id: UUID, entry: Entry, at: int, by: By, *, mark: str) -> None:
    """Replace the route at a place. Raises as `put`, and NotFound."""
    found = list(every(runtime, tenant_id).routes)
    found[_place(found, at)] = entry
    put(runtime, tenant_id, found, by, mark=mark)


def move(runtime: Runtime, tenant_id: UUID, at: int, by: By, *, up: bool, mark: str) -> None:
    """Let a route and its neighbour change places; the first cannot go up. Raises as `put`, and NotFound."""
    found = list(every(runtime, tenant_id).routes)
    here = _place(found, at)
    there = here - 1 if up else here + 1
    if 0 <= there < len(found):
        found[here], found[there] = found[there], found[here]
    put(runtime, tenant_id, found, by, mark=mark)


def remove(runtime: Runtime, tenant_id: UUID, at: int, by: By, *, mark: str) -> None:
    """Take a route out. Raises as `put`, and NotFound."""
    found = list(every(runtime, tenant_id).routes)
    del found[_place(found, at)]
    put(runtime, tenant_id, found, by, mark=mark)


def try_out(runtime: Runtime, tenant_id: UUID, labels: Mapping[str, str], severity: Severity, source: str) -> Tried:
    """Where an alert with these (tokenized) labels would go, and why. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        held = snapshot.load(session)
    if held is None:
        raise NotFound("There is no such tenant.")
    return trace(held.table, routing.facts(labels, severity, source), datetime.now(UTC))


def trace(table: routing.Table, facts: Mapping[str, str], now: datetime) -> Tried:
    """The same by a table at hand."""
    found = routing.matching(table, facts)
    quiet = routing.silencing(table, facts, now)
    names = dict.fromkeys(name for route in found for name in route.channels if name in table.targets)
    return Tried(
        dict(facts),
        tuple(routing.explain(table, facts)),
        routing.group_fields(table, facts),
        tuple(names),
        f"{quiet.short_id}: {quiet.reason}" if quiet else "",
    )


def _entries(session: Session) -> tuple[Entry, ...]:
    return tuple(
        Entry(tuple(row.matchers), tuple(row.channels), tuple(row.group_by), row.go_on)
        for row in config.routes(session)
    )


def _channels(session: Session) -> list[str]:
    return [row.name for row in config.channels(session)]


def _route(entry: Entry) -> Route:
    return Route(
        tuple(parse_matcher(text) for text in entry.matchers),
        tuple(entry.channels),
        tuple(entry.group_by) or None,
        entry.goes_on,
    )


def _words(entry: Entry) -> str:
    return route_text(_route(entry))


def _mark(entries: Sequence[Entry]) -> str:
    return hashlib.sha256(repr([each.in_file() for each in entries]).encode()).hexdigest()[:16]


def _only(routes: tuple[Route, ...]) -> TenantConfig:
    return TenantConfig("", "", "strict", (), (), routes, (), ())


def _place(found: Sequence[Entry], at: int) -> int:
    if not 0 <= at < len(found):
        raise NotFound("There is no such route: look at the list as it is now.")
    return at
