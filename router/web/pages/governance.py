"""What governance pages share: a signed-in visitor, the deed a page asks for, every flow's refusal as a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from router.core.access import Deed, may
from router.core.reveal import Proof
from router.flow import accounts, disclosures, manage, optin, reveal, review, signin
from router.flow.signin import Visitor
from router.web.pages.shell import Handler, Shell, sorry, to_door

Signed = Callable[[Request, Visitor], Awaitable[Response]]

_MISSING: Final = (manage.NotFound, optin.NotFound, review.NotFound, reveal.NoSuchPerson)
_IMPOSSIBLE: Final = (
    manage.NotPossible,
    optin.Unusable,
    review.NotPossible,
    reveal.NotAToken,
    reveal.NoReason,
    disclosures.NothingSought,
    disclosures.TooMany,
)
_REFUSED: Final = (optin.Refused, review.Refused, reveal.Refused)


class Governed(Shell):
    """Base of the handlers of opt-ins, reviews, reveals and evidence."""

    def _signed(self, handler: Signed, *, form: bool = False) -> Handler:
        """The handler for a visitor; `form`: only with a form that is theirs."""

        async def served(request: Request) -> Response:
            visitor = await self._visitor(request)
            if visitor is None:
                return to_door(request)
            refusal = await self._refusal(request, visitor) if form else None
            if refusal is not None:
                return refusal
            try:
                return await handler(request, visitor)
            except accounts.ProveFirst:
                return prove_first(_page_of(request))
            except (accounts.NotAllowed, disclosures.NotAllowed) as error:
                return sorry(403, "Your roles do not allow this", str(error), visitor)
            except _REFUSED as error:
                return prove_first(_page_of(request)) if error.step_up else sorry(403, "Not done", str(error), visitor)
            except _MISSING as error:
                return sorry(404, "It is not there", str(error), visitor)
            except _IMPOSSIBLE as error:
                return sorry(422, "This cannot be done", str(error), visitor)
            except review.Tampered as error:
                return sorry(409, "This review does not hold", str(error), visitor)

        return self._dressed(served)

    async def _check(self, visitor: Visitor, deed: Deed, action: str, *, fresh: bool = False) -> None:
        """Let the visitor do this; a refusal for want of a role is recorded. Raises NotAllowed, ProveFirst."""
        await self._ask(accounts.check, visitor, deed, action, fresh=fresh)


def proved(visitor: Visitor, deed: Deed) -> None:
    """Before a deed whose flow decides and records by itself: send who may do it, but proved it too long ago, to do so.

    Raises ProveFirst. Who may not at all goes on to the flow, which records that.
    """
    if may(visitor.roles, deed) and not signin.stepped_up(visitor):
        raise accounts.ProveFirst("Prove once more who you are.")


def proof(visitor: Visitor) -> Proof:
    """How this visitor proved who they are, as the flows take it."""
    return Proof("session", visitor.context, strong_at=visitor.strong_at)


def prove_first(back: str) -> Response:
    """To the page that asks for a fresh proof, and then to `back`."""
    return RedirectResponse(f"/prove?next={quote(back)}", 303)


def _page_of(request: Request) -> str:
    """The page that a form stands on: `/opt-ins/<id>/approve` is on `/opt-ins/<id>`, `/baas` on itself."""
    if request.method == "GET":
        return request.url.path
    parts = request.url.path.strip("/").split("/")
    return "/" + "/".join(parts[:2] if parts[0] in {"opt-ins", "incidents", "reviews"} else parts[:1])
