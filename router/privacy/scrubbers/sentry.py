"""Hooks for sentry-sdk: events, breadcrumbs, transactions, logs and metrics leave with tokens, or do not leave.

`sentry_sdk.init(dsn=…, **sentry.options(scrubber))` is all of it. A hook that meets something that it cannot judge
returns None, and the SDK drops and counts the event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from router.privacy.scrubbers.errors import declared, full_name, message
from router.privacy.scrubbers.plain import text_of
from router.privacy.scrubbers.scrubber import Scrubber

Event = Any
"""The SDK's own TypedDicts, read and written as plain dicts."""
Hint = dict[str, Any]

_FRAME: Final = {
    "filename": "name",
    "abs_path": "name",
    "function": "name",
    "module": "name",
    "package": "name",
    "platform": "enum",
    "lineno": "number",
    "colno": "number",
    "in_app": "enum",
    "vars": "free",
    "context_line": "code",
    "pre_context.*": "code",
    "post_context.*": "code",
}
_SPAN: Final = {
    "trace_id": "id",
    "span_id": "id",
    "parent_span_id": "id",
    "segment_id": "id",
    "op": "name",
    "status": "enum",
    "origin": "name",
    "start_timestamp": "time",
    "timestamp": "time",
    "exclusive_time": "number",
    "same_process_as_parent": "enum",
}
ROLES: Final = {
    "event_id": "id",
    "timestamp": "time",
    "start_timestamp": "time",
    "platform": "enum",
    "level": "enum",
    "type": "enum",
    "logger": "name",
    "release": "name",
    "environment": "name",
    "dist": "name",
    "server_name": "name",
    "transaction": "name",
    "transaction_info.source": "enum",
    "sdk.*": "name",
    "sdk.integrations.*": "name",
    "sdk.packages.*.*": "name",
    "modules.*": "name",
    "exception.values.*.type": "name",
    "exception.values.*.module": "name",
    "exception.values.*.mechanism.*": "name",
    "contexts.runtime.*": "name",
    "contexts.os.*": "name",
    "contexts.trace.op": "name",
    "breadcrumbs.values.*.type": "enum",
    "breadcrumbs.values.*.level": "enum",
    "breadcrumbs.values.*.category": "name",
    "breadcrumbs.values.*.timestamp": "time",
    **{f"contexts.trace.{key}": role for key, role in _SPAN.items()},
    **{f"spans.*.{key}": role for key, role in _SPAN.items()},
    **{f"exception.values.*.stacktrace.frames.*.{key}": role for key, role in _FRAME.items()},
    **{f"threads.values.*.stacktrace.frames.*.{key}": role for key, role in _FRAME.items()},
}
"""The fields of an event that its schema makes structure (develop.sentry.dev, SDK, event payloads)."""
CRUMB_ROLES: Final = {
    path.removeprefix("breadcrumbs.values.*."): role for path, role in ROLES.items() if path.startswith("breadcrumbs")
}
TELEMETRY_ROLES: Final = {
    "trace_id": "id",
    "span_id": "id",
    "timestamp": "time",
    "time_unix_nano": "time",
    "severity_text": "enum",
    "severity_number": "number",
    "name": "name",
    "type": "enum",
    "unit": "name",
    "attributes.sentry.*": "name",
}


