"""A Sentry event as an alert: the same object in the webhook of an alert rule and in the envelope of an SDK.

Shape: getsentry/sentry-docs `develop-docs/sdk/data-model/event-payloads`. Nearly everything in it can hold PHI: the
exception's value and with it the title, the request, the user, breadcrumbs, tags, locals of every frame. So the parts
are kept under `details` for the tokenizer, what says where the code broke is declared as structure, and what no
responder reads is dropped unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from router.sources import fields
from router.sources.contract import Json

DROPPED: Final = frozenset(
    [
        "_meta",  # what Sentry's own scrubbing did
        "_metrics",
        "_dsc",
        "debug_meta",
        "errors",
        "grouping_config",
        "hashes",
        "key_id",
        "modules",  # every installed package
        "nodestore_insert",
        "ingest_path",
        "project",  # a number; the hook says the name elsewhere
        "received",
        "sdk",
        "threads",  # the stacks of threads that did not fail
        "type",
        "version",
    ]
)
"""Keys of an event that are never kept."""

_SHOWN: Final = frozenset(
    [
        "culprit",
        "datetime",
        "dist",
        "environment",
        "event_id",
        "fingerprint",
        "issue_id",
        "issue_url",
        "level",
        "location",
        "logentry",
        "logger",
        "message",
        "metadata",
        "platform",
        "release",
        "server_name",
        "tags",
        "timestamp",
        "title",
        "transaction",
        "url",
        "web_url",
        "exception",
    ]
)
_LABELS: Final = ("environment", "release", "platform", "logger", "server_name", "transaction", "culprit")
_FRAME: Final = ("filename", "module", "function", "lineno", "in_app", "vars")
_MOST_FRAMES: Final = 30
_MOST_EXCEPTIONS: Final = 10
_TOP: Final = 5
"""In-app frames that name an error: enough to tell two ways to one line apart, few enough to outlive a refactoring."""

ROLES: Final[Mapping[str, str]] = {
    **fields.NAME_ROLES,
    "labels.alertname": "code",
    "labels.platform": "name",
    "labels.release": "id",
    "labels.logger": "code",
    "labels.culprit": "code",
    "labels.transaction": "code",
    "labels.server_name": "name",
    "labels.level": "enum",
    "labels.project": "name",
    "labels.resource": "enum",
    "labels.handled": "enum",
    "labels.mechanism": "name",
    "details.event_id": "id",
    "details.issue_id": "id",
    "details.exception.*.type": "code",
    "details.exception.*.module": "code",
    "details.exception.*.mechanism": "name",
    "details.exception.*.frames.*.filename": "code",
    "details.exception.*.frames.*.module": "code",
    "details.exception.*.frames.*.function": "code",
    "details.exception.*.frames.*.lineno": "number",
    "details.request.method": "enum",
    "details.request.cookies": "drop",
    "details.request.headers.Cookie": "drop",
    "details.request.headers.cookie": "drop",
    "details.request.headers.Authorization": "drop",
    "details.request.headers.authorization": "drop",
    "details.request.env": "drop",
    "details.contexts.trace.trace_id": "id",
    "details.contexts.trace.span_id": "id",
    "details.contexts.trace.parent_span_id": "id",
    "details.contexts.trace.op": "name",
    "details.contexts.runtime.name": "name",
    "details.contexts.runtime.version": "number",
    "details.contexts.os.name": "name",
    "details.contexts.os.version": "number",
    "details.breadcrumbs.*.timestamp": "time",
    "details.breadcrumbs.*.level": "enum",
    "details.breadcrumbs.*.type": "enum",
    "details.breadcrumbs.*.category": "code",
    "links.*.text": "name",
    "links.*.url": "url",
}
"""Where the code broke, and opaque ids. Everything else of an event is free text."""


def title(event: dict[str, Json]) -> str:
    """What happened in one line: `KeyError: no chart for …`, or the message."""
    thrown = exceptions(event)
    if thrown:
        kind, value = fields.text(thrown[-1].get("type")), fields.text(thrown[-1].get("value")).partition("\n")[0]
        if kind or value:
            return f"{kind}: {value}" if kind and value else kind or value
    return fields.text(event.get("title")) or message(event).partition("\n")[0]


def message(event: dict[str, Json]) -> str:
    """The message that was logged; empty when there is none."""
    for name in ("logentry", "message"):
        given = event.get(name)
        if type(given) is dict:
            given = given.get("formatted") or given.get("message")
        if found := fields.text(given):
            return found
    return ""


def where(event: dict[str, Json]) -> str:
    """Which line threw it: `in create (intake/views.py:214)`; empty when the event does not say."""
    thrown = exceptions(event)
    frames = _frames(thrown[-1]) if thrown else []
    own = [each for each in frames if each.get("in_app")] or frames
    if not own:
        return ""
    function, file = fields.text(own[-1].get("function")), fields.text(own[-1].get("filename"))
    line = fields.text(own[-1].get("lineno"))
    return f"in {function} ({file}:{line})" if function and file and line else ""


def exceptions(event: dict[str, Json]) -> list[dict[str, Json]]:
    """The exceptions as they were chained, the one that was not caught last."""
    given = event.get("exception")
    if type(given) is dict:
        given = given.get("values")
    return [each for each in given if type(each) is dict] if type(given) is list else []


def labels(event: dict[str, Json]) -> tuple[dict[str, str], dict[str, Json]]:
    """What routes match on, and tags that are no labels. Tags come as pairs or as an object."""
    thrown = exceptions(event)
    kind = fields.text(thrown[-1].get("type")) if thrown else ""
    found = {"alertname": kind} if kind else {}
    for name in _LABELS:
        if value := fields.text(event.get(name)):
            found[name] = value
    tags, odd = fields.labels(dict(_tags(event.get("tags"))))
    return {**tags, **found}, odd


def _tags(given: Json) -> Iterator[tuple[str, Json]]:
    if type(given) is dict:
        yield from given.items()
    for pair in given if type(given) is list else ():
        if type(pair) is list and len(pair) == 2 and type(pair[0]) is str:  # noqa: PLR2004 - name and value
            yield pair[0], pair[1]
        elif type(pair) is dict and type(pair.get("key")) is str:
            yield pair["key"], pair.get("value")


def details(event: dict[str, Json]) -> dict[str, Json]:
    """The event without what the alert shows elsewhere and without DROPPED; the exception first."""
    kept: dict[str, Json] = {}
    thrown = exceptions(event)
    if thrown:
        kept["exception"] = [_exception(each) for each in thrown[-_MOST_EXCEPTIONS:]]
    for name in ("event_id", "issue_id"):
        if value := fields.text(event.get(name)):
            kept[name] = value
    for name, value in event.items():
        if name in _SHOWN or name in DROPPED or value in (None, "", [], {}):
            continue
        kept[name] = value["values"] if name == "breadcrumbs" and _wraps(value) else value
    return kept


def _wraps(value: Json) -> bool:
    return type(value) is dict and type(value.get("values")) is list


def _exception(given: dict[str, Json]) -> dict[str, Json]:
    kept = {name: given[name] for name in ("type", "value", "module") if given.get(name)}
    mechanism = given.get("mechanism")
    if type(mechanism) is dict and (kind := fields.text(mechanism.get("type"))):
        kept["mechanism"] = kind
    frames = [{name: each[name] for name in _FRAME if each.get(name)} for each in _frames(given)[-_MOST_FRAMES:]]
    if frames:
        kept["frames"] = frames
    return kept


def _frames(given: dict[str, Json]) -> list[dict[str, Json]]:
    stack = given.get("stacktrace")
    listed = stack.get("frames") if type(stack) is dict else None
    return [each for each in listed if type(each) is dict] if type(listed) is list else []


def identity(event: dict[str, Json]) -> str:
    """What is broken: the sender's own fingerprint, else the exception's type and its innermost in-app frames.

    Never the exception's text, which holds a different patient each time. Without either, the logger and the message's
    template, and failing that nothing: the alert's title then says it, tokenized.
    """
    given = event.get("fingerprint")
    if type(given) is list and given:
        parts = [fields.text(each) for each in given]
        if not any(_DEFAULT in part.replace(" ", "") for part in parts) and any(parts):
            return _hashed("fingerprint", *parts)
    own = _grouping(event)
    extra = [fields.text(each) for each in given] if type(given) is list else []
    return _hashed(*own, *extra) if own else ""


_DEFAULT: Final = "{{default}}"


def _grouping(event: dict[str, Json]) -> list[str]:
    thrown = exceptions(event)
    if thrown:
        frames = _frames(thrown[-1])
        own = [each for each in frames if each.get("in_app")] or frames
        named = [(fields.text(f.get("module") or f.get("filename")), fields.text(f.get("function"))) for f in own]
        return ["exception", fields.text(thrown[-1].get("type")), *(part for pair in named[-_TOP:] for part in pair)]
    entry = event.get("logentry")
    if type(entry) is dict and entry.get("params") and (template := fields.text(entry.get("message"))):
        return ["message", fields.text(event.get("logger")), template]
    return []


def _hashed(*parts: str) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()
