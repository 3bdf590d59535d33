"""Where alerts come in: raw ASGI, because every microsecond and every byte in memory counts here.

No answer repeats anything of the body, whatever is wrong with it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, unquote

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
    UnknownType,
    Unvouched,
)
from router.flow.sns import NotSigned, Vouched
from router.sources import opsgenie, sentry_sdk
from router.sources.body import read
from router.sources.contract import Malformed, WrongShape
from router.sources.registry import FORMATS
from router.web.batch import Batcher, Overloaded
from router.web.unpack import ENCODINGS, Packed, TooLarge, packing, unpack

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]

DRAINED: Final = 32 * 1024 * 1024
"""Bytes of an over-large body that are read and thrown away, so that its client gets to read the 413 (design §6)."""

_ENVELOPE: Final = re.compile(r"/api/[A-Za-z0-9_-]{1,64}/envelope/?")
_OPSGENIE: Final = re.compile(r"/v2/alerts(?:/([^/]{1,1536})/([a-z]{1,32}))?/?")
_NAMED_KEY: Final = re.compile(r"(?:^|[\s,])sentry_key=([^\s,]+)")

REFUSED = Counter("alertveil_ingest_refused", "Requests refused.", ["status"])
LET_GO = Counter("alertveil_ingest_envelope_items_dropped", "Items of Sentry envelopes that are no events.", ["type"])
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
NO_ROUTING_KEY = Refusal(401, "Unauthorized", "Send the source's key as routing_key; this one is not known here.")
NOT_FOUND = Refusal(404, "Not found", "There is no such source in this tenant.")
NO_ACTION = Refusal(404, "Not found", "An alert can be closed or acknowledged here, by its alias.")
NOT_ALLOWED = Refusal(405, "Method not allowed", "Alerts are sent with POST.")
NOT_PACKED_SO = Refusal(415, "Unsupported media type", "Send the body plain or packed with gzip or deflate.")
PAUSED = Refusal(403, "Paused", "This source is paused. Resume it to send alerts again.")
DOWN = Refusal(503, "Not durable", "The alert could not be kept. Nothing was stored; send it again.", retry_after=5)
BUSY = Refusal(503, "Busy", "Too many alerts are waiting. Nothing was stored; send it again.", retry_after=2)
BAD_PACKING = Refusal(400, "Malformed", "The body is not packed as its Content-Encoding says, or ends early.")
CUT = Refusal(400, "Malformed", "The body ended early.")
BY_ALIAS = Refusal(
    422, "Wrong shape", "identifierType: expected `alias`; this server gives out no other identifiers of alerts."
)


@dataclass(frozen=True, slots=True, repr=False)
class Arrived:
    """A request's body, unpacked, with what the edge has to say against it, and its headers."""

    body: bytes
    headers: Headers
    fault: Refusal | None

    @property
    def kind(self) -> str | None:
        """The media type in lower case without its parameters; None when the client names none."""
        given = self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        return given.decode("latin-1") or None

    def post(self, key: str, **more: Any) -> Post:  # noqa: ANN401 - fields of a post
        """What intake is told of it."""
        return Post(key, self.body, kind=self.kind, headers=self.headers, fault=self.fault, **more)


