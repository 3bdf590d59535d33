"""Plaintext opt-ins: which there are, asking after seeing what would leave, agreeing as a second person, ending.

What may become of an opt-in is decided by the flow and the database; a page shows the answer. Asking is two steps
without a script: choose channel and types, then see both sides of a made-up message, and only then say why.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, get_args
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.contract import Severity
from router.core.access import may
from router.core.clock import Clock
from router.core.optin import BREAK_GLASS, SECRET, WHOLE
from router.flow import audit, baa, manage, optin, overview, preview, signin
from router.flow.optin import Refused, Shown, Unusable, Wish
from router.flow.signin import Visitor
from router.privacy.tokens import KINDS
from router.web.pages import guard, zones
from router.web.pages.governance import Governed, proof, proved
from router.web.pages.shell import page, sorry

TYPES: Final = {name: words for name, words in KINDS.items() if name not in {SECRET, WHOLE}}
"""What can be opted in, by name, with what it stands for."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
OPEN: Final = ("active", "expiring")
ENDING: Final = ("expired", "revoked", "rejected")
OVER: Final = 50
"""Opt-ins that are over which the list shows, the newest: there are more every quarter."""

LONGEST: Final = timedelta(days=30)
"""The end that the form proposes, if the close of the next review is not sooner: short is easy to prolong."""


@dataclass(frozen=True, slots=True)
class Group:
    """Opt-ins in states that ask for the same of the reader."""

    title: str
    tone: str
    shown: tuple[Shown, ...]


