"""REST `/api/v1`: what machines read and do, over the flows that the pages and the command line ask, too.

A token leads to one tenant, and no request can name another: what is not the tenant's is not there. Who may do what is
checked by the flow (`flow.api.allow`), so an operation says its deed and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from router.flow import api, tokens
from router.flow.api import Kept, Marks
from router.flow.snapshot import Snapshots
from router.flow.tokens import Caller
from router.runtime import Runtime
from router.web.api import acting, channels, document, hooking, problem, reading, silences, ways
from router.web.api.operation import Call, Operation, etag, is_uuid
from router.web.api.problem import Problem

logger = logging.getLogger(__name__)

OPERATIONS: Final = (
    *reading.OPERATIONS,
    *acting.OPERATIONS,
    *channels.OPERATIONS,
    *silences.OPERATIONS,
    *ways.OPERATIONS,
    *hooking.OPERATIONS,
)

BODY_BYTES: Final = 2 * 1024 * 1024
"""A request is no longer: a configuration of a megabyte, escaped."""

DRAINED: Final = 32 * 1024 * 1024
"""Bytes of a body that is too long which are read and thrown away, so that the client gets to read its 413."""

AT_ONCE: Final = 2
"""Requests that may use the database at once: the rest of the process's connections are for alerts and pages."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_JSON: Final = re.compile(r"application/([a-z0-9.-]+\+)?json", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_NAMED: Final = re.compile(r"[^\x00-\x1f\x7f]{1,63}")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A finished answer."""

    status: int
    content: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def mount(runtime: Runtime, snapshots: Snapshots) -> Mount:
    """The API where it lives."""
    gate = asyncio.Semaphore(AT_ONCE)
    places: dict[str, list[Operation]] = defaultdict(list)
    for each in OPERATIONS:
        places[each.path].append(each)
    # A path without a parameter comes first, so that `/deliveries/recover` is no delivery.
    ordered = sorted(places.items(), key=lambda item: item[0].count("{"))
    routes = [
        Route("/openapi.json", _Document(document.make(OPERATIONS))),
        *(Route(path, _Place(runtime, snapshots, gate, found)) for path, found in ordered),
    ]
    made = Mount("/api/v1", app=Router(routes, redirect_slashes=False, default=_nothing))
    # Starlette's own pattern ends at a line break, and whoever asks with one would get a text that is no problem+json.
    made.path_regex = re.compile(made.path_regex.pattern, re.DOTALL)
    return made


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    request_id = uuid.uuid4().hex
    await _dress(_troubled(problem.not_found(), request_id), request_id)(scope, receive, send)


