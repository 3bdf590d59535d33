"""Business associate agreements: on file, filed, retired, and what falls back to tokens without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.core.vendors import BY_VENDOR
from router.flow import baa
from router.flow.baa import Paper
from router.flow.optin import Unusable
from router.flow.signin import Visitor
from router.web.pages import guard
from router.web.pages.governance import Governed
from router.web.pages.shell import page


class Baas(Governed):
    """The handlers of agreements."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/baas", self._signed(self._list), methods=["GET"]),
            Route("/baas", self._signed(self._add, form=True), methods=["POST"]),
            Route("/baas/{baa_id:uuid}/retire", self._signed(self._retire, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return await self._page(visitor)

    async def _page(
        self, visitor: Visitor, *, status: int = 200, why: str = "", given: Mapping[str, str] | None = None
    ) -> Response:
        found = await self._ask(baa.every, visitor.tenant_id)
        return page(
            "baas.html",
            visitor,
            status,
            found=found,
            keeps=may(visitor.roles, "baa"),
            known=BY_VENDOR,
            day=timedelta(days=1),
            why=why,
            given=defaultdict(str, given or {}),
        )

    async def _add(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "baa", "baa.add")
        given = await guard.form(request)
        try:
            await self._ask(baa.add, visitor.tenant_id, _paper(given), actor=visitor.email, auth=visitor.context)
        except Unusable as error:
            return await self._page(visitor, status=422, why=str(error), given=given)
        return RedirectResponse("/baas", 303)

    async def _retire(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "baa", "baa.retire")
        await self._ask(
            baa.retire,
            visitor.tenant_id,
            request.path_params["baa_id"],
            actor=visitor.email,
            auth=visitor.context,
        )
        return RedirectResponse("/baas", 303)


def _paper(given: Mapping[str, str]) -> Paper:
    """The agreement as the form has it. Raises Unusable."""
    signed, expires, effective = (_day(given.get(name, "")) for name in ("signed", "expires", "effective"))
    if signed is None or expires is None:
        raise Unusable("An agreement has a day on which it was signed and a last day.")
    return Paper(
        vendor=given.get("vendor", ""),
        service=given.get("service", ""),
        signed=signed,
        expires=expires,
        effective=effective,
        plan=given.get("plan", ""),
        counterparty=given.get("counterparty", ""),
        link=given.get("link", "").strip(),
        contacts=_lines(given.get("contacts", "")),
        sub_processors=_lines(given.get("sub_processors", "")),
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Unusable("Days are written like 2026-12-31.") from None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
