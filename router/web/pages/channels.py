"""Channels by page: which there are and how each is doing, made and changed in forms drawn from each kind's own model.

A change is shown before it is saved: what differs, and which opt-ins it suspends. Between the two the browser holds it
sealed, so a credential that was typed stands in no page, and what is saved is what was shown.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.contract import Spec
from channels.registry import CHANNELS
from router.core import form
from router.core.access import may
from router.core.form import Field
from router.core.optin import SECRET, WHOLE
from router.core.routing import Route as AlertRoute
from router.flow import channel, channel_health, manage, optin, overview, preview
from router.flow.apply import Stale
from router.flow.channel import By, Unfit, Wish
from router.flow.manage import Tried
from router.flow.signin import Visitor
from router.privacy.tokens import KINDS
from router.runtime import Runtime
from router.web.pages import guard, look
from router.web.pages.governance import Governed, Signed
from router.web.pages.shell import Handler, page, sorry

if TYPE_CHECKING:
    from markupsafe import Markup

TYPES: Final = {name: words for name, words in KINDS.items() if name not in {SECRET, WHOLE}}
EXAMPLES: Final = ("PERSON", "EMAIL", "PHONE")
"""Types whose plaintext the page shows beside their tokens before anybody chose others."""

CHANGES: Final = 10
"""Lines of the history that the channel's page shows; the rest is a click away."""

SPANS: Final = {"1": "the last hour", "6": "the last 6 hours", "24": "the last day", "168": "the last 7 days"}
"""Hours that can be recovered by page."""

_SETTING, _SECRET, _FORGET = "set.", "secret.", "forget."
_SLACK: Final = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@dataclass(frozen=True, slots=True)
class Filled:
    """A field with what stands in it, and what is wrong with that. A credential's text is never here."""

    field: Field
    value: str
    fault: str
    credential: channel.Credential | None = None
    forget: bool = False


