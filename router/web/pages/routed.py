"""Routes by page: the ordered list in words, a new one, a change, another order, and where an alert would go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.contract import Severity
from router.core.access import may
from router.flow import hand, routes
from router.flow.apply import Stale
from router.flow.manage import NotFound, NotUsable
from router.flow.routes import Entry, Listed, Tried
from router.flow.signin import Visitor
from router.web.pages import guard
from router.web.pages.configuring import Configuring, by, lines, words
from router.web.pages.shell import page, sorry

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)


class Routed(Configuring):
    """The handlers of routes."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/routes", self._signed(self._list), methods=["GET"]),
            Route("/routes", self._signed(self._add, form=True), methods=["POST"]),
            Route("/routes/try", self._signed(self._try, form=True), methods=["POST"]),
            Route("/routes/{at}", self._signed(self._one), methods=["GET"]),
            Route("/routes/{at}/{deed}", self._signed(self._act, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return await self._page(visitor)

    async def _page(
        self,
        visitor: Visitor,
        *,
        status: int = 200,
        why: str = "",
        given: Mapping[str, Any] | None = None,
        asked: Mapping[str, str] | None = None,
        tried: Tried | None = None,
        refused: str = "",
    ) -> Response:
        found: Listed = await self._ask(routes.every, visitor.tenant_id)
        return page(
            "routes.html",
            visitor,
            status,
            found=found,
            filed=await self._filed(visitor),
            in_file=hand.as_file("routes", [each.in_file() for each in found.routes]),
            configures=may(visitor.roles, "configure"),
            severities=SEVERITIES,
            why=why,
            given=_filled(given or {}),
            asked={"labels": "", "severity": "critical", "source": "", **(asked or {})},
            tried=tried,
            refused=refused,
        )

    async def _add(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "routes.change", fresh=False)
        entry, given = await _entry(request)
        found: Listed = await self._ask(routes.every, visitor.tenant_id)
        at = _place(given["place"]) if given.get("place") else len(found.routes)
        mark = given.get("mark", "")
        try:
            await self._ask(routes.add, visitor.tenant_id, entry, at, by(visitor), mark=mark)
        except (NotUsable, Stale) as error:
            return await self._page(visitor, status=_status(error), why=str(error), given=_typed(entry, given))
        return RedirectResponse("/routes", 303)

    async def _one(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "routes.change", fresh=False)
        return await self._edit(visitor, _place(request.path_params["at"]))

    async def _edit(
        self, visitor: Visitor, at: int, *, status: int = 200, why: str = "", given: Mapping[str, Any] | None = None
    ) -> Response:
        found: Listed = await self._ask(routes.every, visitor.tenant_id)
        if at >= len(found.routes):
            raise NotFound("There is no such route: look at the list as it is now.")
        shown = given if given is not None else _typed(found.routes[at], {"mark": found.mark})
        return page(
            "route.html", visitor, status, at=at, words=found.words[at], found=found, given=_filled(shown), why=why
        )

    async def _act(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "routes.change", fresh=False)
        at, deed = _place(request.path_params["at"]), request.path_params["deed"]
        entry, given = await _entry(request)
        mark, who, tenant_id = given.get("mark", ""), by(visitor), visitor.tenant_id
        try:
            if deed == "change":
                await self._ask(routes.change, tenant_id, entry, at, who, mark=mark)
            elif deed in {"up", "down"}:
                await self._ask(routes.move, tenant_id, at, who, up=deed == "up", mark=mark)
            elif deed == "remove":
                await self._ask(routes.remove, tenant_id, at, who, mark=mark)
            else:
                return sorry(404, "There is no such action", "Go back and try again.", visitor)
        except (NotUsable, Stale) as error:
            if deed == "change":
                return await self._edit(visitor, at, status=_status(error), why=str(error), given=_typed(entry, given))
            return await self._page(visitor, status=_status(error), why=str(error))
        return RedirectResponse("/routes", 303)

    async def _try(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "routes.try", fresh=False)
        asked = await guard.form(request)
        severity = next((each for each in SEVERITIES if each == asked.get("severity")), SEVERITIES[0])
        labels, faults = {}, []
        for line in lines(asked.get("labels", "")):
            name, sign, value = line.partition("=")
            labels[name.strip()] = value.strip().strip('"')
            if not sign or not name.strip():
                faults.append("Labels are written like service=billing, one a line.")
        if faults:
            return await self._page(visitor, status=422, asked=asked, refused=faults[0])
        tenant_id: UUID = visitor.tenant_id
        tried = await self._ask(routes.try_out, tenant_id, labels, severity, asked.get("source", "").strip())
        return await self._page(visitor, asked=asked, tried=tried)


async def _entry(request: Request) -> tuple[Entry, dict[str, str]]:
    """The route that a form describes, and the form."""
    fields = await guard.fields(request)
    given = dict(fields)
    entry = Entry(
        tuple(lines(given.get("matchers", ""))),
        tuple(value for name, value in fields if name == "channel"),
        tuple(words(given.get("group_by", ""))),
        "goes_on" in given,
    )
    return entry, given


def _place(text: str) -> int:
    """A place in the list. Raises NotFound."""
    if text.isascii() and text.isdigit() and len(text) <= len(str(routes.MOST)):
        return int(text)
    raise NotFound("There is no such route: look at the list as it is now.")


def _typed(entry: Entry, given: Mapping[str, str]) -> dict[str, Any]:
    return {
        "matchers": "\n".join(entry.matchers),
        "channels": set(entry.channels),
        "group_by": ", ".join(entry.group_by),
        "goes_on": entry.goes_on,
        "mark": given.get("mark", ""),
        "place": given.get("place", ""),
    }


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"matchers": "", "channels": set(), "group_by": "", "goes_on": False, "mark": "", "place": "", **given}


def _status(error: Exception) -> int:
    return 409 if isinstance(error, Stale) else 422
