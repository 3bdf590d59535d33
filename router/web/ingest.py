"""Where alerts come in: raw ASGI, because every microsecond and every byte in memory counts here.

No answer repeats anything of the body, whatever is wrong with it.
"""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import orjson
from prometheus_client import Counter, Histogram

from router.flow.intake import (
    Answer,
    NoSuchSource,
    NotDurable,
    Post,
    Receipt,
    SourcePaused,
    Unauthorized,
)
from router.sources.body import read
from router.sources.contract import Malformed, WrongShape
from router.sources.registry import FORMATS
from router.web.batch import Batcher, Overloaded

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

DRAINED: Final = 32 * 1024 * 1024
"""Bytes of an over-large body that are read and thrown away, so that its client gets to read the 413 (design §6)."""

_JSON = re.compile(rb"application/(?:[a-z0-9.+-]*\+)?json\b")

ALERTS = Counter("alertveil_ingest_alerts", "Alerts taken in.", ["format", "outcome"])
REFUSED = Counter("alertveil_ingest_refused", "Requests refused.", ["status"])
SECONDS = Histogram(
    "alertveil_ingest_seconds",
    "Seconds from the whole body to the committed answer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # noqa: N818 - the answer
    """An answer other than 202: status, a title, and what to do about it."""

    status: int
    title: str
    detail: str
    retry_after: int | None = None


TOO_LARGE = Refusal(413, "Too large", "The body is larger than this server takes. Send fewer alerts in one request.")
NO_KEY = Refusal(401, "Unauthorized", "Send the source's key as `Authorization: Bearer …`; this one is not known here.")
NOT_FOUND = Refusal(404, "Not found", "There is no such source in this tenant.")
NOT_ALLOWED = Refusal(405, "Method not allowed", "Alerts are sent with POST.")
NOT_JSON = Refusal(415, "Unsupported media type", "Send JSON with Content-Type: application/json, plain or gzip.")
PAUSED = Refusal(403, "Paused", "This source is paused. Resume it to send alerts again.")
DOWN = Refusal(503, "Not durable", "The alert could not be kept. Nothing was stored; send it again.", retry_after=5)
BUSY = Refusal(503, "Busy", "Too many alerts are waiting. Nothing was stored; send it again.", retry_after=2)
BAD_GZIP = Refusal(400, "Malformed", "The body says that it is gzip and is not.")
CUT = Refusal(400, "Malformed", "The body ended early.")


class Ingest:
    """The endpoints of design §6 that take alerts."""

    def __init__(self, batcher: Batcher, max_bytes: int) -> None:
        self._batcher = batcher
        self._max_bytes = max_bytes

    def takes(self, path: str) -> bool:
        """Is this path one of ours."""
        return path.startswith("/ingest/") or path in {"/v2/enqueue", "/api/v2/alerts"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        pagerduty = scope["path"] == "/v2/enqueue"
        headers: Headers = dict(scope["headers"])
        try:
            if scope["method"] != "POST":
                raise NOT_ALLOWED
            body = await self._body(headers, receive)
            status, answer = await (self._enqueue(body) if pagerduty else self._alerts(scope, headers, body))
        except Refusal as refusal:
            REFUSED.labels(str(refusal.status)).inc()
            await _refuse(send, refusal, pagerduty=pagerduty)
            return
        await _reply(send, status, answer)

    async def _alerts(self, scope: Scope, headers: Headers, body: bytes) -> tuple[int, bytes]:
        path = scope["path"]
        if path == "/api/v2/alerts":
            post = Post(_bearer(headers), body, format=FORMATS["alertmanager"])
            receipts = await self._submit(post, "alertmanager")
            return 200, _receipts(receipts)
        parts = path.split("/")[2:]
        if len(parts) == 2:  # noqa: PLR2004 - tenant, source
            key = _bearer(headers)
        elif len(parts) == 3:  # noqa: PLR2004 - tenant, source, key
            key = unquote(parts[2])
        else:
            raise NOT_FOUND
        receipts = await self._submit(Post(key, body, tenant=parts[0], source=parts[1]), "source")
        return 202, _receipts(receipts)

    async def _enqueue(self, body: bytes) -> tuple[int, bytes]:
        """PagerDuty's own answer shapes; the routing key is the source key."""
        form = FORMATS["pagerduty"]
        try:
            event = read(body)  # strict here, since what is written again below has lost its duplicate keys
        except Malformed as refused:
            raise _refused(refused) from None
        if not isinstance(event, dict) or not isinstance(event.get("routing_key"), str):
            raise Refusal(400, "Malformed", "routing_key must be a string.")
        dedup_key = event.get("dedup_key")
        if dedup_key is None and event.get("event_action", "trigger") == "trigger":
            dedup_key = event["dedup_key"] = uuid.uuid4().hex
            body = orjson.dumps(event)
        await self._submit(Post(event["routing_key"], body, format=form), "pagerduty")
        return 202, orjson.dumps({"status": "success", "message": "Event processed", "dedup_key": dedup_key})

    async def _submit(self, post: Post, form: str) -> list[Receipt]:
        try:
            with SECONDS.time():
                answer: Answer = await self._batcher.submit(post)
        except Overloaded:
            raise BUSY from None
        if isinstance(answer, Exception):
            raise _refused(answer)
        for receipt in answer:
            ALERTS.labels(form, "duplicate" if receipt.duplicate else "kept").inc()
        return answer

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body, unpacked. Raises Refusal."""
        length = headers.get(b"content-length", b"")
        declared = int(length) if length.isdigit() else 0
        parts: list[bytes] = []
        size = 0
        while True:
            event = await receive()
            if event["type"] != "http.request":
                raise CUT
            size += len(event["body"])
            if size <= self._max_bytes and declared <= self._max_bytes:
                parts.append(event["body"])
            elif size > DRAINED:
                raise TOO_LARGE
            if not event.get("more_body", False):
                break
        if size > self._max_bytes or declared > self._max_bytes:
            raise TOO_LARGE
        kind = headers.get(b"content-type", b"application/json").lower()
        encoding = headers.get(b"content-encoding", b"identity").lower()
        if _JSON.match(kind) is None or encoding not in {b"identity", b"gzip"}:
            raise NOT_JSON
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        return unpack(body, self._max_bytes) if encoding == b"gzip" else body


def unpack(body: bytes, most: int) -> bytes:
    """A gzip body, never more than `most` bytes of it in memory. Raises Refusal."""
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(body, most + 1)
    except zlib.error:
        raise BAD_GZIP from None
    if len(plain) > most:
        raise TOO_LARGE
    if not machine.eof:
        raise BAD_GZIP
    return plain


def _bearer(headers: Headers) -> str:
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not key.strip():
        raise NO_KEY
    return key.strip().decode("latin-1")


def _refused(answer: Exception) -> Refusal:
    match answer:
        case Unauthorized():
            return NO_KEY
        case NoSuchSource():
            return NOT_FOUND
        case SourcePaused():
            return PAUSED
        case Malformed():
            return Refusal(400, "Malformed", str(answer))
        case WrongShape():
            return Refusal(422, "Wrong shape", str(answer))
        case NotDurable():
            return DOWN
        case _:
            return DOWN


def _receipts(receipts: Iterable[Receipt]) -> bytes:
    listed = [
        {"id": receipt.alert_id, "incident_id": receipt.incident_id, "duplicate": receipt.duplicate}
        for receipt in receipts
    ]
    return orjson.dumps({"accepted": len(listed), "alerts": listed})


async def _refuse(send: Send, refusal: Refusal, *, pagerduty: bool) -> None:
    body: dict[str, object]
    if pagerduty:
        body = {"status": "invalid event", "message": refusal.title, "errors": [refusal.detail]}
    else:
        body = {"type": "about:blank", "title": refusal.title, "status": refusal.status, "detail": refusal.detail}
    extra = []
    if refusal.retry_after is not None:
        extra.append((b"retry-after", str(refusal.retry_after).encode()))
    if refusal.status == 401:  # noqa: PLR2004
        extra.append((b"www-authenticate", b'Bearer realm="alertveil"'))
    if refusal.status == 405:  # noqa: PLR2004
        extra.append((b"allow", b"POST"))
    await _reply(send, refusal.status, orjson.dumps(body), b"application/problem+json", extra)


async def _reply(
    send: Send,
    status: int,
    body: bytes,
    kind: bytes = b"application/json",
    extra: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", kind),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                *extra,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