class Hooks:
    """The SDK's hooks over one scrubber. `dropped` counts what was withheld."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self.dropped = 0

    def before_send(self, event: Event, hint: Hint) -> Event | None:
        """An error event: URL, query, headers, cookies, body, user, locals, exception values, breadcrumbs, extra."""
        return self._clean(self._sealed, event, hint, ROLES)

    def before_send_transaction(self, event: Event, hint: Hint) -> Event | None:
        """A transaction with its spans."""
        return self._clean(self._sealed, event, hint, ROLES)

    def before_breadcrumb(self, crumb: Event, hint: Hint) -> Event | None:
        """A breadcrumb, before it is kept."""
        return self._clean(_as_it_is, crumb, hint, CRUMB_ROLES)

    def before_send_log(self, record: Event, hint: Hint) -> Event | None:
        """A structured log record."""
        return self._clean(_as_it_is, record, hint, TELEMETRY_ROLES)

    def before_send_metric(self, metric: Event, hint: Hint) -> Event | None:
        """A metric with its attributes."""
        return self._clean(_as_it_is, metric, hint, TELEMETRY_ROLES)

    def _clean(
        self, first: Callable[[Event, Hint], Event], given: Event, hint: Hint, roles: Mapping[str, str]
    ) -> Event | None:
        try:
            attachments = hint.get("attachments")
            if attachments:
                attachments.clear()  # files, read by nobody here
            found, certain = self._scrubber.judged(first(dict(given), hint), roles)
        except Exception:  # noqa: BLE001 - in doubt nothing leaves, and the reason may hold the value
            certain, found = False, None
        if not certain or not isinstance(found, dict):
            self.dropped += 1
            return None
        return found

    def _sealed(self, event: Event, hint: Hint) -> Event:
        """The event with exception messages sealed and without what nobody needs: cookies, remarks on what was cut."""
        scrubber = self._scrubber
        event.pop("_meta", None)
        exceptions = event.get("exception")
        values = exceptions.get("values") if isinstance(exceptions, dict) else exceptions
        known = _messages(hint, scrubber)
        if isinstance(values, list):
            event["exception"] = {"values": [_exception(each, known, scrubber) for each in values]}
        elif exceptions:
            event["exception"] = {"values": [{"type": "Error", "value": scrubber.sealed(text_of(exceptions))}]}
        threads = event.get("threads")
        if isinstance(threads, dict) and isinstance(threads.get("values"), list):
            event["threads"] = {
                "values": [
                    {**each, **_mild_source(each, scrubber)} for each in threads["values"] if isinstance(each, dict)
                ]
            }
        request = event.get("request")
        if isinstance(request, dict) and "cookies" in request:
            event["request"] = {key: value for key, value in request.items() if key != "cookies"}
        return event


def _as_it_is(event: Event, hint: Hint) -> Event:
    del hint
    return event


def _messages(hint: Hint, scrubber: Scrubber) -> dict[str, str]:
    """What may be told of each exception at hand, by class: only the objects themselves know an errno."""
    found: dict[str, str] = {}
    info = hint.get("exc_info")
    error = info[1] if isinstance(info, tuple) and len(info) > 1 else None
    while isinstance(error, BaseException) and full_name(type(error)) not in found:
        found[full_name(type(error))] = message(error, scrubber)
        error = error.__cause__ or error.__context__
    return found


def _exception(value: Event, known: Mapping[str, str], scrubber: Scrubber) -> Event:
    if not isinstance(value, dict):
        return {"type": "Error", "value": scrubber.sealed(text_of(value))}
    module, kind = value.get("module"), text_of(value.get("type") or "Error")
    name = kind if module in {None, "", "builtins"} else f"{module}.{kind}"
    said = text_of(value.get("value") or "")
    if name in known:
        said = known[name]
    elif said:
        said = scrubber.mild(said) if declared(name, scrubber) else scrubber.sealed(said)
    return {**value, "value": said, **_mild_source(value, scrubber)}


def _mild_source(holder: Event, scrubber: Scrubber) -> Event:
    """The stack trace of an exception or a thread with its source lines looked at for what surely is PHI or a secret.

    Source is what the developers wrote, so its words pass; but a literal in it can be a credential or a test patient.
    """
    trace = holder.get("stacktrace")
    frames = trace.get("frames") if isinstance(trace, dict) else None
    if not isinstance(frames, list):
        return {}
    return {"stacktrace": {**trace, "frames": [_frame(each, scrubber) for each in frames]}}


def _frame(frame: Event, scrubber: Scrubber) -> Event:
    if not isinstance(frame, dict):
        return scrubber.sealed(text_of(frame))
    found = dict(frame)
    for name in ("context_line", "pre_context", "post_context"):
        lines = frame.get(name)
        if isinstance(lines, str):
            found[name] = scrubber.mild(lines)
        elif isinstance(lines, list):
            found[name] = [scrubber.mild(text_of(line)) for line in lines]
    return found


def options(scrubber: Scrubber) -> dict[str, Any]:
    """Arguments for `sentry_sdk.init`: every hook that sends something."""
    hooks = Hooks(scrubber)
    return {
        "before_send": hooks.before_send,
        "before_send_transaction": hooks.before_send_transaction,
        "before_breadcrumb": hooks.before_breadcrumb,
        "before_send_log": hooks.before_send_log,
        "before_send_metric": hooks.before_send_metric,
    }
