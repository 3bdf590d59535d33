"""The first five minutes of a tenant: what is there already, what comes next, and one made-up alert seen arriving.

Nothing of it is remembered apart: what is done is read from the configuration, so that it goes on wherever somebody
left it, in whatever order, by page or by file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from router.core.incident import short_id
from router.flow import hand, overview, routes
from router.flow.hand import By
from router.flow.intake import Intake, Post, SourcePaused, Unauthorized
from router.flow.manage import NotFound, NotPossible
from router.flow.overview import Told
from router.flow.routes import Entry
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.sources.registry import FORMATS
from router.store import config, listing

SAMPLE: Final = {
    "title": "Test alert: nothing is broken",
    "message": "The reminder to alex@example.test bounced. Whoever reads this: it is made up.",
    "severity": "info",
    "labels": {"service": "first-steps"},
}
"""What is sent from the page: nobody's data, and an address that has to become a token on its way."""

STATUSES: Final = ("open", "acknowledged", "investigating", "resolved")


@dataclass(frozen=True, slots=True)
class Arrived:
    """The newest incident, and what each channel was told of it."""

    incident_id: UUID
    short_id: str
    title: str
    source: str
    told: tuple[Told, ...]

    @property
    def through(self) -> bool:
        """Did every channel that it goes to get it."""
        return bool(self.told) and all(each.tone == "good" for each in self.told)


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a tenant is. `sources` and `channels` are (id, name); `led` are the channels that a route leads to.

    `reached`: a channel took a delivery, now or ever.
    """

    sources: tuple[tuple[UUID, str], ...]
    channels: tuple[tuple[UUID, str], ...]
    led: tuple[str, ...]
    arrived: Arrived | None
    reached: bool

    @property
    def done(self) -> tuple[bool, ...]:
        """Tenant and first user, source, channel, route, an alert that went all the way."""
        return (True, bool(self.sources), bool(self.channels), bool(self.led), self.reached)

    @property
    def next(self) -> int:
        """The number of the first step that is not done, from 1; 0: all are."""
        return next((number for number, each in enumerate(self.done, 1) if not each), 0)


def steps(runtime: Runtime, tenant_id: UUID) -> Steps:
    """How far the tenant is. Raises DatabaseDown."""
    with runtime.database.tenant(tenant_id) as session:
        sources = tuple((row.source_id, row.name) for row in config.sources(session))
        ways = listing.channels(session)
        channels = tuple((row.channel_id, row.name) for row in ways)
        names = {name for _, name in channels}
        led = dict.fromkeys(name for row in config.routes(session) for name in row.channels if name in names)
        rows = listing.incidents(session, statuses=STATUSES, severity=None, after=None, most=1)
        told = listing.strip(session, [row.incident_id for row in rows]) if rows else []
    arrived = None
    for row in rows:
        found = tuple(overview.told(each, each.now) for each in told)
        arrived = Arrived(row.incident_id, short_id(row.incident_id), row.title, row.source, found)
    return Steps(sources, channels, tuple(led), arrived, any(row.delivered for row in ways))


def lead(runtime: Runtime, tenant_id: UUID, channel: str, by: By) -> None:
    """Tell a channel of everything that no route takes yet: a last route without matchers.

    Raises:
        NotUsable: there is no such channel.
        Stale: somebody changes the routes at this moment.
        DatabaseDown, KeystoreDown: nothing was changed.
    """
    found = routes.every(runtime, tenant_id)
    if any(channel in each.channels for each in found.routes):
        return
    routes.add(runtime, tenant_id, Entry(channels=[channel]), len(found.routes), by, mark=found.mark)


def send(runtime: Runtime, tenant_id: UUID, source_id: UUID, by: By) -> UUID:
    """Take a made-up alert in at a source, as its tool's would be; the incident that it opened.

    Raises:
        NotFound: this tenant has no such source.
        NotPossible: the source does not take it; the text says why.
        DatabaseDown, KeystoreDown: nothing was sent.
    """
    with runtime.database.tenant(tenant_id) as session:
        tenant = hand.lock(session)
        row = next((each for each in config.sources(session) if each.source_id == source_id), None)
        if row is None:
            raise NotFound("There is no such source in this tenant.")
        runtime.audit.write(session, tenant_id, hand.event("source.test", by, f"source:{source_id}"))
    body = json.dumps({**SAMPLE, "alert_uid": f"first-steps-{uuid4().hex}"}).encode()
    post = Post("", body, tenant.slug, row.name, FORMATS["generic"], key_hash=bytes(row.key_hash))
    intake = Intake(runtime.database, runtime.vault, Snapshots(), runtime.broker.ring)
    (answer,) = intake.take([post])
    if isinstance(answer, SourcePaused):
        raise NotPossible("This source is paused: let it go on first.")
    if isinstance(answer, Unauthorized):
        raise NotPossible("This source takes only what its tool has signed: send a test from the tool itself.")
    if isinstance(answer, Exception) or not answer or answer[0].incident_id is None:
        raise NotPossible("The alert could not be taken in now: try again in a moment.")
    return answer[0].incident_id
