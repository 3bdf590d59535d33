"""Sources by page: how each is doing, a new one with its key and the words for its tool, trying a body on one.

A key is on one answer and never again: that answer is no page that an address leads to, and no browser keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.flow import hand, source, tryout
from router.flow.manage import NotPossible, NotUsable
from router.flow.signin import Visitor
from router.flow.source import Made, Shown, Wish
from router.flow.tryout import SampleRefused, TriedBody
from router.sources.registry import FORMATS
from router.sources.snippets import snippet
from router.web.pages import guard
from router.web.pages.configuring import Configuring, as_lines, by, pairs
from router.web.pages.shell import page, sorry

OVERLAPS: Final = (
    ("1h", "1 hour", timedelta(hours=1)),
    ("1d", "1 day", timedelta(days=1)),
    ("7d", "7 days", timedelta(days=7)),
    ("0", "not at all: it leaked", timedelta(0)),
)
"""How long a key that is replaced holds: (value, words, span)."""


class Sources(Configuring):
    """The handlers of sources."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        one = "/sources/{source_id:uuid}"
        return [
            Route("/sources", self._signed(self._list), methods=["GET"]),
            Route("/sources", self._signed(self._add, form=True), methods=["POST"]),
            Route("/sources/new", self._signed(self._new), methods=["GET"]),
            Route(one, self._signed(self._one), methods=["GET"]),
            Route(one, self._signed(self._change, form=True), methods=["POST"]),
            Route(one + "/try", self._signed(self._try, form=True), methods=["POST"]),
            Route(one + "/{deed}", self._signed(self._act, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return page(
            "sources.html",
            visitor,
            found=await self._ask(source.every, visitor.tenant_id),
            filed=await self._filed(visitor),
            configures=may(visitor.roles, "configure"),
            now=datetime.now(UTC),
        )

    # -- a new one ----------------------------------------------------------------------------------------------------

    async def _new(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "source.add", fresh=False)
        given = {"format": request.query_params.get("format", "")}
        return self._form(visitor, given)

    def _form(self, visitor: Visitor, given: Mapping[str, str], *, status: int = 200, why: str = "") -> Response:
        return page("source-new.html", visitor, status, given=filled(given), formats=FORMATS, why=why)

    async def _add(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "source.add", fresh=False)
        given = await guard.form(request)
        try:
            made = await self._ask(source.create, visitor.tenant_id, wish(given), by(visitor))
        except (NotUsable, NotPossible) as error:
            return self._form(visitor, given, status=422, why=str(error))
        return key_page(visitor, made, self._base(request), then=_then(given))

    # -- one ----------------------------------------------------------------------------------------------------------

    async def _one(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(visitor, request.path_params["source_id"])

    async def _page(
        self,
        visitor: Visitor,
        source_id: UUID,
        *,
        status: int = 200,
        given: Mapping[str, str] | None = None,
        why: str = "",
        sample: str = "",
        tried: TriedBody | None = None,
        refused: str = "",
    ) -> Response:
        found: Shown = await self._ask(source.one, visitor.tenant_id, source_id)
        return page(
            "source.html",
            visitor,
            status,
            one=found,
            given=filled(given if given is not None else _as_given(found)),
            formats=FORMATS,
            configures=may(visitor.roles, "configure"),
            operates=may(visitor.roles, "operate"),
            filed=await self._filed(visitor),
            in_file=hand.as_file("sources", [source.entry(found)]),
            overlaps=OVERLAPS,
            why=why,
            sample=sample,
            tried=tried,
            refused=refused,
            now=datetime.now(UTC),
        )

    async def _change(self, request: Request, visitor: Visitor) -> Response:
        source_id = request.path_params["source_id"]
        await self._check(visitor, "configure", "source.change", fresh=False)
        given = await guard.form(request)
        try:
            await self._ask(source.change, visitor.tenant_id, source_id, wish(given), by(visitor))
        except NotUsable as error:
            return await self._page(visitor, source_id, status=422, given=given, why=str(error))
        return RedirectResponse(f"/sources/{source_id}", 303)

    async def _try(self, request: Request, visitor: Visitor) -> Response:
        source_id = request.path_params["source_id"]
        await self._check(visitor, "configure", "source.try", fresh=False)
        sample = (await guard.form(request)).get("sample", "")
        try:
            tried = await self._ask(tryout.try_body, visitor.tenant_id, source_id, sample)
        except SampleRefused as error:
            return await self._page(visitor, source_id, status=422, sample=sample, refused=str(error))
        return await self._page(visitor, source_id, sample=sample, tried=tried)

    async def _act(self, request: Request, visitor: Visitor) -> Response:
        source_id, deed = request.path_params["source_id"], request.path_params["deed"]
        given = await guard.form(request)
        back = f"/sources/{source_id}"
        if deed in {"pause", "resume"}:
            await self._check(visitor, "operate", f"source.{deed}", fresh=False)
            await self._ask(source.pause, visitor.tenant_id, source_id, by(visitor), paused=deed == "pause")
        elif deed == "rotate":
            await self._check(visitor, "configure", "source.rotate", fresh=False)
            overlap = next((span for value, _, span in OVERLAPS if value == given.get("overlap")), source.OVERLAP)
            made = await self._ask(source.rotate, visitor.tenant_id, source_id, by(visitor), overlap)
            return key_page(visitor, made, self._base(request), then=back)
        elif deed == "end-old-key":
            await self._check(visitor, "configure", "source.end_old_key", fresh=False)
            await self._ask(source.end_old_key, visitor.tenant_id, source_id, by(visitor))
        elif deed == "retire":
            await self._check(visitor, "configure", "source.remove", fresh=False)
            found: Shown = await self._ask(source.one, visitor.tenant_id, source_id)
            if given.get("name", "").strip() != found.name:
                why = "Type the source's name as it stands here: its key opens nothing any more afterwards."
                return await self._page(visitor, source_id, status=422, why=why)
            await self._ask(source.retire, visitor.tenant_id, source_id, by(visitor))
            back = "/sources"
        else:
            return sorry(404, "There is no such action", "Go back and try again.", visitor)
        return RedirectResponse(back, 303)

    def _base(self, request: Request) -> str:
        return self._runtime.public_url.rstrip("/") or guard.origin(request, "")


def key_page(visitor: Visitor, made: Made, base: str, *, then: str) -> Response:
    """The answer that shows a key, once, with the words for the tool."""
    words = snippet(made.format, base, visitor.slug, made.name, made.key)
    return page("source-key.html", visitor, made=made, snippet=words, then=then)


def wish(given: Mapping[str, str]) -> Wish:
    """The source that a form describes."""
    own = FORMATS.get(given.get("format", ""))
    names = own.settings if own is not None else {}
    return Wish(
        name=given.get("name", ""),
        format=given.get("format", ""),
        quiet_after=given.get("quiet_after", ""),
        mapping=pairs(given.get("mapping", "")),
        fields=pairs(given.get("fields", "")),
        settings={name: given.get(f"setting-{name}", "").strip() for name in names},
        signing=given.get("signing", "").strip(),
        no_signing="no_signing" in given,
    )


def filled(given: Mapping[str, str]) -> dict[str, str]:
    """A form's fields, those that are not there empty."""
    names = ("name", "format", "mapping", "fields")
    return {**dict.fromkeys(names, ""), "quiet_after": "30m", **given}


def _as_given(found: Shown) -> dict[str, Any]:
    return {
        "name": found.name,
        "format": found.format,
        "quiet_after": source.in_file(found.quiet_after),
        "mapping": as_lines(found.mapping),
        "fields": as_lines(found.fields),
        **{f"setting-{name}": value for name, value in found.settings.items()},
    }


def _then(given: Mapping[str, str]) -> str:
    """Where the person who made a source goes on."""
    return "/start" if given.get("then") == "/start" else "/sources"
