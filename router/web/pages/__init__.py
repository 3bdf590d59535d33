"""The pages: sign in, see what is live, act on an incident, look after channels. Plain HTML and forms, no script.

A page asks one flow and shows its answer. Everything of a tenant is read under that tenant's row-level security, so a
page cannot show what the session's tenant does not own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.core.alert import RANK
from router.core.incident import Action
from router.flow import overview, respond, signin
from router.flow.signin import Visitor
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.store.session import DatabaseDown
from router.web.pages import guard, look

logger = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""Pages that may use the database at once: the rest of the process's connections are for alerts."""

REFRESH: Final = 15
"""Seconds after which the live list loads itself again; that is no click, so it holds no session open."""

ACTIONS: Final = frozenset(get_args(Action))

_Handler = Callable[[Request], Awaitable[Response]]


def routes(runtime: Runtime, snapshots: Snapshots) -> list[Route]:
    """The routes of all pages."""
    return Pages(runtime, snapshots).routes()


class Pages:
    """The handlers; they share a runtime and a gate to it."""

    def __init__(self, runtime: Runtime, snapshots: Snapshots) -> None:
        self._runtime = runtime
        self._snapshots = snapshots
        self._gate = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/", self._dressed(self._live), methods=["GET"]),
            Route("/incidents/{incident_id:uuid}", self._dressed(self._incident), methods=["GET"]),
            Route("/incidents/{incident_id:uuid}/{action}", self._dressed(self._act), methods=["POST"]),
            Route("/channels", self._dressed(self._channels), methods=["GET"]),
            Route("/sign-in", self._dressed(self._door), methods=["GET"]),
            Route("/sign-in", self._dressed(self._sign_in), methods=["POST"]),
            Route("/sign-out", self._dressed(self._sign_out), methods=["POST"]),
            Route("/static/{name}", self._dressed(self._static), methods=["GET"]),
        ]

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _live(self, request: Request) -> Response:
        visitor = await self._visitor(request, seen="auto" not in request.query_params)
        if visitor is None:
            return _to_door(request)
        severity = request.query_params.get("severity")
        severity = severity if severity in RANK else None
        found = await self._ask(
            overview.live, visitor.tenant_id, severity=severity, after=_after(request.query_params.get("after", ""))
        )
        still = "still" in request.query_params
        here = f"severity={severity}&" if severity else ""
        return _page(
            "live.html",
            visitor,
            found=found,
            severity=severity,
            more=f"/?{here}after={found.more[0]}.{found.more[1]}" if found.more else "",
            still=still,
            toggle=f"/?{here}still=1" if not still else f"/?{here}".rstrip("?&"),
            refresh="" if still or "after" in request.query_params else f"{REFRESH};url=/?{here}auto=1",
        )

    async def _incident(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return _to_door(request)
        found = await self._ask(overview.incident, visitor.tenant_id, _incident_id(request))
        if found is None:
            return _sorry(404, "There is no such incident", "Perhaps it belongs to another tenant.", visitor)
        return _page("incident.html", visitor, found=found, one=found.incident, responds=may(visitor.roles, "respond"))

    async def _act(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return _to_door(request)
        refusal = await self._refusal(request, visitor)
        if refusal is not None:
            return refusal
        action, incident_id = request.path_params["action"], _incident_id(request)
        if action not in ACTIONS:
            return _sorry(404, "There is no such action", "Go back and try again.", visitor)
        if not may(visitor.roles, "respond"):
            return _sorry(403, "Your roles do not allow this", "A responder or operator acts on incidents.", visitor)
        try:
            async with self._gate:
                await asyncio.to_thread(
                    respond.respond,
                    self._runtime.database,
                    self._snapshots,
                    self._runtime.broker.ring,
                    visitor.tenant_id,
                    incident_id,
                    action,
                    visitor.email,
                )
        except respond.NoSuchIncident:
            return _sorry(404, "There is no such incident", "Perhaps it belongs to another tenant.", visitor)
        return RedirectResponse(f"/incidents/{incident_id}", 303)

    async def _channels(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return _to_door(request)
        found = await self._ask(overview.channels, visitor.tenant_id)
        return _page("channels.html", visitor, found=found)

    # -- coming and going ---------------------------------------------------------------------------------------------

    async def _door(self, request: Request) -> Response:
        if await self._visitor(request, seen=False) is not None:
            return RedirectResponse(_next(request.query_params.get("next", "")), 303)
        return _page("sign-in.html", None, next=_next(request.query_params.get("next", "")), wrong=False)

    async def _sign_in(self, request: Request) -> Response:
        if not guard.own_origin(request, self._runtime.public_url):
            return _sorry(403, "This form came from another site", "Open the sign-in page itself and try again.")
        given = await guard.form(request)
        goal = _next(given.get("next", ""))
        secret = await self._ask(signin.exchange, given.get("code", ""))
        if secret is None:
            return _page("sign-in.html", None, 401, next=goal, wrong=True)
        response = RedirectResponse(goal, 303)
        response.set_cookie(
            guard.cookie_name(request, self._runtime.public_url),
            secret,
            max_age=int(signin.SESSION_HOLDS.total_seconds()),
            path="/",
            secure=guard.encrypted(request, self._runtime.public_url),
            httponly=True,
            samesite="strict",
        )
        return response

    async def _sign_out(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is not None:
            refusal = await self._refusal(request, visitor)
            if refusal is not None:
                return refusal
            await self._ask(signin.leave, self._secret(request))
        response = RedirectResponse("/sign-in", 303)
        name = guard.cookie_name(request, self._runtime.public_url)
        secure = guard.encrypted(request, self._runtime.public_url)
        response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")
        return response

    async def _static(self, request: Request) -> Response:
        try:
            content, kind = look.static(request.path_params["name"])
        except KeyError:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        return Response(content, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})

    # -- what they share ----------------------------------------------------------------------------------------------

    def _dressed(self, handler: _Handler) -> _Handler:
        """The handler, its answer with our headers, and a page instead of an error when the database is away."""

        async def served(request: Request) -> Response:
            try:
                response = await handler(request)
            except DatabaseDown as error:
                logger.warning("page not served", extra={"sqlstate": error.sqlstate})
                response = _sorry(503, "The database does not answer", "Nothing is lost. Try again in a moment.")
                response.headers["retry-after"] = "5"
            return guard.dress(response, request, self._runtime.public_url)

        return served

    async def _ask(self, flow: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401 - the flow's own
        """What a flow answers, in a thread and through the gate."""
        async with self._gate:
            return await asyncio.to_thread(flow, self._runtime, *given, **named)

    def _secret(self, request: Request) -> str:
        return request.cookies.get(guard.cookie_name(request, self._runtime.public_url), "")

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
        return _sorry(403, "This form is not from your session", "Load the page again, and then act.", visitor)


def _page(template: str, visitor: Visitor | None, status: int = 200, **given: object) -> HTMLResponse:
    return HTMLResponse(look.environment().get_template(template).render(visitor=visitor, **given), status)


def _sorry(status: int, title: str, text: str, visitor: Visitor | None = None) -> HTMLResponse:
    return _page("sorry.html", visitor, status, title=title, text=text)


def _to_door(request: Request) -> Response:
    """To the sign-in page, and afterwards back here.

    A link in Slack or a mail arrives without our cookie, because it is SameSite=Strict: then a page of ours loads the
    same address once more, and that request brings the cookie.
    """
    if request.method == "GET" and guard.from_elsewhere(request):
        return _page("again.html", None, url=request.url.path)
    path = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/sign-in" if path == "/" else f"/sign-in?next={quote(path)}", 303)


def _next(path: str) -> str:
    """Where to go after signing in: one of our own pages, whatever the address said."""
    head, _, tail = path.partition("/incidents/")
    if not head and tail:
        try:
            return f"/incidents/{UUID(tail)}"
        except ValueError:
            return "/"
    return "/channels" if path == "/channels" else "/"


def _incident_id(request: Request) -> UUID:
    found: UUID = request.path_params["incident_id"]
    return found


def _after(text: str) -> tuple[int, UUID] | None:
    """The rank and id that a `more` link carries; None when it is no such thing."""
    rank, _, last = text.partition(".")
    try:
        return int(rank), UUID(last)
    except ValueError:
        return None
