"""The quarterly review by page: every item with its facts, a decision with a reason, the signature, the report.

Decisions are taken on the newest review of a quarter, the final one if there is one; an interim one that it took over
from stays to be read under its own address.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core import review as core
from router.core.access import may
from router.core.quarter import NotAQuarter, Quarter
from router.core.review import VERDICTS, Item, Record
from router.flow import review, signin
from router.flow.review import ALL, Judgement, Refused
from router.flow.signin import Visitor
from router.web.pages import guard
from router.web.pages.governance import Governed, proof, proved
from router.web.pages.shell import page, sorry

FORMATS: Final = {
    "pdf": ("application/pdf", "PDF, the report to hand over"),
    "html": ("text/html; charset=utf-8", "HTML, one file"),
    "csv": ("text/csv; charset=utf-8", "CSV, for a spreadsheet"),
    "json": ("application/json", "JSON, by the published schema"),
}
"""Forms of the report: media type, and what people read on the button."""


class Reviews(Governed):
    """The handlers of reviews."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        one = "/reviews/{quarter}"
        return [
            Route("/reviews", self._signed(self._list), methods=["GET"]),
            Route("/reviews", self._signed(self._open, form=True), methods=["POST"]),
            Route(one, self._signed(self._one), methods=["GET"]),
            Route(one + "/decide", self._signed(self._decide, form=True), methods=["POST"]),
            Route(one + "/sign", self._signed(self._sign, form=True), methods=["POST"]),
            Route(one + "/report", self._signed(self._report, form=True), methods=["POST"]),
            Route(one + "/{kind}", self._signed(self._one), methods=["GET"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        await self._check(visitor, "audit", "review.list")
        now = datetime.now(UTC)
        return page(
            "reviews.html",
            visitor,
            found=await self._ask(review.every, visitor.tenant_id),
            opens=may(visitor.roles, "review"),
            quarters=[Quarter.of(now), Quarter.of(now).previous],
            now=now,
        )

    async def _open(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "review", "review.open")
        quarter = _quarter((await guard.form(request)).get("quarter", ""))
        await self._ask(review.open_review, visitor.tenant_id, quarter, visitor.email, auth=visitor.context)
        return RedirectResponse(f"/reviews/{quarter}", 303)

    async def _one(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "audit", "review.show")
        return await self._page(visitor, _quarter(request.path_params["quarter"]), request.path_params.get("kind", ""))

    async def _page(
        self, visitor: Visitor, quarter: Quarter, kind: str = "", *, status: int = 200, why: str = ""
    ) -> Response:
        if kind not in {"", "interim", "final"}:
            return sorry(404, "There is no such review", "A review is final or interim.", visitor)
        interim = {"interim": True, "final": False}.get(kind)
        shown = await self._ask(review.show, visitor.tenant_id, quarter, interim=interim)
        record: Record = shown.record
        items = record.snapshot.items
        left = {item.optin_id for item in record.undecided}
        mine = [item for item in items if _others(item, visitor.email)]
        decides = may(visitor.roles, "review") and record.state == "open"
        response = page(
            "review.html",
            visitor,
            status,
            shown=shown,
            record=record,
            frozen=record.snapshot,
            items=items,
            latest=record.latest,
            left=left,
            required=sum(item.required for item in items),
            bulk=sum(item.optin_id in left and not item.flags for item in mine),
            judged={item.optin_id for item in mine},
            reviewers=shown.reviewers,
            decides=decides,
            signs=may(visitor.roles, "sign") and core.may_sign(record.state, len(left)) is None,
            exports=may(visitor.roles, "export"),
            statement=core.statement(record),
            verdicts=VERDICTS,
            formats=FORMATS,
            kind=kind,
            path=f"/reviews/{quarter}",
            proved=signin.stepped_up(visitor),
            rest=ALL,
            why=why,
        )
        if decides:
            response.headers["content-security-policy"] = guard.WITH_SCRIPT  # single keys; the page works without them
        return response

    async def _decide(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "review", "review.decide")
        quarter = _quarter(request.path_params["quarter"])
        given = await guard.form(request)
        verdict = next((each for each in VERDICTS if each == given.get("verdict")), None)
        narrower = tuple(value for name, value in await guard.fields(request) if name == "type")
        if verdict is None:
            return await self._page(visitor, quarter, status=422, why="Choose keep, modify or revoke.")
        item = given.get("item", "")
        judgement = Judgement(
            quarter=quarter,
            items=[item],
            verdict=verdict,
            reason=given.get("reason", ""),
            email=visitor.email,
            proof=proof(visitor),
            types=narrower if verdict == "modify" else (),
        )
        try:
            await self._ask(review.decide, visitor.tenant_id, judgement)
        except (Refused, review.NotPossible) as error:
            status = 403 if isinstance(error, Refused) else 422
            return await self._page(visitor, quarter, status=status, why=str(error))
        return RedirectResponse(f"/reviews/{quarter}#items", 303)

    async def _sign(self, request: Request, visitor: Visitor) -> Response:
        proved(visitor, "sign")
        quarter = _quarter(request.path_params["quarter"])
        given = await guard.form(request)
        if given.get("agreed") != "yes" and may(visitor.roles, "sign"):
            return await self._page(visitor, quarter, status=422, why="Tick that you declare the statement.")
        try:
            await self._ask(
                review.sign,
                visitor.tenant_id,
                quarter,
                visitor.email,
                proof(visitor),
                interim=given.get("kind") == "interim" or None,
            )
        except Refused as error:
            if error.step_up or not may(visitor.roles, "sign"):
                raise
            return await self._page(visitor, quarter, status=403, why=str(error))
        return RedirectResponse(f"/reviews/{quarter}", 303)

    async def _report(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "export", "review.export", fresh=True)
        quarter = _quarter(request.path_params["quarter"])
        given = await guard.form(request)
        form, kind = given.get("format", ""), given.get("kind", "")
        if form not in FORMATS:
            return sorry(422, "There is no such format", "A report comes as PDF, HTML, CSV or JSON.", visitor)
        interim = {"interim": True, "final": False}.get(kind)
        _, digest, content = await self._ask(
            review.export,
            visitor.tenant_id,
            quarter,
            form,
            visitor.email,
            auth=visitor.context,
            interim=interim,
        )
        name = f"review-{visitor.slug}-{quarter}.{form}"
        headers = {"content-disposition": f'attachment; filename="{name}"', "x-record-sha256": digest}
        return Response(content, media_type=FORMATS[form][0], headers=headers)


def _others(item: Item, email: str) -> bool:
    """Did somebody else ask for this opt-in and approve it, as far as addresses tell; the flow knows persons."""
    return email not in {item.requester, item.approver}


def _quarter(text: str) -> Quarter:
    """The quarter that an address or a form names. Raises NotFound."""
    try:
        return Quarter.parse(text)
    except NotAQuarter as error:
        raise review.NotFound(str(error)) from None
