"""The pages: see what is live, act on an incident, look after channels. Plain HTML and forms, which need no script.

A page asks one flow and shows its answer. Everything of a tenant is read under that tenant's row-level security, so a
page cannot show what the session's tenant does not own.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.flow.doctor import Surroundings
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.web.pages import look
from router.web.pages.accounts import Accounts
from router.web.pages.baas import Baas
from router.web.pages.channels import ChannelPages
from router.web.pages.door import Door
from router.web.pages.evidence import Evidence, Installation
from router.web.pages.hooks import Hooks
from router.web.pages.incident import IncidentPage
from router.web.pages.live import Live
from router.web.pages.operations import Operations
from router.web.pages.optins import OptIns
from router.web.pages.reviews import Reviews
from router.web.pages.routed import Routed
from router.web.pages.shell import AT_ONCE, Shell
from router.web.pages.silences import Silences
from router.web.pages.sources import Sources
from router.web.pages.start import Start
from router.web.pages.words import Words


def routes(
    runtime: Runtime,
    snapshots: Snapshots,
    installation: Installation = Installation(),  # noqa: B008 - immutable
    around: Surroundings | None = None,
) -> list[Route]:
    """The routes of all pages; `installation` is what evidence says of it, `around` what operations do."""
    gate = asyncio.Semaphore(AT_ONCE)
    surroundings = around or Surroundings(insecure_transport=False, kill_switch=runtime.kill_switch, egress_allow=())
    return [
        *Live(runtime, gate).routes(),
        *IncidentPage(runtime, snapshots, gate).routes(),
        *Pages(runtime, gate).routes(),
        *Door(runtime, gate).routes(),
        *Accounts(runtime, gate).routes(),
        *ChannelPages(runtime, gate).routes(),
        *Hooks(runtime, gate).routes(),
        *OptIns(runtime, gate).routes(),
        *Baas(runtime, gate).routes(),
        *Reviews(runtime, gate).routes(),
        *Silences(runtime, gate).routes(),
        *Sources(runtime, gate).routes(),
        *Routed(runtime, gate).routes(),
        *Words(runtime, gate).routes(),
        *Start(runtime, gate).routes(),
        *Evidence(runtime, gate, installation).routes(),
        *Operations(runtime, gate, surroundings).routes(),
    ]


class Pages(Shell):
    """The files that pages are drawn with."""

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/static/{name}", self._dressed(self._static), methods=["GET"]),
        ]

    async def _static(self, request: Request) -> Response:
        try:
            content, kind = look.static(request.path_params["name"])
        except KeyError:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        return Response(content, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})
