"""First steps by page: source, channel, route and a test alert seen arriving; it goes on where somebody left off."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.flow import accounts, start
from router.flow.apply import Stale
from router.flow.manage import NotPossible
from router.flow.signin import Visitor
from router.sources.registry import FORMATS
from router.web.pages import guard
from router.web.pages.configuring import Configuring, by
from router.web.pages.shell import page, sorry
from router.web.pages.sources import filled

LOOK_AGAIN: Final = 3
"""Seconds after which the page of somebody who waits for their test alert loads itself again."""


class Start(Configuring):
    """The handlers of the first steps."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/start", self._signed(self._steps), methods=["GET"]),
            Route("/start/route", self._signed(self._lead, form=True), methods=["POST"]),
            Route("/start/test", self._signed(self._send, form=True), methods=["POST"]),
        ]

    async def _steps(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "start", fresh=False)
        return await self._page(visitor, waits="sent" in request.query_params)

    async def _page(self, visitor: Visitor, *, waits: bool = False, status: int = 200, why: str = "") -> Response:
        found = await self._ask(start.steps, visitor.tenant_id)
        account = await self._ask(accounts.account, visitor)
        through = found.arrived is not None and found.arrived.through
        return page(
            "start.html",
            visitor,
            status,
            found=found,
            second=account.second,
            manages=may(visitor.roles, "manage"),
            formats=FORMATS,
            given=filled({}),
            refresh=f"{LOOK_AGAIN};url=/start?sent=1" if waits and not through else "",
            why=why,
        )

    async def _lead(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "routes.change", fresh=False)
        given = await guard.form(request)
        try:
            await self._ask(start.lead, visitor.tenant_id, given.get("channel", ""), by(visitor))
        except (NotPossible, Stale) as error:
            return await self._page(visitor, status=422, why=str(error))
        return RedirectResponse("/start", 303)

    async def _send(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "operate", "source.test", fresh=False)
        given = await guard.form(request)
        try:
            source_id = UUID(given.get("source", ""))
        except ValueError:
            return sorry(422, "Choose a source", "Go back and choose the source that the alert comes in at.", visitor)
        try:
            await self._ask(start.send, visitor.tenant_id, source_id, by(visitor))
        except NotPossible as error:
            return await self._page(visitor, status=422, why=str(error))
        return RedirectResponse("/start?sent=1", 303)