class _Document:
    """The API's description; anybody may read it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._tag = etag(content)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, request_id = Request(scope), uuid.uuid4().hex
        if request.method not in {"GET", "HEAD"}:
            answer = _troubled(_not_allowed(["GET", "HEAD"]), request_id)
        elif _same(request.headers.get("if-none-match", ""), self._tag):
            answer = Answer(304, b"", headers={"etag": self._tag})
        else:
            answer = Answer(200, self._content, headers={"etag": self._tag})
        await _dress(answer, request_id)(scope, receive, send)


class _Place:
    """One path and what can be done there."""

    def __init__(
        self, runtime: Runtime, snapshots: Snapshots, gate: asyncio.Semaphore, operations: Sequence[Operation]
    ) -> None:
        self._runtime = runtime
        self._snapshots = snapshots
        self._gate = gate
        self._operations = {each.method: each for each in operations}
        if "GET" in self._operations:
            self._operations["HEAD"] = self._operations["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, request_id = Request(scope, receive), uuid.uuid4().hex
        try:
            answer = await self._answer(request, request_id)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is becomes a problem that repeats nothing
            answer = _troubled(problem.of(error), request_id)
        await _dress(answer, request_id)(scope, receive, send)

    async def _answer(self, request: Request, request_id: str) -> Answer:
        operation = self._operations.get(request.method)
        if operation is None:
            raise _not_allowed(sorted(self._operations))
        secret = _bearer(request)
        caller: Caller = await self._do(self._let_in, operation, secret, request_id)
        path = {name: _part(name, value) for name, value in request.path_params.items()}
        query = _query(operation, request)
        content = await _content(request)
        body = _body(operation, request, content)
        match = request.headers.get("if-match", "")
        if operation.matched and not match:
            raise Problem(428, "match-needed", "An If-Match is needed", "Send the ETag of what you read before.")
        call = Call(self._runtime, self._snapshots, caller, request_id, path, query, body, match)
        key = request.headers.get("idempotency-key") if operation.once else None
        if key is not None:
            if not _KEY.fullmatch(key):
                raise problem.malformed("An Idempotency-Key has 1 to 255 visible ASCII characters.")
            marks = Marks.of(
                secret, key, request.method.encode(), request.scope["path"].encode("utf-8", "replace"), content
            )
            done: Answer = await self._do(self._once, operation, call, marks)
            return done
        answer: Answer = await self._do(self._run, operation, call)
        tag = answer.headers.get("etag", "")
        if tag and _same(request.headers.get("if-none-match", ""), tag):
            return Answer(304, b"", headers={"etag": tag})
        return answer

    async def _do(self, work: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401 - the work's own
        async with self._gate:
            return await asyncio.to_thread(work, *given)

    def _let_in(self, operation: Operation, secret: str, request_id: str) -> Caller:
        caller = tokens.authenticate(self._runtime, secret)
        if caller is None:
            raise problem.unauthorized(
                "This token does not hold: mistyped, revoked or past its end. An administrator makes another one.",
                error="invalid_token",
            )
        if operation.deed is not None:
            api.allow(
                self._runtime, caller, operation.deed, operation.name, fresh=operation.fresh, request_id=request_id
            )
        return caller

    def _once(self, operation: Operation, call: Call, marks: Marks) -> Answer:
        """Do it unless it was done; what fails on our side leaves nothing behind."""
        before = api.begin(self._runtime, call.caller, marks)
        if before is not None:
            return Answer(before.status, before.body, before.kind, {"idempotent-replayed": "true"})
        try:
            try:
                answer = self._run(operation, call)
            except Exception as error:
                found = problem.of(error)
                if found.status >= 500:  # noqa: PLR2004 - ours, so it may be sent again
                    raise
                answer = _troubled(found, call.request_id)
        except BaseException:
            api.end(self._runtime, call.caller, marks, None)
            raise
        api.end(self._runtime, call.caller, marks, Kept(answer.status, answer.kind, answer.content))
        return answer

    @staticmethod
    def _run(operation: Operation, call: Call) -> Answer:
        found = operation.run(call)
        content = msgspec.json.encode(found)
        headers = {}
        if operation.tagged:
            headers["etag"] = operation.version(found) if operation.version else etag(content)
        return Answer(operation.status, content, headers=headers)


def _bearer(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise problem.unauthorized("Send `Authorization: Bearer av_…`; `alertveil tokens add` makes a token.")
    return secret.strip()


def _part(name: str, value: str) -> Any:  # noqa: ANN401 - uuid, number or text
    """A part of the path as what it names. Raises Problem: nothing can be named so."""
    if name == "revision" and _DIGITS.fullmatch(value):
        return int(value)
    if name in {"channel", "quarter"} and _NAMED.fullmatch(value):
        return value
    if name not in {"revision", "channel", "quarter"} and is_uuid(value):
        return uuid.UUID(value)
    raise problem.not_found("There is no such thing: a part of the address names nothing.")


def _query(operation: Operation, request: Request) -> Any:  # noqa: ANN401 - the operation's own
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    if operation.query is None:
        if names:
            raise problem.malformed("This address takes no parameters.")
        return None
    if len(set(names)) < len(names) or any("\0" in value for _, value in given):
        raise problem.malformed("Each parameter is given once, as text.")
    try:
        return msgspec.convert(dict(given), operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise problem.malformed(problem.shape(error)) from None


async def _content(request: Request) -> bytes:
    """The whole body. Raises Problem: it is too long."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= BODY_BYTES:
            parts.append(part)
        elif size > DRAINED:
            break
    if size > BODY_BYTES:
        raise Problem(413, "too-large", "The request is too large", f"At most {BODY_BYTES} bytes are taken.")
    return b"".join(parts)


def _body(operation: Operation, request: Request, content: bytes) -> Any:  # noqa: ANN401 - the operation's own
    if operation.body is None:
        return None
    if content or request.headers.get("content-type"):
        media = request.headers.get("content-type", "").partition(";")[0].strip()
        if not _JSON.fullmatch(media):
            raise Problem(415, "media-type", "The media type is not taken", "Send application/json.")
    try:
        if b"\\u0000" in content:
            raise problem.unfit("A text holds a NUL character, which cannot be kept.")
        return msgspec.json.decode(content or b"{}", type=operation.body)
    except msgspec.ValidationError as error:
        raise problem.unfit(problem.shape(error)) from None
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        raise problem.malformed("The body is no JSON.") from None


def _same(wanted: str, tag: str) -> bool:
    """Does an If-None-Match name this tag (RFC 9110 §13.1.2: weak comparison)."""
    return wanted.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in wanted.split(",")}


def _not_allowed(methods: Sequence[str]) -> Problem:
    return Problem(
        405,
        "method",
        "This is not done here",
        f"Here go {', '.join(methods)}.",
        headers={"allow": ", ".join(methods)},
    )


def _troubled(found: Problem, request_id: str) -> Answer:
    return Answer(found.status, problem.body(found, request_id), problem.MEDIA, found.headers)


def _dress(answer: Answer, request_id: str) -> Response:
    headers = {**answer.headers, "x-request-id": request_id}
    if answer.status == 304:  # noqa: PLR2004 - has no body, so no type
        return Response(None, 304, headers)
    return Response(answer.content, answer.status, headers, media_type=answer.kind)
