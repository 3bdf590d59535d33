"""The operations that read: each asks one flow and says its rows in the API's own shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from router.core.access import RULES, may, steps_up
from router.core.incident import short_id
from router.core.quarter import Quarter
from router.flow import audit, baa, disclosures, optin, overview, reading, review, status
from router.reports.review import plain
from router.web.api import examples, problem, shapes
from router.web.api.operation import Call, Operation, Page, Paging, after, cursor, cut, is_uuid, of, place

STATUSES: Final = {"live": reading.LIVE, "all": (*reading.LIVE, "resolved")}


def _tenant(row: Any) -> shapes.Tenant:  # noqa: ANN401 - a row
    return of(shapes.Tenant, row, id=row.tenant_id, version=row.config_version)


def tenant(call: Call) -> shapes.Tenant:
    """The token's tenant."""
    return _tenant(reading.tenant(call.runtime, call.tenant_id))


def me(call: Call) -> shapes.Me:
    """The token itself."""
    deeds: list[str] = [deed for deed in RULES if may(call.caller.roles, deed) and not steps_up(deed)]
    return of(shapes.Me, call.caller, id=call.caller.token_id, deeds=deeds, tenant=tenant(call))


def health(call: Call) -> shapes.Health:
    """How the installation is doing."""
    return shapes.Health(**status.ready(call.runtime).as_json())


def incidents(call: Call) -> Page[shapes.IncidentLine]:
    """Incidents, the newest first."""
    last = place(call.query.cursor, UUID)
    if call.query.short_id is not None:
        return Page([_line(each) for each in reading.called(call.runtime, call.tenant_id, call.query.short_id)], None)
    found = reading.incident_page(
        call.runtime,
        call.tenant_id,
        statuses=STATUSES.get(call.query.status, (call.query.status,)),
        severity=call.query.severity,
        after=last[0] if last else call.query.after,
        most=call.query.limit + 1,
    )
    return cut(found, call.query.limit, _line, lambda row: (row.incident_id,))


def _line(row: Any) -> shapes.IncidentLine:  # noqa: ANN401 - a row or an incident
    return of(shapes.IncidentLine, row, id=row.incident_id, short_id=short_id(row.incident_id), alerts=row.count)


def incident(call: Call) -> shapes.Incident:
    """One incident."""
    one, quiet = reading.incident(call.runtime, call.tenant_id, call.path["incident"])
    return of(
        shapes.Incident,
        one,
        id=one.incident_id,
        alerts=one.count,
        labels=dict(one.labels),
        links=[shapes.Pair(text, url) for text, url in one.links],
        fields=[shapes.Pair(name, value) for name, value in one.fields],
        quiet=quiet,
    )


def timeline(call: Call) -> Page[shapes.Event]:
    """What happened to an incident."""
    last = place(call.query.cursor, int)
    found = reading.timeline(
        call.runtime,
        call.tenant_id,
        call.path["incident"],
        before=last[0] if last else None,
        most=call.query.limit + 1,
    )
    return cut(
        found,
        call.query.limit,
        lambda row: of(shapes.Event, row, untold=row.hush),
        lambda row: (row.revision,),
    )


def alerts(call: Call) -> Page[shapes.Alert]:
    """The alerts of an incident."""
    last = place(call.query.cursor, UUID)
    found = reading.alerts(
        call.runtime,
        call.tenant_id,
        call.path["incident"],
        before=last[0] if last else None,
        most=call.query.limit + 1,
    )
    return cut(
        found,
        call.query.limit,
        lambda row: of(shapes.Alert, row, id=row.alert_id, tokens=list(row.tokens)),
        lambda row: (row.alert_id,),
    )


def notes(call: Call) -> Page[shapes.Note]:
    """What people wrote to an incident."""
    last = place(call.query.cursor, UUID)
    found = reading.notes(
        call.runtime,
        call.tenant_id,
        call.path["incident"],
        before=last[0] if last else None,
        most=call.query.limit + 1,
    )
    return cut(
        found,
        call.query.limit,
        lambda row: of(shapes.Note, row, id=row.note_id),
        lambda row: (row.note_id,),
    )


