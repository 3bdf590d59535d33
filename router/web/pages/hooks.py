"""Hooks by page: which systems of one's own are told what, what came of it, and a secret that is shown once."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.core.hook import GROUPS, TYPES, NotUsable
from router.flow import hooks
from router.flow.hooks import Shown, Wanted
from router.flow.manage import NotPossible
from router.flow.signin import Visitor
from router.web.pages import guard
from router.web.pages.governance import Governed
from router.web.pages.shell import page

EVENTS: Final = 30
"""Events that a hook's page shows."""


class Hooks(Governed):
    """The handlers of hooks."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        here = "/hooks/{hook_id:uuid}"
        return [
            Route("/hooks", self._signed(self._list), methods=["GET"]),
            Route("/hooks", self._signed(self._add, form=True), methods=["POST"]),
            Route(here, self._signed(self._show), methods=["GET"]),
            Route(here, self._signed(self._change, form=True), methods=["POST"]),
            Route(f"{here}/rotate", self._signed(self._rotate, form=True), methods=["POST"]),
            Route(f"{here}/test", self._signed(self._test, form=True), methods=["POST"]),
            Route(f"{here}/resume", self._signed(self._resume, form=True), methods=["POST"]),
            Route(f"{here}/replay", self._signed(self._replay, form=True), methods=["POST"]),
            Route(f"{here}/remove", self._signed(self._remove, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:
        del request
        return await self._page(visitor)

    async def _page(
        self, visitor: Visitor, given: Wanted | None = None, *, status: int = 200, why: str = ""
    ) -> Response:
        return page(
            "hooks.html",
            visitor,
            status,
            found=await self._ask(hooks.every, visitor.tenant_id, clock=visitor.clock),
            changes=may(visitor.roles, "configure"),
            given=given or Wanted("", "", GROUPS["incident.*"]),
            types=TYPES,
            why=why,
        )

    async def _add(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "hook.add")
        wanted, secret = _wanted(await guard.fields(request)), _secret()
        try:
            shown = await self._ask(
                hooks.add, visitor.tenant_id, wanted, secret, actor=visitor.email, auth=visitor.context
            )
        except (NotUsable, NotPossible) as error:
            return await self._page(visitor, wanted, status=422, why=str(error))
        return await self._one(visitor, shown, secret=secret)

    async def _show(self, request: Request, visitor: Visitor) -> Response:
        return await self._one(
            visitor, await self._ask(hooks.one, visitor.tenant_id, _hook(request), clock=visitor.clock)
        )

    async def _one(
        self, visitor: Visitor, shown: Shown, *, status: int = 200, why: str = "", said: str = "", secret: str = ""
    ) -> Response:
        events = await self._ask(hooks.events, visitor.tenant_id, shown.hook_id, state=None, before=None, most=EVENTS)
        return page(
            "hook.html",
            visitor,
            status,
            hook=shown,
            events=events,
            types=TYPES,
            changes=may(visitor.roles, "configure"),
            operates=may(visitor.roles, "operate"),
            why=why,
            said=said,
            secret=secret,
        )

    async def _change(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "hook.change")
        wanted = _wanted(await guard.fields(request))
        before = await self._ask(hooks.one, visitor.tenant_id, _hook(request))
        try:
            await self._ask(
                hooks.change, visitor.tenant_id, _hook(request), wanted, actor=visitor.email, auth=visitor.context
            )
        except (NotUsable, NotPossible) as error:
            return await self._one(visitor, before, status=422, why=str(error))
        return _back(request)

    async def _rotate(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "hook.rotate")
        secret = _secret()
        shown = await self._ask(
            hooks.rotate, visitor.tenant_id, _hook(request), secret, actor=visitor.email, auth=visitor.context
        )
        return await self._one(visitor, shown, secret=secret)

    async def _test(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "operate", "hook.test")
        tried = await self._ask(
            hooks.try_out, visitor.tenant_id, _hook(request), actor=visitor.email, auth=visitor.context
        )
        shown = await self._ask(hooks.one, visitor.tenant_id, _hook(request))
        status = f", status {tried.status}" if tried.status else ""
        if tried.delivered:
            return await self._one(visitor, shown, said=f"It took the test event in {tried.latency_ms:.0f} ms{status}.")
        return await self._one(visitor, shown, why=f"It did not take the test event: {tried.words}{status}.")

    async def _resume(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "operate", "hook.resume")
        await self._ask(hooks.resume, visitor.tenant_id, _hook(request), actor=visitor.email, auth=visitor.context)
        return _back(request)

    async def _replay(self, request: Request, visitor: Visitor) -> Response:
        """Everything that died and is still listed."""
        await self._check(visitor, "operate", "hook.replay")
        since = datetime.now(UTC) - timedelta(days=31)
        await self._ask(
            hooks.replay, visitor.tenant_id, _hook(request), since=since, actor=visitor.email, auth=visitor.context
        )
        return _back(request)

    async def _remove(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "hook.remove")
        await self._ask(hooks.one, visitor.tenant_id, _hook(request))
        await self._ask(hooks.remove, visitor.tenant_id, _hook(request), actor=visitor.email, auth=visitor.context)
        return RedirectResponse("/hooks", 303)


def _hook(request: Request) -> UUID:
    found: UUID = request.path_params["hook_id"]
    return found


def _back(request: Request) -> Response:
    return RedirectResponse(f"/hooks/{_hook(request)}", 303)


def _wanted(given: Sequence[tuple[str, str]]) -> Wanted:
    one = dict(given)
    events = [value for name, value in given if name == "event"]
    return Wanted(one.get("name", ""), one.get("url", "").strip(), events, enabled=one.get("enabled") != "no")


def _secret() -> str:
    """32 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()