class OptIns(Governed):
    """The handlers of opt-ins and the kill switch."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        one = "/opt-ins/{optin_id:uuid}"
        return [
            Route("/opt-ins", self._signed(self._list), methods=["GET"]),
            Route("/opt-ins", self._signed(self._request, form=True), methods=["POST"]),
            Route("/opt-ins/new", self._signed(self._new), methods=["GET"]),
            Route("/opt-ins/kill-switch", self._signed(self._switch, form=True), methods=["POST"]),
            Route(one, self._signed(self._one), methods=["GET"]),
            Route(one + "/{deed}", self._signed(self._decide, form=True), methods=["POST"]),
        ]

    async def _list(self, request: Request, visitor: Visitor) -> Response:
        found = await self._ask(optin.current, visitor.tenant_id, OVER)
        own, everywhere = await self._ask(manage.switches, visitor.tenant_id)
        groups = [
            Group(title, tone, tuple(each for each in found if each.state in states))
            for title, tone, states in (
                ("Waiting for a second person", "busy", ("requested",)),
                ("In force", "bad", OPEN),
                ("Suspended", "busy", ("suspended",)),
                ("Over", "still", ENDING),
            )
        ]
        return page(
            "optins.html",
            visitor,
            groups=[group for group in groups if group.shown],
            most=OVER,
            now=datetime.now(UTC),
            own=own,
            everywhere=everywhere,
            switches=may(visitor.roles, "switch"),
            asks=_asks(visitor),
            done=request.query_params.get("done", ""),
        )

    # -- asking -------------------------------------------------------------------------------------------------------

    async def _new(self, request: Request, visitor: Visitor) -> Response:
        if not _asks(visitor):
            await self._check(visitor, "request", "optin.request")
        query = request.query_params
        return await self._form(visitor, query.get("channel", ""), query.getlist("type"))

    async def _form(
        self,
        visitor: Visitor,
        channel: str,
        types: list[str],
        *,
        status: int = 200,
        why: str = "",
        given: Mapping[str, str] | None = None,
    ) -> Response:
        """The request form; its second step once channel and types can be previewed."""
        channels = await self._ask(overview.channels, visitor.tenant_id)
        sides = None
        if channel and types:
            try:
                sides = await self._ask(preview.side_by_side, visitor.tenant_id, channel, types)
            except Unusable as error:
                status, why = 422, str(error)
        elif channel:
            status, why = 422, "Tick the types that people need in this channel, one by one."
        now = datetime.now(UTC)
        latest, by = optin.latest(now), visitor.clock
        last = by.local(latest).date() - timedelta(days=1)  # the last day that is over by then
        return page(
            "optin-new.html",
            visitor,
            status,
            channels=channels,
            channel=channel,
            types=TYPES,
            picked=set(types),
            sides=sides,
            tokens=_pretty(sides.tokens) if sides else "",
            plaintext=_pretty(sides.plaintext) if sides else "",
            baas=[each for each in await self._ask(baa.every, visitor.tenant_id) if _in_force(each)],
            severities=SEVERITIES,
            latest=latest,
            last=last,
            proposed=min(last, by.local(now + LONGEST).date()),
            today=by.local(now).date(),
            given=defaultdict(str, given or {}),
            why=why,
            requests=may(visitor.roles, "request"),
            breaks=may(visitor.roles, "approve"),
            proved=signin.stepped_up(visitor),
            again=urlencode([("channel", channel), *(("type", each) for each in types)]),
            minutes=int(BREAK_GLASS.total_seconds() // 60),
        )

    async def _request(self, request: Request, visitor: Visitor) -> Response:
        fields = await guard.fields(request)
        given = dict(fields)
        types = [value for name, value in fields if name == "type"]
        channel = given.get("channel", "")
        broken = given.get("deed") == "break-glass"
        if broken:
            proved(visitor, "approve")
        try:
            wish = _wish(channel, types, given, zones.clock_of(visitor, given), broken=broken)
            shown = await self._ask(optin.request, visitor.tenant_id, visitor.email, proof(visitor), wish)
        except (Unusable, Refused) as error:
            status = 422 if isinstance(error, Unusable) else 403
            if not _asks(visitor) or getattr(error, "step_up", False):
                raise
            return await self._form(visitor, channel, types, status=status, why=str(error), given=given)
        return RedirectResponse(f"/opt-ins/{shown.optin_id}", 303)

    # -- one ----------------------------------------------------------------------------------------------------------

    async def _one(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(visitor, request.path_params["optin_id"])

    async def _page(self, visitor: Visitor, optin_id: UUID, *, status: int = 200, why: str = "") -> Response:
        found: Shown = await self._ask(optin.one, visitor.tenant_id, optin_id)
        sides = None
        if found.state in {"requested", *OPEN}:
            try:
                sides = await self._ask(preview.side_by_side, visitor.tenant_id, found.channel, found.types)
            except (optin.NotFound, Unusable):
                sides = None  # the channel is gone or configured in a way that nothing can be sent: then nothing leaves
        history = ()
        if may(visitor.roles, "audit"):
            wanted = audit.Wanted(object=f"optin:{optin_id}")
            history = (await self._ask(audit.page, visitor.tenant_id, wanted)).events
        agreements = await self._ask(baa.every, visitor.tenant_id)
        return page(
            "optin.html",
            visitor,
            status,
            one=found,
            baa=next((each for each in agreements if each.baa_id == found.baa_id), None),
            sides=sides,
            tokens=_pretty(sides.tokens) if sides else "",
            plaintext=_pretty(sides.plaintext) if sides else "",
            kinds=KINDS,
            history=history,
            audits=may(visitor.roles, "audit"),
            approves=may(visitor.roles, "approve") and found.state == "requested",
            own=found.requested_by == visitor.email,
            revokes=may(visitor.roles, "revoke") and found.state in {"requested", "suspended", *OPEN},
            proved=signin.stepped_up(visitor),
            why=why,
            now=datetime.now(UTC),
        )

    async def _decide(self, request: Request, visitor: Visitor) -> Response:
        optin_id, deed = request.path_params["optin_id"], request.path_params["deed"]
        flows = {"approve": optin.approve, "reject": optin.reject, "revoke": optin.revoke}
        if deed not in flows:
            return sorry(404, "There is no such action", "Go back and try again.", visitor)
        given = await guard.form(request)
        if deed == "approve":
            proved(visitor, "approve")
            if may(visitor.roles, "approve"):
                found = await self._ask(optin.one, visitor.tenant_id, optin_id)
                if given.get("name", "").strip() != found.channel:
                    why = "Type the channel's name as it stands here: it shows that you mean this channel."
                    return await self._page(visitor, optin_id, status=422, why=why)
        try:
            await self._ask(
                flows[deed],
                visitor.tenant_id,
                visitor.email,
                proof(visitor),
                optin_id,
                reason=given.get("reason", ""),
            )
        except Refused as error:
            if error.step_up:
                raise
            return await self._page(visitor, optin_id, status=403, why=str(error))
        return RedirectResponse(f"/opt-ins/{optin_id}", 303)

    # -- the kill switch ----------------------------------------------------------------------------------------------

    async def _switch(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        state = given.get("state")
        if state not in {"on", "off"}:
            return sorry(422, "On or off", "Go back and try again.", visitor)
        await self._check(visitor, "switch", f"kill_switch.{state}")
        await self._ask(manage.switch, visitor.tenant_id, on=state == "on", actor=visitor.email, auth=visitor.context)
        return RedirectResponse("/opt-ins", 303)


def _asks(visitor: Visitor) -> bool:
    """May this visitor open the request form: to ask, or to break the glass."""
    return may(visitor.roles, "request") or may(visitor.roles, "approve")


def _in_force(agreement: baa.Shown) -> bool:
    return agreement.state not in {"retired", "lapsed", "not yet"}


def _wish(channel: str, types: list[str], given: Mapping[str, str], by: Clock, *, broken: bool) -> Wish:
    """What the form asks for, to the end of its last day on this clock. Raises Unusable."""
    try:
        agreement = UUID(given.get("baa", ""))
    except ValueError:
        raise Unusable("Choose the agreement that covers this destination.") from None
    if broken:
        until = datetime.now(UTC) + BREAK_GLASS
    else:
        try:
            until = zones.day(given.get("until", ""), by, after=1)
        except zones.NotATime as error:
            raise Unusable(str(error)) from None
    lowest = next((each for each in SEVERITIES if each == given.get("severity")), None)
    if lowest is None:
        raise Unusable("Choose the lowest severity.")
    return Wish(channel, types, given.get("purpose", ""), agreement, until, lowest, broken)


def _pretty(payload: object) -> str:
    """A payload as a vendor would get it, for reading."""
    return json.dumps(payload, indent=1, ensure_ascii=False, default=str)
