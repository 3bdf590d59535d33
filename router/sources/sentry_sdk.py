"""What a Sentry SDK sends: an envelope of items, of which events become alerts and everything else is let go.

Shape: develop.sentry.dev `sdk/data-model/envelopes`. A line of JSON, then for each item a line of JSON and its payload,
which is `length` bytes long or, without a length, ends at the next newline. An unknown kind of item is skipped, as the
format wants it. Nobody resolves an SDK's event, so its incident ends when it goes quiet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from router.sources import fields, sentry_event
from router.sources.body import read
from router.sources.contract import ANY_TYPE, Format, Json, Malformed, RawAlert, WrongShape

KINDS: Final = frozenset(
    [
        "attachment",
        "check_in",
        "client_report",
        "feedback",
        "form_data",
        "log",
        "metric_buckets",
        "nel",
        "otel_log",
        "profile",
        "profile_chunk",
        "raw_security",
        "replay_event",
        "replay_recording",
        "replay_video",
        "security",
        "session",
        "sessions",
        "span",
        "statsd",
        "trace_metric",
        "transaction",
        "unreal_report",
        "user_report",
    ]
)
"""Kinds of items that we know and let go; they hold what people typed, pictures, and timings."""

_MOST_ITEMS: Final = 1000
_HEX_KEY: Final = "x_"


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """An envelope taken apart. `items` are (kind, payload); `key` is that of its `dsn`, empty when it names none."""

    event_id: str
    key: str
    items: tuple[tuple[str, bytes], ...]

    def __repr__(self) -> str:
        return "<Envelope>"


def envelope(body: bytes) -> Envelope:
    """The parts of `body`.

    Raises:
        Malformed: no envelope: a header that is no JSON, an item whose payload is shorter than its length.
        WrongShape: a header that is no object, an item without a type.
    """
    head, _, rest = body.partition(b"\n")
    header = _object(head, "the envelope's header")
    items: list[tuple[str, bytes]] = []
    while rest.strip(b"\r\n"):
        line, _, rest = rest.lstrip(b"\r\n").partition(b"\n")
        item = _object(line, "an item's header")
        kind, length = item.get("type"), item.get("length")
        if type(kind) is not str or not kind:
            raise WrongShape("type: expected text in an item's header")
        if len(items) == _MOST_ITEMS:
            raise Malformed(f"the envelope holds more than {_MOST_ITEMS} items")
        if length is None:
            payload, _, rest = rest.partition(b"\n")
        elif type(length) is not int or length < 0:
            raise WrongShape("length: expected a number of bytes in an item's header")
        elif length > len(rest):
            raise Malformed("the envelope ends inside an item")
        else:
            payload, rest = rest[:length], rest[length:]
        items.append((kind, payload))
    return Envelope(fields.text(header.get("event_id")), key_of_dsn(fields.text(header.get("dsn"))), tuple(items))


def _object(line: bytes, what: str) -> dict[str, Json]:
    value = read(line.rstrip(b"\r"))
    if type(value) is not dict:
        raise WrongShape(f"{what}: expected an object")
    return value


def key_of_dsn(dsn: str) -> str:
    """The public key of `https://<key>@host/<project>`, as it stands there; empty when there is none."""
    try:
        return urlsplit(dsn).username or ""
    except ValueError:
        return ""


def plain_key(public: str) -> str:
    """The source key that a DSN's public key stands for.

    Browsers' SDKs take letters, digits and _ in a DSN only. A source key of those stands there as it is; any other is
    written as `x_` and the hexadecimal of its characters.
    """
    if public.startswith(_HEX_KEY):
        try:
            return bytes.fromhex(public.removeprefix(_HEX_KEY)).decode("ascii")
        except ValueError:
            return public
    return public


def parse(body: bytes, mapping: Mapping[str, str], now: datetime) -> list[RawAlert]:  # noqa: ARG001 - has neither
    """One RawAlert per event in the envelope; one without events has none.

    Raises:
        Malformed: no envelope, or an event that is no strict JSON.
        WrongShape: an event that is no object.
    """
    return [_alert(payload) for kind, payload in envelope(body).items if kind == "event"]


def _alert(payload: bytes) -> RawAlert:
    event = _object(_storable(payload), "an event")
    labels, odd = sentry_event.labels(event)
    details = sentry_event.details(event)
    if odd:
        details["tags"] = odd
    return RawAlert(
        signal="firing",
        dedup_key=sentry_event.identity(event),
        episode=fields.text(event.get("event_id")),
        severity=fields.severity(event.get("level")),
        title=sentry_event.title(event) or "An event without a message",
        description=sentry_event.message(event) or sentry_event.where(event),
        labels=labels,
        details=details,
        starts_at=fields.time(event.get("timestamp")),
    )


def _storable(payload: bytes) -> bytes:
    """The event with U+FFFD for what no database stores: an SDK does not send again, so one bad letter is not its end.

    Locals and requests of an application bring NUL characters and halves of surrogate pairs.
    """
    return _ESCAPES.sub(_replaced, payload) if _UNSTORABLE.search(payload) else payload


def _replaced(found: re.Match[bytes]) -> bytes:
    return found[0] if found[1] is None else rb"\ufffd"


_UNSTORABLE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
"""An escaped backslash or a whole pair, which stay; else an escape that cannot be stored."""


FORMAT: Final = Format(
    name="sentry-sdk",
    title="Sentry SDK envelopes",
    parse=parse,
    roles=sentry_event.ROLES,
    explicit_resolve=False,
    repeats_every=None,
    types=frozenset({ANY_TYPE}),  # SDKs in browsers call it text/plain to be spared a preflight request
)
