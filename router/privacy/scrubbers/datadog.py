"""A trace filter for ddtrace: every finished trace is tokenized before the tracer sends it to its agent."""

from __future__ import annotations

from typing import Any, Final

from ddtrace.trace import Span, TraceFilter

from router.privacy.scrubbers.scrubber import Scrubber
from router.privacy.scrubbers.spans import sealed_errors

ROLES: Final = {
    "name": "name",
    "service": "name",
    "type": "enum",
    "tags.component": "name",
    "tags.span.kind": "enum",
    "tags.env": "name",
    "tags.version": "name",
    "tags.language": "enum",
    "tags.runtime-id": "id",
    "tags.http.method": "enum",
    "tags.http.route": "name",
    "tags.http.status_code": "code",
    "tags.error.type": "name",
    "tags.db.system": "name",
}
OWN: Final = "_dd."
"""Tags and numbers under this prefix are the tracer's own bookkeeping; changing them would break sampling."""
PROPAGATED: Final = OWN + "p."
"""Tags that upstream services sent along, among them a user's id in base64 (`_dd.p.usr.id`)."""
_KNOWN: Final = frozenset({"_dd.p.dm", "_dd.p.tid", "_dd.p.ts", "_dd.p.ksr"})


class TokenizingTraceFilter(TraceFilter):
    """`tracer.configure(trace_processors=[TokenizingTraceFilter(scrubber)])`, before the first span.

    Replaces resource, tags, error message and stack, and numbers under keys that name PHI. Span events, links and
    `meta_struct` cannot be changed once they are on a span, so a span that has any is replaced by a copy. A trace that
    cannot be judged is not sent; `dropped` counts those.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self.dropped = 0

    def process_trace(self, trace: list[Span]) -> list[Span] | None:
        """The trace with tokens in place of PHI; None: it is not sent."""
        try:
            found = [self._replaced(span) for span in trace]
        except Exception:  # noqa: BLE001 - in doubt nothing leaves, and the reason may hold the value
            found = [None]
        certain = [span for span in found if span is not None]
        if len(certain) < len(found):
            self.dropped += 1
            return None
        return certain

    def _replaced(self, span: Span) -> Span | None:
        scrubber = self._scrubber
        tags = {key: value for key, value in span.get_tags().items() if not _is_own(key)}
        numbers = {key: value for key, value in span.get_metrics().items() if not key.startswith(OWN)}
        event = {
            "name": span.name,
            "service": span.service,
            "resource": span.resource,
            "type": span.span_type,
            "tags": sealed_errors(tags, scrubber),
            "numbers": numbers,
        }
        event |= fixed_parts(span, scrubber)
        forget_propagated(span)
        found, certain = scrubber.judged(event, ROLES)
        if not certain:
            return None
        if "events" in event:
            span = copied(span, found)
        span.name, span.service, span.resource = found["name"], found["service"], found["resource"]
        span.span_type = found["type"]
        for key in tags.keys() - found["tags"].keys():
            span.remove_tag(key)
        for key, value in found["tags"].items():
            if tags.get(key) != value:
                span.set_tag(key, value)
        for key, number in numbers.items():
            value = found["numbers"].get(key)
            if value != number:
                span.remove_metric(key)
                if isinstance(value, str):
                    span.set_tag(key, value)
        return span


def _is_own(tag: str) -> bool:
    return tag.startswith(OWN) and (tag in _KNOWN or not tag.startswith(PROPAGATED))


def forget_propagated(span: Span) -> None:
    """Take away what the tracer would still put on the first span, after every filter: a user's id in base64."""
    carried = span.context._meta  # noqa: SLF001 - there is no public way to it
    for tag in [tag for tag in carried if tag.startswith(PROPAGATED) and tag not in _KNOWN]:
        del carried[tag]


def fixed_parts(span: Span, scrubber: Scrubber) -> dict[str, Any]:
    """What is sent of a span and cannot be changed on it; nothing when it has none of that."""
    # There is no public way to read these.
    events, links, structs = span._get_events(), span._get_links(), span._get_meta_structs()  # noqa: SLF001 - as above
    if not (events or links or structs):
        return {}
    return {
        "events": [{"name": each.name, "attributes": sealed_errors(each.attributes, scrubber)} for each in events],
        "links": [dict(each.attributes or {}) for each in links],
        "structs": structs,
    }


def copied(span: Span, found: dict[str, Any]) -> Span:
    """A span like this one with other events, links and structures; its tags are still to be replaced."""
    made = Span(
        span.name,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        context=span.context,
    )
    made.error = span.error
    made.start_ns, made.duration_ns = span.start_ns, span.duration_ns
    # As in fixed_parts: the tracer's own bookkeeping has no public way to be written.
    made._set_attributes(dict(span._get_attributes()))  # noqa: SLF001 - as above
    for old, event in zip(span._get_events(), found["events"], strict=True):  # noqa: SLF001 - as above
        made._add_event(event["name"], event["attributes"], old.time_unix_nano)  # noqa: SLF001 - as above
    for link, attributes in zip(span._get_links(), found["links"], strict=True):  # noqa: SLF001 - as above
        made._set_link(link.trace_id, link.span_id, link.tracestate, link.flags, attributes)  # noqa: SLF001 - as above
    for key, value in found["structs"].items():
        made._set_struct_tag(key, value)  # noqa: SLF001 - as above
    return made
