"""What an auditor asks for, by page: the audit and whether it holds, who saw a value, who holds which role, the bundle.

A value that is searched for comes in a form's body only: never in an address, never back on the page, never kept.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from router.core.access import ROLES, may
from router.core.checkpoint import NoKey
from router.core.quarter import NotAQuarter, Quarter
from router.flow import access_report, audit, audit_export, audit_verify, disclosures, evidence, signin
from router.flow.audit_files import Files
from router.flow.disclosures import Asker, By, NothingSought, Question, TooMany
from router.flow.manage import NotPossible
from router.flow.signin import Visitor
from router.runtime import Runtime
from router.web.pages import guard, zones
from router.web.pages.governance import Governed
from router.web.pages.shell import page

BACK: Final = 8
"""Quarters that the forms offer, the running one first."""

DAYS: Final = (30, 90, 180, 365, 2196)
"""How far back a search looks, as the form offers it; the last is six years."""

SOUGHT: Final[dict[str, str]] = {
    "value": "a person's value: e-mail, phone, name, record number …",
    "user": "what one user saw (e-mail address)",
    "channel": "what left through one channel (its name)",
    "vendor": "what left to one vendor (its name)",
    "incident": "one incident (its id)",
    "time": "everything in these days",
}
FILTERS: Final = ("actor", "action", "object", "decision", "since", "until")


@dataclass(frozen=True, slots=True)
class Installation:
    """What the bundle says of the installation: how its hops are protected, and whether a shell may approve."""

    hops: Sequence[tuple[str, str]] = ()
    host_approvals: bool = False


class Evidence(Governed):
    """The handlers of evidence."""

    def __init__(self, runtime: Runtime, gate: asyncio.Semaphore, installation: Installation) -> None:
        super().__init__(runtime, gate)
        self._installation = installation

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/audit", self._signed(self._audit), methods=["GET"]),
            Route("/audit/verify", self._signed(self._verify, form=True), methods=["POST"]),
            Route("/audit/export", self._signed(self._export, form=True), methods=["POST"]),
            Route("/disclosures", self._signed(self._disclosures), methods=["GET"]),
            Route("/disclosures", self._signed(self._search, form=True), methods=["POST"]),
            Route("/access", self._signed(self._access), methods=["GET"]),
            Route("/evidence", self._signed(self._evidence), methods=["GET"]),
            Route("/evidence", self._signed(self._bundle, form=True), methods=["POST"]),
        ]

    # -- the audit ----------------------------------------------------------------------------------------------------

    async def _audit(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "audit", "audit.list")
        return await self._page(request, visitor)

    async def _page(self, request: Request, visitor: Visitor, verified: audit_verify.Found | None = None) -> Response:
        given = {name: request.query_params.get(name, "").strip()[:200] for name in FILTERS}
        by = zones.clock_of(visitor, request.query_params)
        why = ""
        found = audit.Page((), "")
        try:
            found = await self._ask(
                audit.page,
                visitor.tenant_id,
                audit.Wanted(
                    actor=given["actor"] or None,
                    action=given["action"] or None,
                    object=given["object"] or None,
                    decision=given["decision"] if given["decision"] in {"allowed", "denied"} else None,
                    since=zones.day(given["since"], by) if given["since"] else None,
                    until=zones.day(given["until"], by, after=1) if given["until"] else None,
                ),
                before=request.query_params.get("before", ""),
            )
        except (audit.NoSuchPage, NotPossible, zones.NotATime) as error:
            why = str(error)
        kept = {name: value for name, value in given.items() if value}
        if given["since"] or given["until"]:
            kept["zone"] = by.name
        return page(
            "audit.html",
            visitor,
            422 if why else 200,
            found=found,
            canonical={each.id: json.dumps(each.details, indent=1, ensure_ascii=False) for each in found.events},
            given=given,
            why=why,
            more=f"/audit?{urlencode({**kept, 'before': found.before})}" if found.before else "",
            standing=await self._ask(audit.standing, visitor.tenant_id),
            verified=verified,
            exports=may(visitor.roles, "export"),
            proved=signin.stepped_up(visitor),
            now=datetime.now(UTC),
        )

    async def _verify(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "audit", "audit.verify")
        try:
            trusted = Files(self._runtime.data_dir).pinned()
        except NoKey as error:
            raise NotPossible(str(error)) from None
        found = await self._ask(audit_verify.verify, visitor.tenant_id, trusted)
        return await self._page(request, visitor, found)

    async def _export(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        await self._check(visitor, "export", "audit.export", fresh=True)
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=self._runtime.data_dir, prefix="export-")
        target = Path(folder.name) / "audit.jsonl"
        await self._ask(_exported, visitor, target)
        return _file(folder, target, f"audit-{visitor.slug}.jsonl", "application/jsonl")

    # -- who saw it ---------------------------------------------------------------------------------------------------

    async def _disclosures(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        await self._check(visitor, "disclosures", "disclosures.search")
        return self._searched(visitor)

    async def _search(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        by = given.get("by", "value")
        days = int(given["days"]) if given.get("days") in {str(each) for each in DAYS} else 90
        asker = Asker(visitor.email, visitor.email, visitor.context)
        what = given.get("what", "")
        try:
            if by not in get_args(By):
                raise NothingSought("Choose what to look for.")  # noqa: TRY301 - told like the flow's own
            if by == "incident":
                what = str(UUID(what.strip()))
            question = Question(cast("By", by), what, days)
            found = await self._ask(disclosures.search, visitor.tenant_id, question, asker)
        except ValueError:
            return self._searched(
                visitor, by, days, why="An incident is named by its id, as its page's address has it."
            )
        except (NothingSought, TooMany) as error:
            return self._searched(visitor, by, days, why=str(error))
        return self._searched(visitor, by, days, found=found)

    def _searched(
        self,
        visitor: Visitor,
        by: str = "value",
        days: int = 90,
        *,
        found: Sequence[disclosures.Disclosure] | None = None,
        why: str = "",
    ) -> Response:
        return page(
            "disclosures.html",
            visitor,
            422 if why else 200,
            found=found,
            by=by if by in SOUGHT else "value",
            days=days,
            choices=DAYS,
            sought=SOUGHT,
            why=why,
        )

    # -- who holds what -----------------------------------------------------------------------------------------------

    async def _access(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "audit", "users.report")
        quarter = _quarter(request.query_params.get("quarter", ""))
        found = await self._ask(access_report.access, visitor.tenant_id, quarter, counted=False)
        return page("access.html", visitor, found=found, report=found.report, roles=ROLES, quarters=_quarters())

    # -- the bundle ---------------------------------------------------------------------------------------------------

    async def _evidence(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        await self._check(visitor, "export", "evidence.export")
        return page("evidence.html", visitor, quarters=_quarters(), proved=signin.stepped_up(visitor))

    async def _bundle(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "export", "evidence.export", fresh=True)
        quarter = _quarter((await guard.form(request)).get("quarter", ""))
        wanted = evidence.Wanted(
            quarter=quarter,
            actor=visitor.email,
            auth=visitor.context,
            hops=self._installation.hops,
            host_approvals=self._installation.host_approvals,
        )
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=self._runtime.data_dir, prefix="export-")
        target = Path(folder.name) / "evidence.zip"
        made = await self._ask(evidence.export, visitor.tenant_id, target, wanted)
        response = _file(folder, target, f"evidence-{visitor.slug}-{quarter}.zip", "application/zip")
        response.headers["x-sums-sha256"] = made.signed
        return response


def _exported(runtime: Runtime, visitor: Visitor, target: Path) -> None:
    with target.open("wb") as file:
        audit_export.export(runtime, visitor.tenant_id, file, actor=visitor.email, auth=visitor.context)


def _file(folder: tempfile.TemporaryDirectory[str], target: Path, name: str, kind: str) -> Response:
    """A file as a download; it and its folder (mode 0700) are gone once it is sent. It holds tokens, never a value."""
    return FileResponse(target, media_type=kind, filename=name, background=BackgroundTask(folder.cleanup))


def _quarters() -> list[Quarter]:
    running = Quarter.of(datetime.now(UTC))
    return [running.shifted(-back) for back in range(BACK)]


def _quarter(text: str) -> Quarter:
    """The quarter that is named, else the running one. Raises NotPossible."""
    try:
        return Quarter.parse(text) if text else Quarter.of(datetime.now(UTC))
    except NotAQuarter as error:
        raise NotPossible(str(error)) from None
