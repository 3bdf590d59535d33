"""The pages: see what is live, act on an incident, look after channels. Plain HTML and forms, no script.

A page asks one flow and shows its answer. Everything of a tenant is read under that tenant's row-level security, so a
page cannot show what the session's tenant does not own.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, get_args
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.core.alert import RANK
from router.core.incident import Action
from router.flow import optin, overview, respond
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.web.pages import look
from router.web.pages.accounts import Accounts
from router.web.pages.baas import Baas
from router.web.pages.door import Door
from router.web.pages.evidence import Evidence, Installation
from router.web.pages.incident import IncidentPage
from router.web.pages.optins import OptIns
from router.web.pages.reviews import Reviews
from router.web.pages.shell import AT_ONCE, Shell, page, sorry, to_door

logger = logging.getLogger(__name__)

REFRESH: Final = 15
"""Seconds after which the live list loads itself again; that is no click, so it holds no session open."""

ACTIONS: Final = frozenset(get_args(Action))


def routes(runtime: Runtime, snapshots: Snapshots, installation: Installation = Installation()) -> list[Route]:  # noqa: B008 - immutable
    """The routes of all pages; `installation` is what evidence says of it."""
    gate = asyncio.Semaphore(AT_ONCE)
    return [
        *IncidentPage(runtime, snapshots, gate).routes(),
        *Pages(runtime, snapshots, gate).routes(),
        *Door(runtime, gate).routes(),
        *Accounts(runtime, gate).routes(),
        *OptIns(runtime, gate).routes(),
        *Baas(runtime, gate).routes(),
        *Reviews(runtime, gate).routes(),
        *Evidence(runtime, gate, installation).routes(),
    ]


class Pages(Shell):
    """Incidents and channels."""

    def __init__(self, runtime: Runtime, snapshots: Snapshots, gate: asyncio.Semaphore) -> None:
        super().__init__(runtime, gate)
        self._snapshots = snapshots

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/", self._dressed(self._live), methods=["GET"]),
            Route("/incidents/{incident_id:uuid}/{action}", self._dressed(self._act), methods=["POST"]),
            Route("/channels", self._dressed(self._channels), methods=["GET"]),
            Route("/static/{name}", self._dressed(self._static), methods=["GET"]),
        ]

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _live(self, request: Request) -> Response:
        visitor = await self._visitor(request, seen="auto" not in request.query_params)
        if visitor is None:
            return to_door(request)
        severity = request.query_params.get("severity")
        severity = severity if severity in RANK else None
        found = await self._ask(
            overview.live, visitor.tenant_id, severity=severity, after=_after(request.query_params.get("after", ""))
        )
        still = "still" in request.query_params
        here = f"severity={severity}&" if severity else ""
        return page(
            "live.html",
            visitor,
            found=found,
            severity=severity,
            more=f"/?{here}after={found.more[0]}.{found.more[1]}" if found.more else "",
            still=still,
            toggle=f"/?{here}still=1" if not still else f"/?{here}".rstrip("?&"),
            refresh="" if still or "after" in request.query_params else f"{REFRESH};url=/?{here}auto=1",
        )

    async def _act(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        refusal = await self._refusal(request, visitor)
        if refusal is not None:
            return refusal
        action, incident_id = request.path_params["action"], _incident_id(request)
        if action not in ACTIONS:
            return sorry(404, "There is no such action", "Go back and try again.", visitor)
        if not may(visitor.roles, "respond"):
            return sorry(403, "Your roles do not allow this", "A responder or operator acts on incidents.", visitor)
        try:
            async with self._gate:
                await asyncio.to_thread(
                    respond.respond,
                    self._runtime,
                    self._snapshots,
                    self._runtime.broker.ring,
                    visitor.tenant_id,
                    incident_id,
                    action,
                    visitor.email,
                )
        except respond.NoSuchIncident:
            return sorry(404, "There is no such incident", "Perhaps it belongs to another tenant.", visitor)
        return RedirectResponse(f"/incidents/{incident_id}", 303)

    async def _channels(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        found = await self._ask(overview.channels, visitor.tenant_id)
        modes = await self._ask(optin.modes, visitor.tenant_id)
        return page("channels.html", visitor, found=found, modes=modes)

    async def _static(self, request: Request) -> Response:
        try:
            content, kind = look.static(request.path_params["name"])
        except KeyError:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        return Response(content, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})


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