class ChannelPages(Governed):
    """The handlers of channels."""

    def __init__(self, runtime: Runtime, gate: asyncio.Semaphore) -> None:
        super().__init__(runtime, gate)
        self._tries = asyncio.Semaphore(2)  # a vendor may take half a minute: no page waits for that

    def routes(self) -> list[Route]:
        """Where each page is."""
        one = "/channels/{channel_id:uuid}"
        shown = {"": self._one, "/edit": self._edit, "/history": self._history, "/remove": self._leave}
        sent = {
            "/edit": self._check_change,
            "/save": self._save,
            "/remove": self._remove,
            "/test": self._test,
            "/pause": self._pause,
            "/resume": self._resume,
            "/retry": self._retry,
            "/recover": self._recover,
        }
        return [
            Route("/channels", self._served(self._list), methods=["GET"]),
            Route("/channels", self._served(self._create, form=True), methods=["POST"]),
            Route("/channels/new", self._served(self._new), methods=["GET"]),
            *(Route(one + path, self._served(handler), methods=["GET"]) for path, handler in shown.items()),
            *(Route(one + path, self._served(handler, form=True), methods=["POST"]) for path, handler in sent.items()),
        ]

    def _served(self, handler: Signed, *, form: bool = False) -> Handler:
        async def answered(request: Request, visitor: Visitor) -> Response:
            try:
                return await handler(request, visitor)
            except Stale as error:
                return sorry(409, "It was changed meanwhile", str(error), visitor)

        return self._signed(answered, form=form)

    # -- looking ------------------------------------------------------------------------------------------------------

    async def _list(self, request: Request, visitor: Visitor) -> Response:
        found = await self._ask(overview.channels, visitor.tenant_id, clock=visitor.clock)
        return page(
            "channels.html",
            visitor,
            found=found,
            modes=await self._ask(optin.modes, visitor.tenant_id, clock=visitor.clock),
            shares=await self._ask(channel_health.shares, visitor.tenant_id),
            now=datetime.now(UTC),
            gone=request.query_params.get("gone", "")[:63],
        )

    async def _one(self, request: Request, visitor: Visitor) -> Response:
        query = request.query_params
        return await self._page(
            visitor, request.path_params["channel_id"], types=query.getlist("type"), done=query.get("done", "")
        )

    async def _page(
        self,
        visitor: Visitor,
        channel_id: UUID,
        *,
        status: int = 200,
        types: Sequence[str] = (),
        done: str = "",
        tried: Tried | None = None,
        why: str = "",
    ) -> Response:
        tenant_id = visitor.tenant_id
        held = await self._ask(channel.look, tenant_id, channel_id)
        line = next(
            each
            for each in await self._ask(overview.channels, tenant_id, clock=visitor.clock)
            if each.channel_id == channel_id
        )
        picked = [each for each in types if each in TYPES] or list(EXAMPLES)
        drawn = await self._ask(preview.drawn, tenant_id, channel_id, picked)
        since, died = await self._ask(channel_health.recoverable, tenant_id, channel_id)
        changes = await self._ask(channel.history, tenant_id, channel_id, most=CHANGES + 1)
        modes = await self._ask(optin.modes, tenant_id, clock=visitor.clock)
        return page(
            "channel.html",
            visitor,
            status,
            one=held,
            line=line,
            mode=modes.get(held.name, "tokens"),
            health=await self._ask(channel_health.health, tenant_id, channel_id),
            deliveries=await self._ask(channel_health.newest, tenant_id, channel_id),
            died=died,
            spans=SPANS,
            optins=await self._ask(optin.every, tenant_id, held.name),
            changes=changes[:CHANGES],
            more=len(changes) > CHANGES,
            sides=_sides(drawn),
            drawn=drawn,
            types=TYPES,
            since=since,
            now=datetime.now(UTC),
            done=done,
            tried=tried,
            why=why,
            operates=may(visitor.roles, "operate"),
            configures=may(visitor.roles, "configure"),
            route=_route,
        )

    async def _history(self, request: Request, visitor: Visitor) -> Response:
        channel_id = request.path_params["channel_id"]
        before = request.query_params.get("before", "")
        held = await self._ask(channel.look, visitor.tenant_id, channel_id)
        found = await self._ask(
            channel.history,
            visitor.tenant_id,
            channel_id,
            before=int(before) if before.isdecimal() and len(before) < len(str(2**62)) else None,
            most=51,
        )
        return page("channel-history.html", visitor, one=held, changes=found[:50], more=len(found) > len(found[:50]))

    # -- making and changing ------------------------------------------------------------------------------------------

    async def _new(self, request: Request, visitor: Visitor) -> Response:
        if not may(visitor.roles, "configure"):
            await self._check(visitor, "configure", "channel.add")
        spec = CHANNELS.get(request.query_params.get("kind", ""))
        if spec is None:
            return page("channel-kinds.html", visitor, kinds=list(CHANNELS.values()))
        return self._form(visitor, spec, {}, {})

    def _form(
        self,
        visitor: Visitor,
        spec: Spec[Any],
        given: Mapping[str, str],
        faults: Mapping[str, str],
        *,
        held: channel.Set | None = None,
        notice: str = "",
    ) -> Response:
        """The form of a kind: empty, as the channel is set, or as it was sent, with what is wrong beside each field."""
        filled = _filled(spec, given, faults, held)
        known = {"name", *(each.field.name for each in filled)}
        return page(
            "channel-form.html",
            visitor,
            422 if faults else 200,
            spec=spec,
            one=held,
            name=given.get("name", held.name if held else ""),
            filled=filled,
            faults=faults,
            loose=[said for name, said in faults.items() if name not in known],
            titles={"name": "Name", **{each.field.name: each.field.title for each in filled}},
            notice=notice,
            revision=given.get("revision", held.revision if held else ""),
        )

    async def _create(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        spec = CHANNELS.get(given.get("kind", ""))
        if spec is None:
            return page("channel-kinds.html", visitor, 422, kinds=list(CHANNELS.values()))
        try:
            made = await self._ask(channel.create, _by(visitor), spec.kind, _wish(spec, given))
        except Unfit as unfit:
            return self._form(visitor, spec, given, unfit.faults)
        return RedirectResponse(f"/channels/{made}?done=made", 303)

    async def _edit(self, request: Request, visitor: Visitor) -> Response:
        if not may(visitor.roles, "configure"):
            await self._check(visitor, "configure", "channel.change")
        held = await self._ask(channel.look, visitor.tenant_id, request.path_params["channel_id"])
        return self._form(visitor, CHANNELS[held.kind], {}, {}, held=held)

    async def _check_change(self, request: Request, visitor: Visitor) -> Response:
        channel_id = request.path_params["channel_id"]
        given = await guard.form(request)
        held = await self._ask(channel.look, visitor.tenant_id, channel_id)
        spec = CHANNELS[held.kind]
        if may(visitor.roles, "configure") and given.get("again"):
            return self._form(visitor, spec, given, {}, held=held)
        seen = given.get("revision", "")
        try:
            planned = await self._ask(
                channel.plan,
                _by(visitor),
                channel_id,
                _wish(spec, given),
                int(seen) if seen.isdecimal() and len(seen) < len(str(2**31)) else 0,
            )
        except Unfit as unfit:
            return self._form(visitor, spec, given, unfit.faults, held=held)
        if not planned.changes:
            return self._form(visitor, spec, given, {}, held=held, notice="Nothing differs from what holds.")
        return page(
            "channel-check.html",
            visitor,
            one=held,
            plan=planned,
            typed=[(name, text) for name, text in given.items() if _typed(spec, name)],
            renamed=any(each.field == "name" for each in planned.changes),
        )

    async def _save(self, request: Request, visitor: Visitor) -> Response:
        channel_id = request.path_params["channel_id"]
        draft = (await guard.form(request)).get("draft", "")
        await self._ask(channel.save, _by(visitor), channel_id, draft)
        return RedirectResponse(f"/channels/{channel_id}?done=saved", 303)

    async def _leave(self, request: Request, visitor: Visitor) -> Response:
        if not may(visitor.roles, "configure"):
            await self._check(visitor, "configure", "channel.remove")
        held = await self._ask(channel.look, visitor.tenant_id, request.path_params["channel_id"])
        found = await self._ask(optin.every, visitor.tenant_id, held.name)
        line = next(
            each
            for each in await self._ask(overview.channels, visitor.tenant_id, clock=visitor.clock)
            if each.name == held.name
        )
        carried = [each for each in found if each.state in {"active", "expiring"}]
        return page("channel-remove.html", visitor, one=held, line=line, carried=carried, route=_route)

    async def _remove(self, request: Request, visitor: Visitor) -> Response:
        channel_id = request.path_params["channel_id"]
        given = await guard.form(request)
        if not may(visitor.roles, "configure"):
            await self._check(visitor, "configure", "channel.remove")
        held = await self._ask(channel.look, visitor.tenant_id, channel_id)
        if given.get("name", "").strip() != held.name:
            return sorry(422, "Type its name to confirm", "It is not the name of this channel. Go back.", visitor)
        await self._ask(channel.remove, _by(visitor), channel_id)
        return RedirectResponse(f"/channels?gone={held.name}", 303)

    # -- looking after it ---------------------------------------------------------------------------------------------

    async def _named(self, request: Request, visitor: Visitor, action: str) -> tuple[UUID, str]:
        """The channel's id, by which the flows take it as well; whoever may not operate is refused and recorded."""
        await self._check(visitor, "operate", action)
        channel_id: UUID = request.path_params["channel_id"]
        return channel_id, str(channel_id)

    async def _test(self, request: Request, visitor: Visitor) -> Response:
        channel_id, name = await self._named(request, visitor, "channel.test")
        async with self._tries:
            tried = await asyncio.to_thread(manage.test, self._runtime, visitor.tenant_id, name, visitor.email)
        return await self._page(visitor, channel_id, tried=tried)

    async def _pause(self, request: Request, visitor: Visitor) -> Response:
        channel_id, name = await self._named(request, visitor, "channel.pause")
        reason = (await guard.form(request)).get("reason", "").strip()
        if not reason:
            return await self._page(visitor, channel_id, status=422, why="Say why: everybody who looks here sees it.")
        await self._ask(manage.pause, visitor.tenant_id, name, reason, visitor.email)
        return RedirectResponse(f"/channels/{channel_id}?done=paused", 303)

    async def _resume(self, request: Request, visitor: Visitor) -> Response:
        channel_id, name = await self._named(request, visitor, "channel.resume")
        await self._ask(manage.resume, visitor.tenant_id, name, visitor.email)
        return RedirectResponse(f"/channels/{channel_id}?done=resumed", 303)

    async def _retry(self, request: Request, visitor: Visitor) -> Response:
        channel_id, _ = await self._named(request, visitor, "delivery.retry")
        given = await guard.form(request)
        held = await self._ask(channel.look, visitor.tenant_id, channel_id)
        try:
            incident, revision = UUID(given.get("incident", "")), int(given.get("revision", ""))
        except ValueError:
            raise manage.NotFound("There is no such delivery in this tenant.") from None
        await self._ask(manage.retry, visitor.tenant_id, incident, held.name, revision, visitor.email)
        return RedirectResponse(f"/channels/{channel_id}?done=again#deliveries", 303)

    async def _recover(self, request: Request, visitor: Visitor) -> Response:
        channel_id, name = await self._named(request, visitor, "delivery.recover")
        hours = (await guard.form(request)).get("hours", "")
        if hours not in SPANS:
            return await self._page(visitor, channel_id, status=422, why="Choose since when to send again.")
        since = datetime.now(UTC) - timedelta(hours=int(hours))
        await self._ask(manage.recover, visitor.tenant_id, since, name, visitor.email)
        return RedirectResponse(f"/channels/{channel_id}?done=again#deliveries", 303)


# -- forms ------------------------------------------------------------------------------------------------------------


def _by(visitor: Visitor) -> By:
    return By(visitor.tenant_id, visitor.email, visitor.roles, "page", auth=visitor.context)


def _wish(spec: Spec[Any], given: Mapping[str, str]) -> Wish:
    """The channel as the form has it."""
    settings = {name.removeprefix(_SETTING): text for name, text in given.items() if name.startswith(_SETTING)}
    secrets = (*spec.secrets, *spec.optional_secrets)
    return Wish(
        given.get("name", "").strip(),
        form.read(spec, settings),
        {name: text for name in secrets if (text := given.get(_SECRET + name, "").strip())},
        [name for name in secrets if given.get(_FORGET + name) == form.ON],
    )


def _typed(spec: Spec[Any], name: str) -> bool:
    """Is this a field of the form that may be carried along as it is: everything but credentials."""
    known = {each.name for each in form.fields(spec) if each.sort != "secret"}
    if name.startswith(_SETTING):
        return name.removeprefix(_SETTING) in known
    return name == "name" or name.startswith(_FORGET)


def _filled(
    spec: Spec[Any], given: Mapping[str, str], faults: Mapping[str, str], held: channel.Set | None
) -> list[Filled]:
    credentials = {each.name: each for each in held.credentials} if held else {}
    found = []
    for each in form.fields(spec):
        if each.sort == "secret":
            forget = given.get(_FORGET + each.name) == form.ON
            found.append(Filled(each, "", faults.get(each.name, ""), credentials.get(each.name), forget))
            continue
        before = held.values.get(each.name, "") if held else each.default
        # A box that is not ticked is not sent, so the whole form says whether it was.
        text = given.get(_SETTING + each.name, "") if given else before
        found.append(Filled(each, text, faults.get(each.name, "")))
    return found


# -- what it receives -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One side of what a channel receives: the payload, as JSON for reading, its size, and how its text is said."""

    title: str
    payload: Any
    text: str
    size: int
    say: Callable[[object], Markup]


def _sides(drawn: preview.Drawn) -> tuple[Side, Side]:
    titles = ("As it is, with tokens", f"If {', '.join(drawn.types)} were opted in")
    return (
        _side(titles[0], drawn.tokens, drawn.values),
        _side(titles[1], drawn.plaintext, drawn.values),
    )


def _side(title: str, payload: Any, values: Collection[str]) -> Side:  # noqa: ANN401 - JSON
    text = json.dumps(payload, indent=1, ensure_ascii=False, default=str)
    size = len(json.dumps(payload, separators=(",", ":"), ensure_ascii=False, default=str).encode())
    return Side(title, payload, text, size, _teller(values))


def _teller(values: Collection[str]) -> Callable[[object], Markup]:
    """Says a text with its tokens as pills and the values of nobody marked; everything in it is escaped."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with the templates

    words = "|".join(map(re.escape, sorted(values, key=len, reverse=True)))

    def say(text: object) -> Markup:
        plain = re.sub("&(?:lt|gt|amp);", lambda found: _SLACK[found[0]], str(text))  # Slack's own escapes
        parts = re.split(f"({words})", plain) if words else [plain]
        return Markup("").join(
            Markup('<mark title="made up">{}</mark>').format(escape(part)) if part in values else look.pills(part)
            for part in parts
        )

    return say


def _route(found: tuple[int, AlertRoute]) -> str:
    """A route in words, as its list counts it."""
    position, route = found
    matchers = " and ".join(map(str, route.matchers)) or "everything"
    return f"{position + 1}. {matchers}"
