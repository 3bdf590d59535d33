"""What a machine reads of a tenant, a page at a time: rows and values, where `overview` has words for people.

Every page goes on after the key of the last line seen, never after a count, so nothing is skipped or told twice while
rows come in. A page is a fixed number of statements, however long it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from router.core.config import Retention
from router.core.incident import Incident
from router.flow import manage, overview
from router.runtime import Runtime
from router.store import api_tokens, config, incidents, listing, reviews, users
from router.store.session import Row

LIVE = ("open", "acknowledged", "investigating")


@dataclass(frozen=True, slots=True)
class Configured:
    """A tenant's configuration as it stands, without a secret."""

    tenant: Row
    sources: Sequence[Row]
    channels: Sequence[Row]
    routes: Sequence[Row]

    @property
    def retention(self) -> Retention:
        """How long things are kept."""
        return Retention(self.tenant.keep_values, self.tenant.keep_incidents)


def tenant(runtime: Runtime, tenant_id: UUID) -> Row:
    """The tenant's own row. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return config.tenant(session)


def configured(runtime: Runtime, tenant_id: UUID) -> Configured:
    """Everything that is configured, of one version. Raises DatabaseDown."""
    with runtime.database.several() as session:
        reviews.one_state(session)
        session.enter(tenant_id)
        return Configured(
            config.tenant(session), config.sources(session), config.channels(session), config.routes(session)
        )


def incident_page(
    runtime: Runtime, tenant_id: UUID, *, statuses: Sequence[str], severity: str | None, after: UUID | None, most: int
) -> list[Row]:
    """Incidents with one of these statuses, the newest first. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return listing.incidents(session, statuses=statuses, severity=severity, after=after, most=most)


def incident(runtime: Runtime, tenant_id: UUID, incident_id: UUID) -> tuple[Incident, str]:
    """One incident, and what its quiet timer says. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        found = incidents.by_id(session, incident_id)
        timer = listing.quiet(session, incident_id)
    if found is None or timer is None:
        raise _no_incident()
    return found, overview.quiet_words(
        timer.status, timer.quiet_after, timer.quiet_since, timer.now, paused=bool(timer.source_paused)
    )


def called(runtime: Runtime, tenant_id: UUID, short_id: str) -> list[Incident]:
    """The incidents that people call so, two at most: more than one means that the name does not say which."""
    with runtime.database.tenant(tenant_id) as session:
        ids = listing.by_short_id(session, short_id.lower().removeprefix("inc-"))
        found = [incidents.by_id(session, each) for each in ids]
    return [each for each in found if each is not None]


def timeline(runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, before: int | None, most: int) -> list[Row]:
    """What happened to an incident, the newest revision first. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        if incidents.by_id(session, incident_id) is None:
            raise _no_incident()
        return listing.timeline(session, incident_id, before=before, most=most)


def alerts(runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, before: UUID | None, most: int) -> list[Row]:
    """An incident's alerts as they are kept, tokenized, the newest first. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        if incidents.by_id(session, incident_id) is None:
            raise _no_incident()
        return listing.alerts_page(session, incident_id, before=before, most=most)


def notes(runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, before: UUID | None, most: int) -> list[Row]:
    """What people wrote to an incident, tokenized, the newest first. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        if incidents.by_id(session, incident_id) is None:
            raise _no_incident()
        return listing.notes_page(session, incident_id, before=before, most=most)


def delivery_page(
    runtime: Runtime,
    tenant_id: UUID,
    *,
    state: str | None,
    channel: str | None,
    after: listing.Place | None,
    most: int,
) -> tuple[list[Row], listing.Place | None]:
    """Deliveries, those of the newest incidents first, and the place behind which there may be more.

    Raises NotFound, DatabaseDown.
    """
    with runtime.database.tenant(tenant_id) as session:
        only = manage.channel_id(session, channel) if channel is not None else None
        return listing.deliveries(session, state=state, channel_id=only, after=after, most=most)


def told(
    runtime: Runtime, tenant_id: UUID, incident_id: UUID, *, after: tuple[int, str] | None, most: int
) -> list[tuple[Row, list[Row]]]:
    """Deliveries of an incident with their attempts, the newest revision first, then by channel.

    `after`: revision and channel's name of the last seen. Raises NotFound, DatabaseDown.
    """
    before, behind = after or (None, "")
    with runtime.database.tenant(tenant_id) as session:
        if incidents.by_id(session, incident_id) is None:
            raise _no_incident()
        rows = listing.deliveries_of(session, incident_id, before=before, behind=behind, most=most)
        attempts: dict[tuple[UUID, int], list[Row]] = {}
        for each in listing.attempts_of(session, incident_id, [(row.channel_id, row.revision) for row in rows]):
            attempts.setdefault((each.channel_id, each.revision), []).append(each)
    return [(row, attempts.get((row.channel_id, row.revision), [])) for row in rows]


def delivery(
    runtime: Runtime, tenant_id: UUID, incident_id: UUID, channel: str, revision: int
) -> tuple[Row, list[Row]]:
    """One delivery and its attempts in order. Raises NotFound, DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        row = manage.delivery(session, incident_id, channel, revision)
        return row, listing.attempts(session, incident_id, row.channel_id, revision)


def channel(runtime: Runtime, tenant_id: UUID, name: str) -> overview.Channel:
    """One channel and how it is doing. Raises NotFound, DatabaseDown."""
    found = overview.channels(runtime, tenant_id, name)
    for named in (lambda each: each.name, lambda each: str(each.channel_id)):
        for each in found:
            if named(each) == name:
                return each
    raise manage.NotFound("There is no such channel in this tenant; `GET /api/v1/channels` lists them.")


def people(runtime: Runtime, tenant_id: UUID) -> list[Row]:
    """The tenant's users by e-mail address. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return users.every(session)


def token_page(runtime: Runtime, tenant_id: UUID, *, before: tuple[datetime, UUID] | None, most: int) -> list[Row]:
    """API tokens, the newest first, without what they are made of. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        return api_tokens.page(session, before=before, most=most)


def _no_incident() -> manage.NotFound:
    return manage.NotFound("There is no such incident in this tenant; `GET /api/v1/incidents` lists them.")
