"""One incident: what happened, who was told, and what stands behind its tokens for whoever may see it.

Revealed values are in one answer that nothing may store, and leave the screen after a minute: the style sheet hides
them, and the browser goes back to the page with the tokens. No script is needed for either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core import reveal as core
from router.core.access import may
from router.core.incident import Action
from router.flow import manage, note, overview, reading, respond, reveal, signin
from router.flow.reveal import HEADERS, Ask
from router.flow.signin import Visitor
from router.flow.snapshot import Snapshots
from router.privacy.said import LONGEST
from router.privacy.tokens import KINDS
from router.runtime import Runtime
from router.web.pages import guard
from router.web.pages.governance import Governed, proof, proved
from router.web.pages.shell import page, sorry

SHOWN: Final = int(core.SHOWN_FOR.total_seconds())
ALERTS: Final = 3
"""Alerts that an incident's page shows whole; the others stand on pages of their own."""

ALERTS_A_PAGE: Final = 10
LEAVES: Final = 150
"""Values of one alert on a page that shows several."""

ACTIONS: Final = frozenset(get_args(Action))


class Shown(NamedTuple):
    """An alert as a page draws it: its row, what is kept of it, and each of its tokens with the rule behind it."""

    row: Any
    payload: dict[str, Any]
    tokens: tuple[tuple[str, str, str], ...]


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
            Route(f"{here}/alerts", self._signed(self._alerts), methods=["GET"]),
            Route(f"{here}/deliveries", self._signed(self._deliveries), methods=["GET"]),
            Route(f"{here}/reveal", self._signed(self._reveal, form=True), methods=["POST"]),
            Route(f"{here}/note", self._signed(self._note, form=True), methods=["POST"]),
            Route(f"{here}/retry", self._signed(self._retry, form=True), methods=["POST"]),
            Route(f"{here}/{{action}}", self._signed(self._act, form=True), methods=["POST"]),
        ]

    async def _incident(self, request: Request, visitor: Visitor) -> Response:
        before = _moment(request.query_params.get("before", ""))
        return await self._page(visitor, request.path_params["incident_id"], before=before)

    async def _page(
        self,
        visitor: Visitor,
        incident_id: UUID,
        *,
        status: int = 200,
        why: str = "",
        picked: Sequence[str] = (),
        before: datetime | None = None,
        unwritten: str = "",
    ) -> Response:
        """`why`: what is wrong with a reveal that was asked for; `unwritten`: with a note."""
        found = await self._ask(overview.incident, visitor.tenant_id, incident_id, most=overview.DELIVERIES)
        if found is None:
            return _missing(visitor)
        audits = may(visitor.roles, "audit")
        entries, older = await self._ask(
            overview.timeline, visitor.tenant_id, incident_id, before=before, accesses=audits
        )
        return page(
            "incident.html",
            visitor,
            status,
            found=found,
            one=found.incident,
            responds=may(visitor.roles, "respond"),
            operates=may(visitor.roles, "operate"),
            reveals=may(visitor.roles, "reveal"),
            proved=signin.stepped_up(visitor),
            tokens=_tokens(found.alerts),
            reasons=core.REASONS,
            alerts=[_shown(each) for each in found.alerts[:ALERTS]],
            leaves=LEAVES,
            entries=entries,
            older=f"/incidents/{incident_id}?{urlencode({'before': older.isoformat()})}#timeline" if older else "",
            newest=before is None,
            audits=audits,
            why=why,
            picked=picked,
            unwritten=unwritten,
            longest=LONGEST,
        )

    async def _alerts(self, request: Request, visitor: Visitor) -> Response:
        incident_id: UUID = request.path_params["incident_id"]
        before = _uuid(request.query_params.get("before", ""))
        rows = await self._ask(reading.alerts, visitor.tenant_id, incident_id, before=before, most=ALERTS_A_PAGE + 1)
        shown = rows[:ALERTS_A_PAGE]
        more = f"/incidents/{incident_id}/alerts?before={shown[-1].alert_id}" if len(rows) > len(shown) else ""
        return page(
            "incident-alerts.html",
            visitor,
            incident_id=incident_id,
            alerts=[_shown(each) for each in shown],
            now=datetime.now(UTC),
            leaves=LEAVES,
            more=more,
            newest=before is None,
        )

    async def _deliveries(self, request: Request, visitor: Visitor) -> Response:
        incident_id: UUID = request.path_params["incident_id"]
        text = request.query_params.get("before", "")
        before = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None  # noqa: PLR2004 - an int4
        await self._ask(reading.incident, visitor.tenant_id, incident_id)
        found, older = await self._ask(overview.deliveries, visitor.tenant_id, incident_id, before=before)
        return page(
            "incident-deliveries.html",
            visitor,
            incident_id=incident_id,
            deliveries=found,
            operates=may(visitor.roles, "operate"),
            more=f"/incidents/{incident_id}/deliveries?before={older}" if older else "",
            newest=before is None,
        )

    async def _act(self, request: Request, visitor: Visitor) -> Response:
        action, incident_id = request.path_params["action"], request.path_params["incident_id"]
        if action not in ACTIONS:
            return sorry(404, "There is no such action", "Go back and try again.", visitor)
        if not may(visitor.roles, "respond"):
            return sorry(403, "Your roles do not allow this", "A responder or operator acts on incidents.", visitor)
        try:
            await self._ask(
                respond.respond,
                self._snapshots,
                self._runtime.broker.ring,
                visitor.tenant_id,
                incident_id,
                cast("Action", action),
                visitor.email,
            )
        except respond.NoSuchIncident:
            return _missing(visitor)
        return RedirectResponse(f"/incidents/{incident_id}", 303)

    async def _note(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "respond", "incident.note")
        incident_id: UUID = request.path_params["incident_id"]
        given = await guard.form(request)
        try:
            await self._ask(
                note.add,
                self._snapshots,
                visitor.tenant_id,
                incident_id,
                given.get("note", ""),
                visitor.email,
                auth=visitor.context,
            )
        except respond.NoSuchIncident:
            return _missing(visitor)
        except manage.NotPossible as error:
            return await self._page(visitor, incident_id, status=422, unwritten=str(error))
        return RedirectResponse(f"/incidents/{incident_id}#timeline", 303)

    async def _retry(self, request: Request, visitor: Visitor) -> Response:
        await self._check(visitor, "operate", "delivery.retry")
        incident_id: UUID = request.path_params["incident_id"]
        given = await guard.form(request)
        revision = given.get("revision", "")
        if not (revision.isascii() and revision.isdecimal() and len(revision) <= 9):  # noqa: PLR2004 - an int4
            return sorry(422, "This cannot be done", "Load the page again, and then act.", visitor)
        await self._ask(
            manage.retry, visitor.tenant_id, incident_id, given.get("channel", ""), int(revision), visitor.email
        )
        return RedirectResponse(f"/incidents/{incident_id}#deliveries", 303)

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


def _shown(row: Any) -> Shown:  # noqa: ANN401 - a row
    """An alert's row for its page. Alerts of before 2026-11 have no rules with them."""
    payload = {name: value for name, value in row.payload.items() if name != "rules"}
    rules = row.payload.get("rules") or ()
    named = [*rules, *([""] * (len(row.tokens) - len(rules)))]
    return Shown(
        row,
        payload,
        tuple(
            (token, KINDS.get(token[1:].rpartition("_")[0], "a value"), rule)
            for token, rule in zip(row.tokens, named, strict=False)
        ),
    )


def _missing(visitor: Visitor) -> Response:
    return sorry(404, "There is no such incident", "Perhaps it belongs to another tenant.", visitor)


def _moment(text: str) -> datetime | None:
    """The time that an `older` link carries; None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
