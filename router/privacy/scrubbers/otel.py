"""A span processor for OpenTelemetry that stands before the exporting one and hands it tokenized spans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status

from router.privacy.scrubbers.scrubber import Scrubber
from router.privacy.scrubbers.spans import sealed_errors

ROLES: Final = {
    "name": "name",
    "scope.*": "name",
    "events.*.name": "name",
    "events.*.attributes.exception.type": "name",
    "attributes.http.request.method": "enum",
    "attributes.http.method": "enum",
    "attributes.http.route": "name",
    "attributes.db.system": "name",
    "attributes.db.name": "name",
    "attributes.db.operation": "name",
    "attributes.rpc.service": "name",
    "attributes.rpc.method": "name",
    "attributes.code.function": "name",
    "attributes.messaging.system": "name",
}
"""Attributes whose meaning the semantic conventions fix, and which name our own code and never a person."""


class TokenizingSpanProcessor(SpanProcessor):
    """Wraps the processor that exports: `provider.add_span_processor(TokenizingSpanProcessor(scrubber, Batch…(…)))`.

    A finished span cannot be changed, and other processors see it too, so the wrapped one gets a tokenized copy. A
    span that cannot be judged goes no further; `dropped` counts those.
    """

    def __init__(self, scrubber: Scrubber, following: SpanProcessor) -> None:
        self._scrubber = scrubber
        self._following = following
        self._resources: dict[int, tuple[Resource, Resource]] = {}
        self.dropped = 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Told on; an exporting processor takes nothing from a span that is not finished."""
        self._following.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Hand on a tokenized copy."""
        try:
            copy = self._tokenized(span)
        except Exception:  # noqa: BLE001 - in doubt nothing leaves, and the reason may hold the value
            copy = None
        if copy is None:
            self.dropped += 1
            return
        self._following.on_end(copy)

    def shutdown(self) -> None:
        """Shut the wrapped processor down."""
        self._following.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the wrapped processor."""
        return self._following.force_flush(timeout_millis)

    def _tokenized(self, span: ReadableSpan) -> ReadableSpan | None:
        scrubber, scope = self._scrubber, span.instrumentation_scope
        found, certain = scrubber.judged(
            {
                "name": span.name,
                "attributes": sealed_errors(span.attributes or {}, scrubber),
                "events": [
                    {"name": event.name, "attributes": sealed_errors(event.attributes or {}, scrubber)}
                    for event in span.events
                ],
                "links": [{"attributes": dict(link.attributes or {})} for link in span.links],
                "scope": [scope.name, scope.version, dict(scope.attributes or {})] if scope is not None else None,
                # OpenTelemetry writes "Class: message" here when a span ends with an exception.
                "description": scrubber.sealed(span.status.description) if span.status.description else None,
            },
            ROLES,
        )
        if not certain:
            return None
        return ReadableSpan(
            name=found["name"],
            context=self._stateless(span.get_span_context()),
            parent=self._stateless(span.parent),
            resource=self._resource(span.resource),
            attributes=_values(found["attributes"]),
            events=[
                Event(new["name"], _values(new["attributes"]), old.timestamp)
                for old, new in zip(span.events, found["events"], strict=True)
            ],
            links=[
                Link(self._stateless(old.context) or old.context, _values(new["attributes"]))
                for old, new in zip(span.links, found["links"], strict=True)
            ],
            kind=span.kind,
            status=Status(span.status.status_code, found["description"]),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=scope
            and InstrumentationScope(
                found["scope"][0], found["scope"][1], scope.schema_url, _values(found["scope"][2])
            ),
        )

    def _stateless(self, context: SpanContext | None) -> SpanContext | None:
        """A context without the state that others sent along, when a word of it would become a token."""
        if context is None or not context.trace_state:
            return context
        state = dict(context.trace_state)
        if self._scrubber.event(state) == state:
            return context
        return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)

    def _resource(self, resource: Resource) -> Resource:
        """The resource tokenized; a process has one, so it is remembered."""
        known = self._resources.get(id(resource))
        if known is not None and known[0] is resource:
            return known[1]
        found = self._scrubber.event({"attributes": dict(resource.attributes)}, {"attributes.*": "name"})
        made = Resource(_values(found["attributes"]), resource.schema_url)
        self._resources[id(resource)] = (resource, made)
        return made


def _values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as OpenTelemetry takes them: a list of several types becomes one of texts."""
    return {
        key: [str(each) for each in value]
        if isinstance(value, list) and len({type(each) for each in value}) > 1
        else value
        for key, value in attributes.items()
        if value is not None
    }
