"""One incident: what happened, who was told, and what stands behind its tokens for whoever may see it.

Revealed values are in one answer that nothing may store, and leave the screen after a minute: the style sheet hides
them, and the browser goes back to the page with the tokens. No script is needed for either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.core import reveal as core
from router.core.access import may
from router.flow import audit, overview, reveal, signin
from router.flow.reveal import HEADERS, Ask
from router.flow.signin import Visitor
from router.flow.snapshot import Snapshots
from router.privacy.tokens import KINDS
from router.runtime import Runtime
from router.web.pages import guard
from router.web.pages.governance import Governed, proof, proved
from router.web.pages.shell import page, sorry

SHOWN: Final = int(core.SHOWN_FOR.total_seconds())
SEEN: Final = 20
"""Accesses that an incident's page lists."""


class IncidentPage(Governed):
    """The page of one incident, and what is revealed on it."""

    def __init__(self, runtime: Runtime, snapshots: Snapshots, gate: asyncio.Semaphore) -> None:
        super().__init__(runtime, gate)
        self._snapshots = snapshots

    def routes(self) -> list[Route]:
        """Where each page is."""
        here = "/incidents/{incident_id:uuid}"
        return [
            Route(here, self._signed(self._incident), methods=["GET"]),
            Route(f"{here}/reveal", self._signed(self._reveal, form=True), methods=["POST"]),
        ]

    async def _incident(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(visitor, request.path_params["incident_id"])

    async def _page(
        self, visitor: Visitor, incident_id: UUID, *, status: int = 200, why: str = "", picked: Sequence[str] = ()
    ) -> Response:
        found = await self._ask(overview.incident, visitor.tenant_id, incident_id)
        if found is None:
            return sorry(404, "There is no such incident", "Perhaps it belongs to another tenant.", visitor)
        accesses: Sequence[audit.Shown] = ()
        if may(visitor.roles, "audit"):
            wanted = audit.Wanted(incident=incident_id)
            accesses = (await self._ask(audit.page, visitor.tenant_id, wanted, most=SEEN)).events
        return page(
            "incident.html",
            visitor,
            status,
            found=found,
            one=found.incident,
            responds=may(visitor.roles, "respond"),
            reveals=may(visitor.roles, "reveal"),
            proved=signin.stepped_up(visitor),
            tokens=_tokens(found.alerts),
            reasons=core.REASONS,
            accesses=accesses,
            audits=may(visitor.roles, "audit"),
            why=why,
            picked=picked,
        )

    async def _reveal(self, request: Request, visitor: Visitor) -> Response:
        proved(visitor, "reveal")
        incident_id: UUID = request.path_params["incident_id"]
        given = await guard.fields(request)
        picked = [value for name, value in given if name == "token"]
        words = dict(given)
        text = words.get("text", "").strip()
        code = words.get("reason", "")
        ask = Ask(
            visitor.tenant_id,
            incident_id,
            picked,
            f"{code}: {text}" if code in core.REASONS else text,
            visitor.email,
            proof(visitor),
        )
        try:
            shown = await self._ask(reveal.reveal, self._snapshots, self._runtime.broker.ring, ask)
        except reveal.NotAToken:
            return await self._page(visitor, incident_id, status=422, why="Tick at least one token.")
        except reveal.NoReason as error:
            return await self._page(visitor, incident_id, status=422, why=str(error), picked=picked)
        except reveal.Refused as error:
            if error.step_up:
                raise
            return await self._page(visitor, incident_id, status=403, why=str(error))
        response = page("revealed.html", visitor, incident_id=incident_id, shown=shown, kinds=KINDS, seconds=SHOWN)
        for name, value in HEADERS.items():
            # The referrer is left as on our other pages: without one this page's own forms would be refused (`guard`),
            # and the address holds nothing but the incident's id.
            if name != "Referrer-Policy":
                response.headers[name] = value
        response.headers["refresh"] = f"{SHOWN};url=/incidents/{incident_id}"
        return response


def _tokens(alerts: Sequence[Any]) -> dict[str, str]:
    """The tokens that sealing the shown alerts made, each with what it stands for; credentials open for nobody."""
    found: dict[str, str] = {}
    for alert in alerts:
        for token in core.spelled(alert.tokens):
            kind = token[1:].rpartition("_")[0]
            if kind != "SECRET" and len(found) < core.MOST_TOKENS:
                found[token] = KINDS.get(kind, kind)
    return found
