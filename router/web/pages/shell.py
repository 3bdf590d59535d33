"""What every page needs: who asks, whether a form is theirs, a flow's answer in a thread, our headers on the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from router.core.access import may
from router.core.clock import UTC_CLOCK
from router.flow import signin
from router.flow.signin import Visitor
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.store.session import DatabaseDown
from router.web.pages import guard, look

logger = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""Pages that may use the database at once: the rest of the process's connections are for alerts."""

Handler = Callable[[Request], Awaitable[Response]]


class Shell:
    """Base of the handlers; those of one process share a runtime and a gate to it."""

    def __init__(self, runtime: Runtime, gate: asyncio.Semaphore) -> None:
        self._runtime = runtime
        self._gate = gate

    def _dressed(self, handler: Handler) -> Handler:
        """The handler, its answer with our headers, and a page instead of an error when something we need is away."""

        async def served(request: Request) -> Response:
            try:
                response = await handler(request)
            except DatabaseDown as error:
                logger.warning("page not served", extra={"sqlstate": error.sqlstate})
                response = sorry(503, "The database does not answer", "Nothing is lost. Try again in a moment.")
                response.headers["retry-after"] = "5"
            except KeystoreDown:
                logger.warning("page not served: the keystore does not answer")
                response = sorry(503, "The keystore does not answer", "Nothing was changed. Try again in a moment.")
                response.headers["retry-after"] = "5"
            return guard.dress(response, request, self._runtime.public_url)

        return served

    async def _ask(self, flow: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401 - the flow's own
        """What a flow answers, in a thread and through the gate."""
        async with self._gate:
            return await asyncio.to_thread(flow, self._runtime, *given, **named)

    def _secret(self, request: Request) -> str:
        return request.cookies.get(guard.cookie_name(request, self._runtime.public_url), "")

    def _keep(self, response: Response, request: Request, secret: str, holds: timedelta) -> Response:
        """Give the browser a session's secret, for this long at most."""
        response.set_cookie(
            guard.cookie_name(request, self._runtime.public_url),
            secret,
            max_age=int(holds.total_seconds()),
            path="/",
            secure=guard.encrypted(request, self._runtime.public_url),
            httponly=True,
            samesite="strict",
        )
        return response

    async def _visitor(self, request: Request, *, seen: bool = True) -> Visitor | None:
        secret = self._secret(request)
        found: Visitor | None = await self._ask(signin.visitor, secret, seen=seen) if secret else None
        return found if found is not None and may(found.roles, "see") else None

    async def _refusal(self, request: Request, visitor: Visitor) -> Response | None:
        """Why this form is not taken; None: it is the visitor's own."""
        given = await guard.form(request)
        ours = guard.own_origin(request, self._runtime.public_url)
        if ours and guard.same_token(given.get("csrf", ""), visitor.csrf):
            return None
        return sorry(403, "This form is not from your session", "Load the page again, and then act.", visitor)


def page(template: str, visitor: Visitor | None, status: int = 200, **given: object) -> HTMLResponse:
    """A page out of a template."""
    clock = visitor.clock if visitor is not None else UTC_CLOCK
    text, copies = look.render(template, clock, visitor=visitor, **given)
    response = HTMLResponse(text, status)
    if copies:
        response.headers["content-security-policy"] = guard.WITH_SCRIPT
    return response


def sorry(status: int, title: str, text: str, visitor: Visitor | None = None) -> HTMLResponse:
    """A page that says what went wrong and what to do."""
    return page("sorry.html", visitor, status, title=title, text=text)


def to_door(request: Request) -> Response:
    """To the sign-in page, and afterwards back here.

    A link in Slack or a mail arrives without our cookie, because it is SameSite=Strict: then a page of ours loads the
    same address once more, and that request brings the cookie.
    """
    if request.method == "GET" and guard.from_elsewhere(request):
        return page("again.html", None, url=request.url.path)
    path = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/sign-in" if path == "/" else f"/sign-in?next={quote(path)}", 303)