def delivery_id(row: Any) -> str:  # noqa: ANN401 - a row
    """How a delivery is named, here and on the command line."""
    return f"{row.incident_id}/{row.channel}/{row.revision}"


def _delivery(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    """What a delivery's row does not say by itself."""
    return {
        "id": delivery_id(row),
        "words": overview.told(row, row.now).words,
        "next_attempt_at": row.next_attempt_at if row.state == "pending" else None,
    }


def incident_deliveries(call: Call) -> Page[shapes.Delivery]:
    """What every channel was told of an incident, with the attempts."""
    last = place(call.query.cursor, _revision, str)
    found = reading.told(
        call.runtime,
        call.tenant_id,
        call.path["incident"],
        after=(last[0], last[1]) if last else None,
        most=call.query.limit + 1,
    )
    return cut(
        found,
        call.query.limit,
        lambda each: of(
            shapes.Delivery, each[0], **_delivery(each[0]), history=[of(shapes.Attempt, row) for row in each[1]]
        ),
        lambda each: (each[0].revision, each[0].channel),
    )


def _after(call: Call) -> tuple[UUID, UUID, int] | None:
    """The place in the list of deliveries that a delivery's id names. Raises Problem, NotFound."""
    incident_id, _, rest = call.query.after.partition("/")
    name, _, revision = rest.rpartition("/")
    if not is_uuid(incident_id) or not revision.isascii() or not revision.isdigit() or len(revision) > 9:  # noqa: PLR2004 - a bigger one is no int4
        raise problem.malformed("after: a delivery is named INCIDENT/CHANNEL/REVISION.")
    row, _ = reading.delivery(call.runtime, call.tenant_id, UUID(incident_id), name, int(revision))
    return row.incident_id, row.channel_id, row.revision


def deliveries(call: Call) -> Page[shapes.DeliveryLine]:
    """Deliveries, those of the newest incidents first."""
    last = place(call.query.cursor, UUID, UUID, _revision)
    if last is None and call.query.after:
        last = _after(call)
    found, more = reading.delivery_page(
        call.runtime,
        call.tenant_id,
        state=call.query.state,
        channel=call.query.channel,
        after=(last[0], last[1], last[2]) if last else None,
        most=call.query.limit,
    )
    lines = [of(shapes.DeliveryLine, row, **_delivery(row)) for row in found]
    return Page(lines, cursor(*more) if more else None)


def delivery(call: Call) -> shapes.Delivery:
    """One delivery with its attempts."""
    row, attempts = reading.delivery(
        call.runtime, call.tenant_id, call.path["incident"], call.path["channel"], call.path["revision"]
    )
    return of(shapes.Delivery, row, **_delivery(row), history=[of(shapes.Attempt, attempt) for attempt in attempts])


def _channel(row: overview.Channel, modes: dict[str, str]) -> shapes.Channel:
    return of(shapes.Channel, row, id=row.channel_id, mode=modes.get(row.name, "tokens"))


def channels(call: Call) -> Page[shapes.Channel]:
    """Channels by name."""
    modes = optin.modes(call.runtime, call.tenant_id)
    found = overview.channels(call.runtime, call.tenant_id)
    return after(found, call, lambda row: _channel(row, modes), lambda row: row.name)


def channel(call: Call) -> shapes.Channel:
    """One channel."""
    row = reading.channel(call.runtime, call.tenant_id, call.path["channel"])
    return _channel(row, optin.modes(call.runtime, call.tenant_id))


def _source(row: Any) -> shapes.Source:  # noqa: ANN401 - a row
    quiet = row.quiet_after.total_seconds() if row.quiet_after is not None else None
    return of(shapes.Source, row, id=row.source_id, quiet_after_seconds=quiet)


def _route(row: Any) -> shapes.Route:  # noqa: ANN401 - a row
    return of(shapes.Route, row, goes_on=row.go_on)


def sources(call: Call) -> Page[shapes.Source]:
    """Sources by name."""
    return after(reading.configured(call.runtime, call.tenant_id).sources, call, _source, lambda row: row.name)


def routes(call: Call) -> Page[shapes.Route]:
    """Routes in order."""
    found = reading.configured(call.runtime, call.tenant_id).routes
    return after(found, call, _route, lambda row: f"{row.position:09d}")


def configuration(call: Call) -> shapes.Configuration:
    """Everything that is configured."""
    found = reading.configured(call.runtime, call.tenant_id)
    return of(
        shapes.Configuration,
        found.tenant,
        version=found.tenant.config_version,
        tenant=found.tenant.slug,
        sources=[_source(row) for row in found.sources],
        channels=[of(shapes.ConfiguredChannel, row, id=row.channel_id, settings=row.config) for row in found.channels],
        routes=[_route(row) for row in found.routes],
        patterns=[shapes.Pattern(each["type"], each["regex"]) for each in found.tenant.patterns],
        keep_values_seconds=found.tenant.keep_values.total_seconds(),
        keep_incidents_seconds=found.tenant.keep_incidents.total_seconds(),
    )


def say_optin(shown: optin.Shown) -> shapes.OptIn:
    """An opt-in in the API's shape."""
    known = [shapes.Fact(each.text, each.source) for each in shown.known]
    return of(shapes.OptIn, shown, id=shown.optin_id, facts=dict(shown.facts), known=known)


def optins(call: Call) -> Page[shapes.OptIn]:
    """Opt-ins, those asked for last first."""
    last = place(call.query.cursor, _moment, UUID)
    found = optin.page(
        call.runtime,
        call.tenant_id,
        channel=call.query.channel,
        state=call.query.state,
        before=(last[0], last[1]) if last else None,
        most=call.query.limit + 1,
    )
    return cut(found, call.query.limit, say_optin, lambda row: (row.requested_at.isoformat(), row.optin_id))


def one_optin(call: Call) -> shapes.OptIn:
    """One opt-in."""
    return say_optin(optin.one(call.runtime, call.tenant_id, call.path["optin"]))


def baas(call: Call) -> Page[shapes.Baa]:
    """Agreements by id."""
    found = baa.every(call.runtime, call.tenant_id)
    return after(found, call, lambda row: of(shapes.Baa, row, id=row.baa_id), lambda row: str(row.baa_id))


def reviews(call: Call) -> Page[shapes.Review]:
    """Reviews by quarter."""
    found = review.every(call.runtime, call.tenant_id)
    return after(
        found,
        call,
        lambda row: of(shapes.Review, row, id=row.review_id, sha256=row.record_sha256),
        lambda row: f"{row.quarter}/{row.kind}",
    )


def one_review(call: Call) -> shapes.ReviewShown:
    """One review as it stands; the final one if there is one."""
    shown = review.show(call.runtime, call.tenant_id, Quarter.parse(call.path["quarter"]))
    decided = {each.optin_id for each in shown.record.decisions}
    return of(
        shapes.ReviewShown,
        shown.row,
        id=shown.row.review_id,
        sha256=shown.sha256,
        items=len(shown.record.snapshot.items),
        decided=len(decided),
    )


def review_record(call: Call) -> shapes.ReviewRecord:
    """The whole record of a review."""
    kind = call.query.kind
    shown = review.show(
        call.runtime,
        call.tenant_id,
        Quarter.parse(call.path["quarter"]),
        interim=None if kind is None else kind == "interim",
    )
    return shapes.ReviewRecord(shown.sha256, len(shown.record.undecided), plain(shown.record))


def review_items(call: Call) -> Page[shapes.ReviewItem]:
    """The items of a review with the decision that counts."""
    shown = review.show(call.runtime, call.tenant_id, Quarter.parse(call.path["quarter"]))
    latest = {each.optin_id: each for each in shown.record.decisions}  # the last one counts

    def line(item: Any) -> shapes.ReviewItem:  # noqa: ANN401 - an item of the record
        held = latest.get(item.optin_id)
        return of(
            shapes.ReviewItem,
            item,
            id=item.optin_id,
            verdict=held.verdict if held else None,
            decided_by=held.decided_by if held else None,
            decision_reason=held.reason if held else None,
        )

    return after(list(shown.record.snapshot.items), call, line, lambda item: str(item.optin_id))


def audit_events(call: Call) -> Page[shapes.AuditEvent]:
    """Audit events, the newest first."""
    query = call.query
    wanted = audit.Wanted(
        query.actor,
        query.action,
        query.object,
        query.channel,
        query.incident,
        query.decision,
        query.since,
        query.until,
    )
    page = audit.page(call.runtime, call.tenant_id, wanted, before=query.cursor, most=query.limit)
    return Page([of(shapes.AuditEvent, each) for each in page.events], page.before or None)


def search(call: Call) -> shapes.Found:
    """Who saw a value. The search itself is in the audit before its answer is out."""
    asked = call.body
    if asked.by == "incident" and not is_uuid(asked.what.strip()):
        raise problem.unfit("what: an incident's id is a uuid.")
    found = disclosures.search(
        call.runtime,
        call.tenant_id,
        disclosures.Question(asked.by, asked.what, asked.days),
        disclosures.Asker(call.caller.actor, request_id=call.request_id),
    )
    return shapes.Found([of(shapes.Disclosure, each) for each in found])


def users(call: Call) -> Page[shapes.User]:
    """People by e-mail address."""
    found = reading.people(call.runtime, call.tenant_id)
    return after(
        found, call, lambda row: of(shapes.User, row, id=row.user_id, zone=row.zone or "UTC"), lambda row: row.email
    )


def tokens(call: Call) -> Page[shapes.Token]:
    """API tokens, the newest first."""
    last = place(call.query.cursor, _moment, UUID)
    found = reading.token_page(
        call.runtime, call.tenant_id, before=(last[0], last[1]) if last else None, most=call.query.limit + 1
    )
    return cut(
        found,
        call.query.limit,
        lambda row: of(shapes.Token, row, id=row.token_id),
        lambda row: (row.created_at.isoformat(), row.token_id),
    )


def _revision(text: str) -> int:
    found = int(text)
    if not 0 <= found <= 1_000_000_000:  # noqa: PLR2004 - what a column of revisions holds
        raise ValueError
    return found


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found


def _list(path: str, name: str, tag: str, summary: str, run: Any, line: Any, example: Any, **more: Any) -> Operation:  # noqa: ANN401 - passed on
    given = {"deed": "see", "query": Paging, **more}
    shown = Page([example], cursor("the last line's key"))
    return Operation(
        method="GET", path=path, name=name, tag=tag, summary=summary, run=run, answer=Page[line], example=shown, **given
    )


def _one(path: str, name: str, tag: str, summary: str, run: Any, answer: Any, example: Any, **more: Any) -> Operation:  # noqa: ANN401 - passed on
    given = {"deed": "see", "tagged": True, "refuses": (404,), **more}
    return Operation(
        method="GET", path=path, name=name, tag=tag, summary=summary, run=run, answer=answer, example=example, **given
    )


OPERATIONS: Final = (
    _one("/me", "get_me", "tenant", "The token and what it may", me, shapes.Me, examples.me, deed=None, refuses=()),
    _one("/tenant", "get_tenant", "tenant", "The token's tenant", tenant, shapes.Tenant, examples.tenant, refuses=()),
    _one(
        "/health", "get_health", "tenant", "How the installation is doing", health, shapes.Health, examples.health,
        tagged=False, refuses=(),
    ),
    _list(
        "/incidents", "list_incidents", "incidents", "Incidents, the newest first", incidents, shapes.IncidentLine,
        examples.incident_line, query=shapes.IncidentQuery,
    ),
    _one(
        "/incidents/{incident}", "get_incident", "incidents", "One incident", incident, shapes.Incident,
        examples.incident,
    ),
    _list(
        "/incidents/{incident}/timeline", "list_timeline", "incidents", "What happened to it, the newest first",
        timeline, shapes.Event, examples.event, refuses=(404,),
    ),
    _list(
        "/incidents/{incident}/alerts", "list_alerts", "incidents", "Its alerts, tokenized, the newest first", alerts,
        shapes.Alert, examples.alert, refuses=(404,),
    ),
    _list(
        "/incidents/{incident}/notes", "list_notes", "incidents", "What people wrote to it, the newest first", notes,
        shapes.Note, examples.note, refuses=(404,),
    ),
    _list(
        "/incidents/{incident}/deliveries", "list_incident_deliveries", "incidents",
        "What every channel was told of it, with the attempts, the newest revision first", incident_deliveries,
        shapes.Delivery, examples.delivery, refuses=(404,),
    ),
    _list(
        "/deliveries", "list_deliveries", "deliveries", "Deliveries, those of the newest incidents first", deliveries,
        shapes.DeliveryLine, examples.delivery_line, query=shapes.DeliveryQuery, refuses=(404,),
    ),
    _one(
        "/deliveries/{incident}/{channel}/{revision}", "get_delivery", "deliveries", "One delivery with its attempts",
        delivery, shapes.Delivery, examples.delivery,
    ),
    _list(
        "/channels", "list_channels", "channels", "Channels and how they are doing, by name", channels, shapes.Channel,
        examples.channel,
    ),
    _one(
        "/channels/{channel}", "get_channel", "channels", "One channel and how it is doing", channel, shapes.Channel,
        examples.channel,
    ),
    _list(
        "/sources", "list_sources", "configuration", "Sources by name", sources, shapes.Source, examples.source,
    ),
    _list("/routes", "list_routes", "configuration", "Routes in order", routes, shapes.Route, examples.route),
    _one(
        "/config", "get_config", "configuration", "Everything that is configured, without a secret", configuration,
        shapes.Configuration, examples.configuration, refuses=(), version=lambda found: f'"v{found.version}"',
    ),
    _list(
        "/optins", "list_optins", "opt-ins", "Plaintext opt-ins, those asked for last first", optins, shapes.OptIn,
        examples.optin, query=shapes.OptInQuery, refuses=(404,),
    ),
    _one("/optins/{optin}", "get_optin", "opt-ins", "One opt-in", one_optin, shapes.OptIn, examples.optin),
    _list(
        "/baas", "list_baas", "opt-ins", "Business associate agreements, by id", baas, shapes.Baa, examples.baa,
    ),
    _list(
        "/reviews", "list_reviews", "reviews", "Quarterly reviews, by quarter", reviews, shapes.Review,
        examples.review, deed="audit",
    ),
    _one(
        "/reviews/{quarter}", "get_review", "reviews", "One review as it stands", one_review, shapes.ReviewShown,
        examples.review_shown, deed="audit",
    ),
    _one(
        "/reviews/{quarter}/record", "get_review_record", "reviews", "Its whole record, as an export holds it",
        review_record, shapes.ReviewRecord, examples.review_record, deed="audit", query=shapes.ReviewQuery,
    ),
    _list(
        "/reviews/{quarter}/items", "list_review_items", "reviews", "Its items, by id", review_items,
        shapes.ReviewItem, examples.review_item, deed="audit", refuses=(404,),
    ),
    _list(
        "/audit/events", "list_audit_events", "audit", "Audit events, the newest first", audit_events,
        shapes.AuditEvent, examples.audit_event, deed="audit", query=shapes.AuditQuery,
    ),
    Operation(
        method="POST", path="/disclosures/search", name="search_disclosures", tag="audit",
        summary="Who saw a value; it is in the body, never in an address", deed="disclosures", run=search,
        answer=shapes.Found, example=examples.found, body=shapes.Search, body_example=examples.search,
        refuses=(404,),
    ),
    _list(
        "/users", "list_users", "access", "People, by e-mail address", users, shapes.User, examples.user,
        deed="manage", fresh=False,
    ),
    _list(
        "/tokens", "list_tokens", "access", "API tokens, the newest first", tokens, shapes.Token, examples.token,
        deed="tokens", fresh=False,
    ),
)  # fmt: skip
"""Every operation that reads."""
