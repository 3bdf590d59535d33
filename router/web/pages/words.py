"""Safe words and patterns by page: both lists, and what one more would do to a made-up text before it counts."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.access import may
from router.flow import hand, words
from router.flow.manage import NotUsable
from router.flow.signin import Visitor
from router.flow.tryout import SampleRefused
from router.flow.words import Compared, Listed, Pattern
from router.privacy.tokens import KINDS
from router.web.pages import guard
from router.web.pages.configuring import Configuring, by
from router.web.pages.shell import page


class Words(Configuring):
    """The handlers of safe words and patterns."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/words", self._signed(self._list), methods=["GET"]),
            Route("/words/try", self._signed(self._try, form=True), methods=["POST"]),
            Route("/words/patterns", self._signed(self._add_pattern, form=True), methods=["POST"]),
            Route("/words/patterns/remove", self._signed(self._remove_pattern, form=True), methods=["POST"]),
            Route("/words/safe", self._signed(self._add_word, form=True), methods=["POST"]),
            Route("/words/safe/remove", self._signed(self._remove_word, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return await self._page(visitor, {})

    async def _page(
        self,
        visitor: Visitor,
        given: Mapping[str, str],
        *,
        status: int = 200,
        why: str = "",
        tried: Compared | None = None,
    ) -> Response:
        found: Listed = await self._ask(words.every, visitor.tenant_id)
        return page(
            "words.html",
            visitor,
            status,
            found=found,
            filed=await self._filed(visitor),
            in_file=hand.as_file("patterns", [each._asdict() for each in found.patterns])
            + hand.as_file("safe_words", found.safe_words),
            kinds=KINDS,
            configures=may(visitor.roles, "configure"),
            given={"type": "", "regex": "", "word": "", "sample": "", **given},
            why=why,
            tried=tried,
        )

    async def _try(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        if given.get("regex", "").strip() or given.get("word", "").strip():
            await self._check(visitor, "configure", "words.try", fresh=False)  # a sample alone is anybody's to try
        pattern = _pattern(given) if given.get("regex", "").strip() else None
        try:
            tried = await self._ask(
                words.try_out,
                visitor.tenant_id,
                given.get("sample", ""),
                pattern=pattern,
                word=given.get("word", ""),
            )
        except (NotUsable, SampleRefused) as error:
            return await self._page(visitor, given, status=422, why=str(error))
        return await self._page(visitor, given, tried=tried)

    async def _add_pattern(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "words.change", fresh=False)
        given = await guard.form(request)
        try:
            await self._ask(words.add_pattern, visitor.tenant_id, _pattern(given), by(visitor))
        except NotUsable as error:
            return await self._page(visitor, given, status=422, why=str(error))
        return RedirectResponse("/words", 303)

    async def _remove_pattern(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "words.change", fresh=False)
        given = await guard.form(request)
        await self._ask(
            words.remove_pattern, visitor.tenant_id, Pattern(given.get("type", ""), given.get("regex", "")), by(visitor)
        )
        return RedirectResponse("/words", 303)

    async def _add_word(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "words.change", fresh=False)
        given = await guard.form(request)
        try:
            await self._ask(words.add_word, visitor.tenant_id, given.get("word", ""), by(visitor))
        except NotUsable as error:
            return await self._page(visitor, given, status=422, why=str(error))
        return RedirectResponse("/words", 303)

    async def _remove_word(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "configure", "words.change", fresh=False)
        given = await guard.form(request)
        await self._ask(words.remove_word, visitor.tenant_id, given.get("word", ""), by(visitor))
        return RedirectResponse("/words", 303)


def _pattern(given: Mapping[str, str]) -> Pattern:
    return Pattern(given.get("type", "").strip(), given.get("regex", "").strip())
