"""One's own account, the tenant's people, its API tokens, and who may do what."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route

from router.core.access import ROLES, RULES, may
from router.flow import accounts, passkeys, tokens
from router.flow.accounts import NotAllowed, ProveFirst
from router.flow.brake import Throttled
from router.flow.manage import NotFound, NotPossible
from router.flow.signin import NoSuchUser, Visitor
from router.web.pages import guard, zones
from router.web.pages.shell import Handler, Shell, page, sorry, to_door

DAYS: Final = (30, 90, 180, 365)
"""How long a token made in the page may hold."""

Signed = Callable[[Request, Visitor], Awaitable[Response]]


class Accounts(Shell):
    """The handlers of accounts."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        read: dict[str, Signed] = {
            "/account": self._account,
            "/account/totp": self._totp,
            "/account/passkey": self._passkey,
            "/people": self._people,
            "/people/{user_id:uuid}": self._person,
            "/tokens": self._tokens,
            "/roles": self._roles,
        }
        write: dict[str, Signed] = {
            "/account/clock": self._set_clock,
            "/account/zone": self._set_zone,
            "/account/password": self._set_password,
            "/account/totp": self._begin_totp,
            "/account/totp/confirm": self._confirm_totp,
            "/account/recovery": self._new_recovery,
            "/account/passkey": self._add_passkey,
            "/account/factors/{factor_id:uuid}/remove": self._remove_factor,
            "/account/sessions/{session_id:uuid}/end": self._end_session,
            "/people": self._invite,
            "/people/{user_id:uuid}/{change}": self._change,
            "/tokens": self._add_token,
            "/tokens/{token_id:uuid}/revoke": self._revoke_token,
        }
        return [
            *(Route(path, self._signed(handler), methods=["GET"]) for path, handler in read.items()),
            *(Route(path, self._signed(handler, form=True), methods=["POST"]) for path, handler in write.items()),
        ]

    def _signed(self, handler: Signed, *, form: bool = False) -> Handler:
        """The handler for a visitor, with a form that is theirs, and the flows' refusals as pages."""

        async def served(request: Request) -> Response:
            visitor = await self._visitor(request)
            if visitor is None:
                return to_door(request)
            refusal = await self._refusal(request, visitor) if form else None
            if refusal is not None:
                return refusal
            try:
                return await handler(request, visitor)
            except ProveFirst:
                back = request.url.path if not form else _page_of(request.url.path)
                return RedirectResponse(f"/prove?next={quote(back)}", 303)
            except NotAllowed as error:
                return sorry(403, "Your roles do not allow this", str(error), visitor)
            except (NotFound, NoSuchUser) as error:
                return sorry(404, "It is not there", str(error), visitor)
            except NotPossible as error:
                return sorry(422, "This cannot be done", str(error), visitor)
            except Throttled as error:
                response = sorry(429, "Too many tries", f"Wait {error.wait} seconds, then try again.", visitor)
                response.headers["retry-after"] = str(error.wait)
                return response

        return self._dressed(served)

    # -- one's own ----------------------------------------------------------------------------------------------------

    async def _account(self, request: Request, visitor: Visitor) -> Response:
        found = await self._ask(accounts.account, visitor)
        response = page(
            "accounts/account.html",
            visitor,
            found=found,
            done=_done(request),
            now=datetime.now(UTC),
            zones=zones.options(visitor.zone),
        )
        # It offers the browser's own zone; the page works without.
        response.headers["content-security-policy"] = guard.WITH_SCRIPT
        return response

    async def _set_zone(self, request: Request, visitor: Visitor) -> Response:
        zone = (await guard.form(request)).get("zone", "")
        await self._ask(
            accounts.set_zone, visitor.tenant_id, visitor.email, zone, actor=visitor.email, auth=visitor.context
        )
        return RedirectResponse("/account?done=zone", 303)

    async def _set_clock(self, request: Request, visitor: Visitor) -> Response:
        utc = (await guard.form(request)).get("utc", "") == "on"
        await self._ask(accounts.show_utc, visitor, on=utc)
        return RedirectResponse(_page_before(request), 303)

    async def _set_password(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        if given.get("password") != given.get("again"):
            return sorry(422, "The two passwords differ", "Go back and type the same twice.", visitor)
        await self._ask(accounts.set_password, visitor, self._secret(request), given.get("password", ""))
        return RedirectResponse("/account?done=password", 303)

    async def _begin_totp(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        await self._ask(accounts.begin_totp, visitor)
        return RedirectResponse("/account/totp", 303)

    async def _totp(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return await self._totp_page(visitor)

    async def _totp_page(self, visitor: Visitor, status: int = 200) -> Response:
        waiting = await self._ask(accounts.waiting_totp, visitor)
        if waiting is None:
            return RedirectResponse("/account", 303)
        return page(
            "accounts/totp.html",
            visitor,
            status,
            key=waiting.key,
            picture=_picture(waiting.uri),
            wrong=status != 200,  # noqa: PLR2004 - the page after a wrong code
        )

    async def _confirm_totp(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        taken = await self._ask(
            accounts.confirm_totp, visitor, self._secret(request), given.get("code", ""), time.time()
        )
        return RedirectResponse("/account?done=totp", 303) if taken else await self._totp_page(visitor, 422)

    async def _new_recovery(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        codes = await self._ask(accounts.new_recovery, visitor)
        return page("accounts/recovery.html", visitor, codes=codes)

    async def _passkey(self, request: Request, visitor: Visitor) -> Response:
        question, why = "", ""
        try:
            question = await self._ask(passkeys.begin_adding, visitor, self._site(request))
        except NotPossible as error:
            why = str(error)
        response = page("accounts/add-passkey.html", visitor, question=question, why=why)
        response.headers["content-security-policy"] = guard.WITH_SCRIPT
        return response

    async def _add_passkey(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        await self._ask(
            passkeys.add,
            visitor,
            self._secret(request),
            self._site(request),
            given.get("name", ""),
            given.get("answer", ""),
        )
        return RedirectResponse("/account?done=passkey", 303)

    async def _remove_factor(self, request: Request, visitor: Visitor) -> Response:
        await self._ask(accounts.remove_factor, visitor, self._secret(request), request.path_params["factor_id"])
        return RedirectResponse("/account?done=removed", 303)

    async def _end_session(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        await self._ask(accounts.end_session, visitor, request.path_params["session_id"])
        return RedirectResponse(guard.own_page(given.get("next", "/account")), 303)

    # -- the tenant's people ------------------------------------------------------------------------------------------

    async def _people(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return await self._people_page(visitor)

    async def _people_page(self, visitor: Visitor, why: str = "", email: str = "", status: int = 200) -> Response:
        found = await self._ask(accounts.people, visitor)
        return page(
            "accounts/people.html",
            visitor,
            status,
            found=found,
            roles=ROLES,
            why=why,
            email=email,
            now=datetime.now(UTC),
        )

    async def _person(self, request: Request, visitor: Visitor) -> Response:
        return await self._person_page(visitor, request.path_params["user_id"], done=_done(request))

    async def _person_page(self, visitor: Visitor, user_id: UUID, why: str = "", done: str = "") -> Response:
        person, held = await self._ask(accounts.person, visitor, user_id)
        return page(
            "accounts/person.html",
            visitor,
            422 if why else 200,
            person=person,
            sessions=held,
            roles=ROLES,
            rules=RULES,
            why=why,
            done=done,
            now=datetime.now(UTC),
        )

    async def _invite(self, request: Request, visitor: Visitor) -> Response:
        given = await guard.form(request)
        email = given.get("email", "")
        try:
            code = await self._ask(accounts.invite, visitor, email, await _roles_of(request))
        except NotPossible as error:
            return await self._people_page(visitor, str(error), email, 422)
        return page("accounts/code.html", visitor, code=code, email=email, door=self._sign_in_address(request))

    async def _change(self, request: Request, visitor: Visitor) -> Response:
        user_id, change = request.path_params["user_id"], request.path_params["change"]
        try:
            if change == "roles":
                await self._ask(accounts.set_roles, visitor, user_id, await _roles_of(request))
            elif change in {"disable", "enable"}:
                await self._ask(accounts.set_disabled, visitor, user_id, disabled=change == "disable")
            elif change == "reset":
                await self._ask(accounts.reset, visitor, user_id)
            elif change == "code":
                code = await self._ask(accounts.give_code, visitor, user_id)
                person, _ = await self._ask(accounts.person, visitor, user_id)
                return page(
                    "accounts/code.html", visitor, code=code, email=person.email, door=self._sign_in_address(request)
                )
            else:
                return sorry(404, "There is no such change", "Go back and try again.", visitor)
        except NotPossible as error:
            return await self._person_page(visitor, user_id, str(error))
        return RedirectResponse(f"/people/{user_id}?done={change}", 303)

    # -- API tokens ---------------------------------------------------------------------------------------------------

    async def _tokens(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        return await self._tokens_page(visitor)

    async def _tokens_page(self, visitor: Visitor, why: str = "") -> Response:
        await self._ask(accounts.check, visitor, "tokens", "token.list", fresh=False)
        found = await self._ask(tokens.every, visitor.tenant_id)
        return page(
            "accounts/tokens.html",
            visitor,
            422 if why else 200,
            found=found,
            roles=ROLES,
            days=DAYS,
            why=why,
            now=datetime.now(UTC),
        )

    async def _add_token(self, request: Request, visitor: Visitor) -> Response:
        await self._ask(accounts.check, visitor, "tokens", "token.add")
        given = await guard.form(request)
        days = int(given["days"]) if given.get("days") in {str(each) for each in DAYS} else DAYS[0]
        try:
            made = await self._ask(
                tokens.add,
                visitor.tenant_id,
                roles=await _roles_of(request),
                until=datetime.now(UTC) + timedelta(days=days),
                name=given.get("name", "").strip(),
                actor=visitor.email,
                auth=visitor.context,
            )
        except NotPossible as error:
            return await self._tokens_page(visitor, str(error))
        return page("accounts/token.html", visitor, made=made)

    async def _revoke_token(self, request: Request, visitor: Visitor) -> Response:
        await self._ask(accounts.check, visitor, "tokens", "token.revoke")
        await self._ask(
            tokens.revoke,
            visitor.tenant_id,
            request.path_params["token_id"],
            actor=visitor.email,
            auth=visitor.context,
        )
        return RedirectResponse("/tokens", 303)

    # -- roles --------------------------------------------------------------------------------------------------------

    async def _roles(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        mine = {deed for deed in RULES if may(visitor.roles, deed)}
        return page("accounts/roles.html", visitor, rules=RULES, roles=ROLES, mine=mine)

    # -- what they share ----------------------------------------------------------------------------------------------

    def _site(self, request: Request) -> passkeys.Site:
        return passkeys.site(guard.origin(request, self._runtime.public_url))

    def _sign_in_address(self, request: Request) -> str:
        return f"{guard.origin(request, self._runtime.public_url)}/sign-in"


async def _roles_of(request: Request) -> list[str]:
    return [value for name, value in await guard.fields(request) if name == "role"]


def _done(request: Request) -> str:
    """What was done before this page was shown, as one of its words."""
    found = request.query_params.get("done", "")
    return found if found.isascii() and found.isalpha() else ""


def _page_before(request: Request) -> str:
    """The page that a form of every page stood on, with its query; or the one that it hangs under, if it was an answer.

    The browser says which: our referrer policy is `same-origin`, and the form's own origin was checked.
    """
    parts = urlsplit(request.headers.get("referer", ""))
    path = guard.own_page(parts.path)
    while path != "/":
        asked = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            whole = path == parts.path and parts.query
            return f"{path}?{parts.query}" if whole else path
        path = path.rpartition("/")[0] or "/"
    return f"/?{parts.query}" if parts.path == "/" and parts.query else "/"


def _page_of(path: str) -> str:
    """The page that a form stands on: `/people/<id>/roles` is on `/people/<id>`."""
    parts = path.strip("/").split("/")
    if parts[0] == "people" and len(parts) > 1:
        return f"/people/{parts[1]}"
    return f"/{parts[0]}"


def _picture(uri: str) -> str:
    """A QR code as an SVG that stands in the page: no image to load, no script, no style."""
    import segno  # noqa: PLC0415 - only this page draws one

    drawn = segno.make(uri, error="m").svg_inline(
        scale=5, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return str(drawn)