class Ingest:
    """The endpoints of design §6 that take alerts."""

    def __init__(self, batcher: Batcher, max_bytes: int, vouch: Callable[[Unvouched, bytes], Vouched]) -> None:
        """`vouch` is `router.flow.sns.Sns.vouch`; it may take a while, so it is asked in a thread of its own."""
        self._batcher = batcher
        self._max_bytes = max_bytes
        self._vouch = vouch

    def takes(self, path: str) -> bool:
        """Is this path one of ours."""
        return (
            path.startswith(("/ingest/", "/v2/alerts"))
            or path in {"/v2/enqueue", "/api/v2/alerts"}
            or _ENVELOPE.fullmatch(path) is not None
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"]
        try:
            if scope["method"] != "POST":
                raise NOT_ALLOWED
            arrived = await self._arrive(path, dict(scope["headers"]), receive)
            status, answer = await self._endpoint(path)(scope, arrived)
        except Refusal as refusal:
            REFUSED.labels(str(refusal.status)).inc()
            await _refuse(send, refusal, path)
            return
        await _reply(send, status, answer, extra=_extra(path))

    def _endpoint(self, path: str) -> Callable[[Scope, Arrived], Awaitable[tuple[int, bytes]]]:
        if path.startswith("/ingest/"):
            return self._alerts
        if path == "/v2/enqueue":
            return self._enqueue
        if path == "/api/v2/alerts":
            return self._prometheus
        return self._opsgenie if path.startswith("/v2/alerts") else self._envelope

    async def _alerts(self, scope: Scope, arrived: Arrived) -> tuple[int, bytes]:
        parts = _parts(scope)
        if len(parts) < 2:  # noqa: PLR2004 - tenant, source
            raise NOT_FOUND
        # Keys that people make are often base64, whose slashes some clients escape and others do not.
        key = "/".join(parts[2:]) or _key(arrived.headers)
        try:
            return 202, _receipts(await self._submit(arrived.post(key, tenant=parts[0], source=parts[1])))
        except Refusal as refusal:
            if refusal is NO_KEY and len(parts) > 3:  # noqa: PLR2004 - it was no key with slashes but no place of ours
                raise NOT_FOUND from None
            raise

    async def _prometheus(self, _: Scope, arrived: Arrived) -> tuple[int, bytes]:
        post = arrived.post(_key(arrived.headers), format=FORMATS["alertmanager"])
        return 200, _receipts(await self._submit(post))

    async def _enqueue(self, _: Scope, arrived: Arrived) -> tuple[int, bytes]:
        """PagerDuty's own answer shapes; the routing key is the source key."""
        if arrived.fault is not None:
            raise arrived.fault  # the key is in what cannot be read
        body = arrived.body
        try:
            event = read(body)  # strict here, since what is written again below has lost its duplicate keys
        except Malformed as refused:
            raise _refused(refused) from None
        if not isinstance(event, dict) or not isinstance(event.get("routing_key"), str):
            raise Refusal(422, "Wrong shape", "routing_key must be a string.")
        dedup_key = event.get("dedup_key")
        if (dedup_key is None or dedup_key == "") and event.get("event_action", "trigger") == "trigger":
            dedup_key = event["dedup_key"] = uuid.uuid4().hex
            body = orjson.dumps(event)
        post = replace(arrived, body=body).post(event["routing_key"], format=FORMATS["pagerduty"])
        try:
            await self._submit(post)
        except Refusal as refusal:
            raise NO_ROUTING_KEY if refusal is NO_KEY else refusal from None
        return 202, orjson.dumps({"status": "success", "message": "Event processed", "dedup_key": dedup_key})

    async def _opsgenie(self, scope: Scope, arrived: Arrived) -> tuple[int, bytes]:
        """Opsgenie's Alert API: create, and close or acknowledge by alias. Its answer is that it will be done."""
        key = _key(arrived.headers)
        called = _OPSGENIE.fullmatch(scope.get("raw_path", b"").decode("latin-1") or scope["path"])
        if called is None:
            raise NO_ACTION
        post = arrived.post(key, format=FORMATS["opsgenie"])
        if called[1] is not None:
            post = _action(scope, post, unquote(called[1]), called[2])
        await self._submit(post)
        return 202, orjson.dumps({"result": "Request will be processed", "took": 0.0, "requestId": str(uuid.uuid4())})

    async def _envelope(self, scope: Scope, arrived: Arrived) -> tuple[int, bytes]:
        """A Sentry SDK's envelope. The SDK wants a 200 and never sends again, whatever the answer."""
        public = _sentry_key(scope, arrived.headers)
        envelope: sentry_sdk.Envelope | None = None
        problem: Exception | None = arrived.fault
        if problem is None:
            try:
                envelope = sentry_sdk.envelope(arrived.body)
            except (Malformed, WrongShape) as refused:
                problem = refused
        public = public or (envelope.key if envelope else "")
        if not public:
            raise NO_KEY
        post = replace(arrived.post(sentry_sdk.plain_key(unquote(public)), format=FORMATS["sentry-sdk"]), fault=problem)
        await self._submit(post)
        if envelope is None:
            raise DOWN
        for kind, _ in envelope.items:
            if kind != "event":
                LET_GO.labels(kind if kind in sentry_sdk.KINDS else "other").inc()
        return 200, orjson.dumps({"id": envelope.event_id} if envelope.event_id else {})

    async def _submit(self, post: Post) -> list[Receipt]:
        try:
            with SECONDS.time():
                answer: Answer = await self._batcher.submit(post)
            if isinstance(answer, Unvouched):
                vouched = await asyncio.to_thread(self._vouch, answer, post.body)
                if vouched.confirmed:
                    return []
                answer = await self._batcher.submit(replace(post, vouched=True))
        except Overloaded:
            raise BUSY from None
        except (NotSigned, NotDurable, Malformed, WrongShape) as refused:
            raise _refused(refused) from None
        if isinstance(answer, Exception):
            raise _refused(answer)
        return answer

    async def _arrive(self, path: str, headers: Headers, receive: Receive) -> Arrived:
        """The whole body, unpacked. What is wrong with its packing is told later, to who has a key.

        Raises:
            Refusal: it is too large, or ended early.
        """
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
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        named = headers.get(b"content-encoding")
        encoding = packing(named) if named else ""
        if not encoding:
            return Arrived(body, headers, None)
        if encoding not in ENCODINGS or (encoding == "br" and not _ENVELOPE.fullmatch(path)):
            return Arrived(b"", headers, NOT_PACKED_SO)
        try:
            return Arrived(unpack(body, encoding, self._max_bytes), headers, None)
        except TooLarge:
            raise TOO_LARGE from None
        except Packed:
            return Arrived(b"", headers, BAD_PACKING)


def _parts(scope: Scope) -> list[str]:
    """What follows `/ingest/` in the path, each part unescaped by itself; a slash at the end adds none."""
    raw = scope.get("raw_path")
    parts = [unquote(each) for each in raw.decode("latin-1").split("/")] if raw else scope["path"].split("/")
    return parts[2:] if parts[-1] else parts[2:-1]


def _action(scope: Scope, post: Post, alias: str, name: str) -> Post:
    """An action of Opsgenie's API as its webhook says it; what is wrong with it becomes the post's fault."""
    if name not in opsgenie.API_ACTIONS:
        return replace(post, fault=post.fault or NO_ACTION)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if query.get("identifierType", ["id"]) != ["alias"]:
        return replace(post, fault=post.fault or BY_ALIAS)
    try:
        return replace(post, body=opsgenie.action(post.body, name, alias))
    except (Malformed, WrongShape) as refused:
        return replace(post, fault=post.fault or refused)


def _sentry_key(scope: Scope, headers: Headers) -> str:
    """The DSN's public key, from `X-Sentry-Auth` or the query; empty when neither has one."""
    named = _NAMED_KEY.search(headers.get(b"x-sentry-auth", b"").decode("latin-1"))
    if named is not None:
        return named[1]
    query = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1"))
    return query.get("sentry_key", [""])[0]


def _key(headers: Headers) -> str:
    """The key of `Authorization`: Bearer, GenieKey as Opsgenie's clients say, or the password of Basic."""
    scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
    given = given.strip()
    if scheme.lower() == b"basic":
        try:
            given = base64.b64decode(given, validate=True).partition(b":")[2]
        except binascii.Error:
            raise NO_KEY from None
    elif scheme.lower() not in {b"bearer", b"geniekey"}:
        raise NO_KEY
    if not given:
        raise NO_KEY
    return given.decode("latin-1")


def _refused(answer: Exception) -> Refusal:
    match answer:
        case Refusal():
            return answer
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
        case UnknownType():
            return Refusal(415, "Unsupported media type", str(answer))
        case NotSigned():
            return Refusal(403, "Not signed", str(answer))
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


def _extra(path: str) -> list[tuple[bytes, bytes]]:
    """A browser's SDK may read the answer, or it takes every event for lost; no cookie opens this endpoint."""
    return [(b"access-control-allow-origin", b"*")] if _ENVELOPE.fullmatch(path) else []


async def _refuse(send: Send, refusal: Refusal, path: str) -> None:
    body: dict[str, object]
    kind = b"application/problem+json"
    if path == "/v2/enqueue":
        kind = b"application/json"
        body = {"status": "invalid event", "message": refusal.title, "errors": [refusal.detail]}
    else:
        body = {"type": "about:blank", "title": refusal.title, "status": refusal.status, "detail": refusal.detail}
    extra = _extra(path)
    if refusal.retry_after is not None:
        extra.append((b"retry-after", str(refusal.retry_after).encode()))
    if refusal.status == 401:  # noqa: PLR2004
        extra.append((b"www-authenticate", b'Bearer realm="alertveil"'))
    if refusal.status == 405:  # noqa: PLR2004
        extra.append((b"allow", b"POST"))
    await _reply(send, refusal.status, orjson.dumps(body), kind, extra)


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
