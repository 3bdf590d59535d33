"""Around everything but ingest: our headers on every answer, whoever made it, and a limit of requests per address.

The limit is this process's own and in memory: it keeps one client from taking the pages away from the others. What
guards against guessing is counted in the database (`router.flow.brake`). Probes and metrics are not counted.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders

from router.web.pages import guard

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

AT_ONCE: Final = 600.0
"""Requests that an address may make in one go."""

A_SECOND: Final = 60.0
"""Requests a second that it may make for ever: far above what people and polling clients need."""

REMEMBERED: Final = 10_000
"""Addresses whose count is kept; the one that was quiet longest is forgotten first."""

_FREE: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class Outer:
    """The ASGI application around another."""

    def __init__(self, app: App, public_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._public_url = public_url
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or anything else as it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                guard.put_on(MutableHeaders(raw=message["headers"]), scope, self._public_url)
            await send(message)

        wait = 0.0 if scope["path"] in _FREE else self._wait((scope.get("client") or ("",))[0])
        if wait:
            await _too_many(dressed, wait)
        else:
            await self._app(scope, receive, dressed)

    def _wait(self, address: str) -> float:
        """Count a request of this address; the seconds to wait when it is one too many, else 0."""
        now = self._clock()
        level, at = self._levels.pop(address, (0.0, now))
        level = max(0.0, level - (now - at) * A_SECOND)
        over = level + 1 > AT_ONCE
        self._levels[address] = (level if over else level + 1, now)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)
        return (level + 1 - AT_ONCE) / A_SECOND if over else 0.0


async def _too_many(send: Send, wait: float) -> None:
    request_id = uuid.uuid4().hex
    kind = "urn:alertveil:problem:too-many"
    body = f'{{"type":"{kind}","title":"Too many requests","status":429,"request_id":"{request_id}"}}'.encode()
    headers = [
        (b"x-request-id", request_id.encode()),
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(max(1, round(wait))).encode()),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
