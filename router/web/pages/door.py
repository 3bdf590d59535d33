"""Coming and going: the sign-in page with its ways in, the second factor, proving it again, first-run set-up, sign-out.

Everything works without a script but passkeys, which a browser offers to scripts alone: their page loads one small file
of ours, and its policy allows that file and nothing inline.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.flow import accounts, oidc, passkeys, signin
from router.flow.brake import Throttled
from router.flow.manage import NotPossible
from router.flow.passkeys import Site
from router.flow.signin import Knock, Visitor
from router.web.pages import guard
from router.web.pages.shell import Shell, page, sorry, to_door

NO_SOONER: Final = 0.4
"""Seconds after which a try that failed is answered, at the earliest: what it was compared with does not show."""

WAY: Final = "alertveil-way"
"""The cookie that keeps the secret of a try with the identity provider."""

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Door(Shell):
    """The handlers of coming and going."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/sign-in", self._dressed(self._door), methods=["GET"]),
            Route("/sign-in", self._dressed(self._sign_in), methods=["POST"]),
            Route("/sign-in/second", self._dressed(self._second), methods=["GET"]),
            Route("/sign-in/second", self._dressed(self._give_second), methods=["POST"]),
            Route("/sign-in/passkey", self._dressed(self._passkey), methods=["GET"]),
            Route("/sign-in/passkey", self._dressed(self._give_passkey), methods=["POST"]),
            Route("/sign-in/provider", self._dressed(self._to_provider), methods=["GET"]),
            Route("/sign-in/provider/answer", self._dressed(self._from_provider), methods=["GET"]),
            Route("/prove", self._dressed(self._prove), methods=["GET"]),
            Route("/prove", self._dressed(self._give_proof), methods=["POST"]),
            Route("/prove/passkey", self._dressed(self._prove_passkey), methods=["GET"]),
            Route("/prove/passkey", self._dressed(self._give_proof_passkey), methods=["POST"]),
            Route("/set-up", self._dressed(self._set_up), methods=["GET"]),
            Route("/set-up", self._dressed(self._give_set_up), methods=["POST"]),
            Route("/sign-out", self._dressed(self._sign_out), methods=["POST"]),
        ]

    # -- ways in ------------------------------------------------------------------------------------------------------

    async def _door(self, request: Request) -> Response:
        goal = guard.own_page(request.query_params.get("next", ""))
        if await self._visitor(request, seen=False) is not None:
            return RedirectResponse(goal, 303)
        if await self._ask(signin.waiting, self._secret(request)):
            return RedirectResponse(f"/sign-in/second?{urlencode({'next': goal})}", 303)
        fresh = await self._ask(accounts.fresh)
        return self._sign_in_page(goal, _slug(request.query_params.get("tenant", "")), fresh=fresh)

    async def _sign_in(self, request: Request) -> Response:
        if not self._ours(request):
            return _elsewhere()
        given = await guard.form(request)
        goal = guard.own_page(given.get("next", ""))
        began = time.monotonic()
        by_password = "email" in given
        try:
            if by_password:
                secret = await self._ask(
                    signin.with_password,
                    knock(request),
                    given["email"],
                    given.get("password", ""),
                    given.get("tenant", ""),
                )
            else:
                secret = await self._ask(signin.exchange, given.get("code", ""), knock(request))
        except Throttled as error:
            return _wait(error)
        if secret is None:
            await _no_sooner(began)
            wrong = "password" if by_password else "code"
            return self._sign_in_page(goal, _slug(given.get("tenant", "")), 401, wrong=wrong)
        return self._keep(RedirectResponse(goal, 303), request, secret, signin.SESSION_HOLDS)

    def _sign_in_page(
        self, goal: str, tenant: str, status: int = 200, *, wrong: str = "", fresh: bool = False
    ) -> Response:
        provider = self._runtime.identity
        ask = urlencode({"next": goal, **({"tenant": tenant} if tenant else {})})
        return page(
            "accounts/sign-in.html",
            None,
            status,
            next=goal,
            tenant=tenant,
            wrong=wrong,
            fresh=fresh,
            label=provider.label if provider else "",
            ask=ask,
        )

    async def _second(self, request: Request) -> Response:
        email = await self._ask(signin.waiting, self._secret(request))
        if not email:
            return RedirectResponse("/sign-in", 303)
        goal = guard.own_page(request.query_params.get("next", ""))
        return page("accounts/second.html", None, email=email, next=goal, wrong=False)

    async def _give_second(self, request: Request) -> Response:
        if not self._ours(request):
            return _elsewhere()
        given = await guard.form(request)
        goal = guard.own_page(given.get("next", ""))
        began = time.monotonic()
        half = self._secret(request)
        try:
            secret = await self._ask(signin.with_second, knock(request), half, given.get("code", "")) if half else None
        except Throttled as error:
            return _wait(error)
        if secret is None:
            await _no_sooner(began)
            email = await self._ask(signin.waiting, half)
            if not email:
                return RedirectResponse("/sign-in", 303)
            return page("accounts/second.html", None, 401, email=email, next=goal, wrong=True)
        return self._keep(RedirectResponse(goal, 303), request, secret, signin.SESSION_HOLDS)

    async def _passkey(self, request: Request) -> Response:
        goal = guard.own_page(request.query_params.get("next", ""))
        return await self._passkey_page(request, goal, "/sign-in/passkey")

    async def _give_passkey(self, request: Request) -> Response:
        if not self._ours(request):
            return _elsewhere()
        given = await guard.form(request)
        goal = guard.own_page(given.get("next", ""))
        began = time.monotonic()
        try:
            secret = await self._ask(passkeys.sign_in, self._site(request), knock(request), given.get("answer", ""))
        except Throttled as error:
            return _wait(error)
        if secret is None:
            await _no_sooner(began)
            return await self._passkey_page(request, goal, "/sign-in/passkey", status=401)
        return self._keep(RedirectResponse(goal, 303), request, secret, signin.SESSION_HOLDS)

    async def _passkey_page(
        self, request: Request, goal: str, action: str, visitor: Visitor | None = None, status: int = 200
    ) -> Response:
        question, why = "", ""
        try:
            question = await self._ask(passkeys.begin, self._site(request), knock(request), visitor)
        except Throttled as error:
            return _wait(error, visitor)
        except NotPossible as error:
            why = str(error)
        response = page(
            "accounts/passkey.html",
            visitor,
            status,
            next=goal,
            action=action,
            question=question,
            why=why,
            wrong=status != 200,  # noqa: PLR2004 - the page after a wrong answer
        )
        response.headers["content-security-policy"] = guard.WITH_SCRIPT
        return response

    # -- the identity provider ----------------------------------------------------------------------------------------

    async def _to_provider(self, request: Request) -> Response:
        goal = guard.own_page(request.query_params.get("next", ""))
        tenant = _slug(request.query_params.get("tenant", ""))
        again = "again" in request.query_params
        try:
            way = await self._ask(oidc.begin, self._back(request), again=again)
        except oidc.NoProvider as error:
            return sorry(503, "The identity provider cannot be reached", str(error))
        response = RedirectResponse(way.url, 303)
        response.set_cookie(
            self._way(request),
            "~".join((way.secret, "again" if again else "in", tenant, goal)),
            max_age=int(oidc.LASTS.total_seconds()),
            path="/",
            secure=guard.encrypted(request, self._runtime.public_url),
            httponly=True,
            samesite="strict",
        )
        return response

    async def _from_provider(self, request: Request) -> Response:
        if guard.from_elsewhere(request):  # our strict cookies are not here: the same address once more brings them
            return page("again.html", None, url=f"{request.url.path}?{request.url.query}")
        secret, _, rest = request.cookies.get(self._way(request), "").partition("~")
        purpose, _, rest = rest.partition("~")
        tenant, _, goal = rest.partition("~")
        goal = guard.own_page(goal)
        answer = {
            name: request.query_params[name]
            for name in ("code", "state", "iss", "error")
            if name in request.query_params
        }
        began = time.monotonic()
        response: Response
        try:
            if purpose == "again":
                visitor = await self._visitor(request)
                if visitor is None:
                    return RedirectResponse("/sign-in", 303)
                fresh = await self._ask(oidc.prove, visitor, self._secret(request), secret, answer, self._back(request))
            else:
                fresh = await self._ask(oidc.finish, knock(request), secret, answer, self._back(request), _slug(tenant))
        except oidc.Several as error:
            response = page("accounts/several.html", None, slugs=error.slugs, next=goal)
        except oidc.Refused as error:
            await _no_sooner(began)
            response = sorry(403, "Nobody was signed in", str(error))
        except oidc.NoProvider as error:
            response = sorry(503, "The identity provider cannot be reached", str(error))
        except Throttled as error:
            return _wait(error)
        else:
            response = RedirectResponse(goal, 303)
            self._keep(response, request, fresh, signin.SESSION_HOLDS)
        response.delete_cookie(
            self._way(request),
            path="/",
            secure=guard.encrypted(request, self._runtime.public_url),
            httponly=True,
            samesite="strict",
        )
        return response

    # -- once more ----------------------------------------------------------------------------------------------------

    async def _prove(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        return await self._prove_page(visitor, guard.own_page(request.query_params.get("next", "")))

    async def _prove_page(self, visitor: Visitor, goal: str, status: int = 200) -> Response:
        account = await self._ask(accounts.account, visitor)
        kinds = {each.kind for each in account.factors}
        return page(
            "accounts/prove.html",
            visitor,
            status,
            next=goal,
            kinds=kinds,
            provider=self._runtime.identity.label
            if self._runtime.identity and visitor.auth.startswith("identity provider")
            else "",
            ask=urlencode({"next": goal}),
            wrong=status != 200,  # noqa: PLR2004 - the page after a wrong answer
            minutes=int(signin.STEP_UP.total_seconds() // 60),
        )

    async def _give_proof(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        refusal = await self._refusal(request, visitor)
        if refusal is not None:
            return refusal
        given = await guard.form(request)
        goal = guard.own_page(given.get("next", ""))
        began = time.monotonic()
        try:
            fresh = await self._ask(
                signin.prove,
                knock(request),
                visitor,
                self._secret(request),
                given.get("password", ""),
                given.get("code", ""),
            )
        except Throttled as error:
            return _wait(error, visitor)
        if fresh is None:
            await _no_sooner(began)
            return await self._prove_page(visitor, goal, 401)
        return self._keep(RedirectResponse(goal, 303), request, fresh, signin.SESSION_HOLDS)

    async def _prove_passkey(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        goal = guard.own_page(request.query_params.get("next", ""))
        return await self._passkey_page(request, goal, "/prove/passkey", visitor)

    async def _give_proof_passkey(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        refusal = await self._refusal(request, visitor)
        if refusal is not None:
            return refusal
        given = await guard.form(request)
        goal = guard.own_page(given.get("next", ""))
        began = time.monotonic()
        try:
            fresh = await self._ask(
                passkeys.prove,
                self._site(request),
                knock(request),
                visitor,
                self._secret(request),
                given.get("answer", ""),
            )
        except Throttled as error:
            return _wait(error, visitor)
        if fresh is None:
            await _no_sooner(began)
            return await self._passkey_page(request, goal, "/prove/passkey", visitor, 401)
        return self._keep(RedirectResponse(goal, 303), request, fresh, signin.SESSION_HOLDS)

    # -- the first person ---------------------------------------------------------------------------------------------

    async def _set_up(self, request: Request) -> Response:  # noqa: ARG002 - every handler has one
        if not await self._ask(accounts.fresh):
            return sorry(404, "There is somebody already", "Set-up is done: sign in, or ask an administrator.")
        return page("accounts/set-up.html", None, given={}, why="")

    async def _give_set_up(self, request: Request) -> Response:
        if not self._ours(request):
            return _elsewhere()
        given = await guard.form(request)
        began = time.monotonic()
        fields = {name: given.get(name, "") for name in ("code", "slug", "name", "email")}
        try:
            secret = await self._ask(accounts.set_up, knock(request), **fields)
        except Throttled as error:
            return _wait(error)
        except NotPossible as error:
            return page("accounts/set-up.html", None, 422, given=fields, why=str(error))
        if secret is None:
            await _no_sooner(began)
            why = "This code does not hold: it was used, is older than an hour, or was mistyped."
            return page("accounts/set-up.html", None, 401, given=fields, why=why)
        return self._keep(RedirectResponse("/start", 303), request, secret, signin.SESSION_HOLDS)

    # -- going --------------------------------------------------------------------------------------------------------

    async def _sign_out(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is not None:
            refusal = await self._refusal(request, visitor)
            if refusal is not None:
                return refusal
            await self._ask(signin.leave, self._secret(request))
        response = RedirectResponse("/sign-in", 303)
        name = guard.cookie_name(request, self._runtime.public_url)
        secure = guard.encrypted(request, self._runtime.public_url)
        response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")
        # Whatever the browser kept goes too, also the page it would show on the way back.
        response.headers["clear-site-data"] = '"cache", "storage"'
        return response

    # -- what they share ----------------------------------------------------------------------------------------------

    def _ours(self, request: Request) -> bool:
        return guard.own_origin(request, self._runtime.public_url)

    def _site(self, request: Request) -> Site:
        return passkeys.site(guard.origin(request, self._runtime.public_url))

    def _back(self, request: Request) -> str:
        return f"{guard.origin(request, self._runtime.public_url)}/sign-in/provider/answer"

    def _way(self, request: Request) -> str:
        return guard.cookie_name(request, self._runtime.public_url, WAY)


def knock(request: Request) -> Knock:
    """Where a request comes from: its address, and its browser in two words."""
    said = request.headers.get("user-agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    agent = f"{browser} on {system}" if browser and system else browser or system or "something else"
    return Knock(request.client.host if request.client else "", agent)


async def _no_sooner(began: float) -> None:
    await asyncio.sleep(max(0.0, NO_SOONER - (time.monotonic() - began)))


def _wait(error: Throttled, visitor: Visitor | None = None) -> Response:
    minutes = -(-error.wait // 60)
    words = f"{error.wait} seconds" if error.wait < 120 else f"{minutes} minutes"  # noqa: PLR2004 - two minutes
    response = sorry(429, "Too many tries", f"Wait {words}, then try again.", visitor)
    response.headers["retry-after"] = str(error.wait)
    return response


def _elsewhere() -> Response:
    return sorry(403, "This form came from another site", "Open the sign-in page itself and try again.")


def _slug(text: str) -> str:
    return text if _SLUG.fullmatch(text) else ""
