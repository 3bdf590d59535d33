"""The httpx door: an `httpx.BaseTransport` over the kit, for callers that are written against httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from channels import http1
from channels.contract import Reason
from channels.http1 import Response

if TYPE_CHECKING:
    from channels.kit import Kit

_OURS = frozenset({"host", "connection", "user-agent", "accept-encoding", "content-length", "transfer-encoding"})
_ERRORS: dict[Reason, type[httpx.TransportError]] = {
    Reason.TIMEOUT: httpx.ReadTimeout,
    Reason.DISCONNECTED: httpx.ReadError,
    Reason.BAD_ANSWER: httpx.RemoteProtocolError,
}


class KitTransport(httpx.BaseTransport):
    """Sends through a kit: vetted addresses, no redirects, no proxies, one deadline, 64 kB of answer at most."""

    def __init__(self, kit: Kit, deadline: float) -> None:
        self._kit = kit
        self._deadline = deadline

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request, one answer.

        Raises:
            httpx.TransportError: the kit's reason as its text, and nothing of the request or answer.
        """
        try:
            prepared = http1.prepare(
                str(request.url.copy_with(fragment=None)),
                [(name, value) for name, value in request.headers.items() if name not in _OURS],
                request.method,
            )
        except ValueError as error:
            raise httpx.UnsupportedProtocol(str(error)) from None
        answer = self._kit.post(prepared, request.read(), deadline=self._deadline)
        if not isinstance(answer, Response):
            raise _ERRORS.get(answer.reason, httpx.ConnectError)(answer.reason.value)
        if answer.truncated:
            raise httpx.ReadError("The answer is longer than 64 kB.")
        hidden = {"transfer-encoding", "content-length", "connection"}
        return httpx.Response(
            answer.status,
            headers=[(name, value) for name, value in answer.headers() if name not in hidden],
            content=answer.body,
        )
