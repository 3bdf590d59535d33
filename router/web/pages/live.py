"""The overview: live incidents in the order of their urgency, what wants attention, and what came since.

The list does not move while it is read. A script (htmx, pinned beside the other static files) asks for news, puts new
words into the lines that are shown, and says how many more have come; a link shows them. Without a script the page says
when it was made, and a link makes it again.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from router.core.alert import RANK
from router.flow import overview
from router.flow.overview import PAGE, Wanted
from router.privacy.tokenizer import looks_like_phi
from router.web.pages import guard
from router.web.pages.shell import Shell, page, to_door

EVERY: Final = 15
"""Seconds between two looks for news; that is no click, so it holds no session open."""

LONGEST: Final = 100
"""Characters of a search."""

WITH_HTMX: Final = guard.POLICY + "; script-src 'self'; connect-src 'self'"
"""The content security policy of a page that looks for news: our own files, and requests to us."""


class Live(Shell):
    """The handlers of the overview."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/", self._dressed(self._live), methods=["GET"]),
            Route("/news", self._dressed(self._news), methods=["GET"]),
        ]

    async def _live(self, request: Request) -> Response:
        visitor = await self._visitor(request)
        if visitor is None:
            return to_door(request)
        wanted = _wanted(request)
        if wanted.text and looks_like_phi(wanted.text):
            # It goes no further than this line, and the redirect keeps it out of the browser's history.
            return RedirectResponse("/?" + urlencode({**_query(wanted), "text": "", "refused": "1"}), 303)
        after = _after(request.query_params.get("after", ""))
        found = await self._ask(overview.live, visitor.tenant_id, wanted, after=after, clock=visitor.clock)
        still = "still" in request.query_params
        query = _query(wanted)
        moving = not still and after is None
        response = page(
            "live.html",
            visitor,
            found=found,
            wanted=wanted,
            states=overview.STATES,
            severities=tuple(reversed(RANK)),
            here_query=urlencode(query),
            without={
                name: _link({key: value for key, value in query.items() if key != name}) for name in ("severity",)
            },
            more=_link({**query, "after": f"{found.more[0]}.{found.more[1]}"}) if found.more else "",
            again=_link(query),
            still=still,
            hold=_link({**query, "still": "1"}),
            moving=moving,
            refused="refused" in request.query_params,
            poll=_poll(query, found.newest, 0, "") if moving else "",
            every=EVERY,
        )
        if moving:
            response.headers["content-security-policy"] = WITH_HTMX
        return response

    async def _news(self, request: Request) -> Response:
        visitor = await self._visitor(request, seen=False)
        if visitor is None:
            return Response(status_code=204, headers={"hx-redirect": "/sign-in"})
        wanted = _wanted(request)
        newest = _uuid(request.query_params.get("newest", "")) or UUID(int=0)
        shown = [each for each in map(_uuid, request.query_params.getlist("row")) if each is not None][:PAGE]
        found = await self._ask(overview.news, visitor.tenant_id, wanted, shown, newest, clock=visitor.clock)
        given = request.query_params
        rest = {
            "found": found,
            "again": _link(_query(wanted)),
            # The live region is written only when its words change: then, and only then, a screen reader speaks.
            "changed": str(found.come) != given.get("come", "0"),
            "every": EVERY,
        }
        bare = page("news.html", visitor, poll="", **rest)
        mark = hashlib.sha256(bytes(bare.body)).hexdigest()[:16]
        if mark == given.get("mark", ""):
            return Response(status_code=204)
        return page("news.html", visitor, poll=_poll(_query(wanted), newest, found.come, mark), **rest)


def _wanted(request: Request) -> Wanted:
    """What the address asks for; what it cannot ask for is left out."""
    given = request.query_params
    state, severity = given.get("state", "live"), given.get("severity")
    text = " ".join(given.get("text", "").split())[:LONGEST]
    return Wanted(
        state if state in overview.STATES else "live",
        severity if severity in RANK else None,
        given.get("source", "")[:LONGEST] or None,
        given.get("channel", "")[:LONGEST] or None,
        text.replace("\0", "") or None,
    )


def _query(wanted: Wanted) -> dict[str, str]:
    """What of an address says which incidents are wanted."""
    named = {
        "state": wanted.state if wanted.state != "live" else None,
        "severity": wanted.severity,
        "source": wanted.source,
        "channel": wanted.channel,
        "text": wanted.text,
    }
    return {name: value for name, value in named.items() if value}


def _link(query: dict[str, str]) -> str:
    return f"/?{urlencode(query)}" if query else "/"


def _poll(query: dict[str, str], newest: UUID, come: int, mark: str) -> str:
    return "/news?" + urlencode({**query, "newest": str(newest), "come": str(come), "mark": mark})


def _after(text: str) -> tuple[int, UUID] | None:
    """The rank and id that a `more` link carries; None when it is no such thing."""
    rank, _, last = text.partition(".")
    found = _uuid(last)
    return (int(rank), found) if found is not None and rank.isdecimal() and len(rank) == 1 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
