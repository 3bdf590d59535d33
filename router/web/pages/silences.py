"""Silences by page: which hold, what a new one would take before it is made, and ending one.

A matcher can name a value that somebody typed by mistake, so a try goes by POST and never stands in an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.core.clock import Clock
from router.core.silence import LONGEST
from router.flow import silence
from router.flow.manage import NotUsable
from router.flow.signin import Visitor
from router.flow.silence import Tried, Wish
from router.web.pages import guard, zones
from router.web.pages.governance import Governed
from router.web.pages.shell import page

SPANS: Final = (
    ("30m", "30 minutes", timedelta(minutes=30)),
    ("2h", "2 hours", timedelta(hours=2)),
    ("8h", "8 hours", timedelta(hours=8)),
    ("1d", "1 day", timedelta(days=1)),
    ("7d", "7 days", timedelta(days=7)),
    ("30d", "30 days, the longest", LONGEST),
)
"""What the form offers: (value, words, span)."""

SHOWN: Final = 20
"""Incidents that a try shows by name; the rest are counted."""


class Silences(Governed):
    """The handlers of silences."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/silences", self._signed(self._list), methods=["GET"]),
            Route("/silences", self._signed(self._add, form=True), methods=["POST"]),
            Route("/silences/try", self._signed(self._try, form=True), methods=["POST"]),
            Route("/silences/{silence_id:uuid}/end", self._signed(self._end, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:
        given = {"lasts": "2h"}
        try:
            wanted = UUID(request.query_params.get("like", ""))
        except ValueError:
            pass
        else:
            given["matchers"] = "\n".join(await self._ask(silence.like, visitor.tenant_id, wanted))
        return await self._page(visitor, given, over="over" in request.query_params)

    async def _page(
        self,
        visitor: Visitor,
        given: Mapping[str, str],
        *,
        over: bool = False,
        status: int = 200,
        why: str = "",
        tried: Tried | None = None,
        twice: Sequence[tuple[str, str]] = (),
    ) -> Response:
        found = await self._ask(silence.page, visitor.tenant_id, over=over)
        return page(
            "silences.html",
            visitor,
            status,
            found=found,
            over=over,
            now=datetime.now(UTC),
            silences=may(visitor.roles, "silence"),
            spans=SPANS,
            given={"matchers": "", "reason": "", "starts": "", "lasts": "2h", **given},
            why=why,
            tried=tried,
            twice=twice,
            shown=SHOWN,
        )

    async def _try(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "silence", "silence.try", fresh=False)
        given = await guard.form(request)
        try:
            tried = await self._ask(silence.try_out, visitor.tenant_id, given.get("matchers", "").splitlines())
        except NotUsable as error:
            return await self._page(visitor, given, status=422, why=str(error))
        return await self._page(visitor, given, tried=tried)

    async def _add(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "silence", "silence.create", fresh=False)
        given = await guard.form(request)
        try:
            wish = _wish(given, zones.clock_of(visitor, given))
            await self._ask(silence.create, visitor.tenant_id, wish, actor=visitor.email, auth=visitor.context)
        except zones.Twice as error:
            return await self._page(visitor, given, status=422, why=str(error), twice=error.choices)
        except NotUsable as error:
            return await self._page(visitor, given, status=422, why=str(error))
        return RedirectResponse("/silences", 303)

    async def _end(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "silence", "silence.expire", fresh=False)
        await self._ask(
            silence.expire,
            visitor.tenant_id,
            request.path_params["silence_id"],
            actor=visitor.email,
            auth=visitor.context,
        )
        return RedirectResponse("/silences", 303)


def _wish(given: Mapping[str, str], by: Clock) -> Wish:
    """What the form asks for, its beginning on this clock. Raises NotUsable, zones.Twice."""
    lasts = next((span for value, _, span in SPANS if value == given.get("lasts")), None)
    if lasts is None:
        raise NotUsable("Choose how long it lasts.")
    starts_at = None
    if given.get("starts", "").strip():
        try:
            starts_at = zones.minute(given["starts"], by, given.get("which", ""))
        except zones.NotATime as error:
            raise NotUsable(str(error)) from None
    return Wish(given.get("matchers", "").splitlines(), given.get("reason", ""), starts_at, lasts=lasts)
