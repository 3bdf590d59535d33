"""What an operator looks at: what is stuck and what to do about it, and the charts of what went through."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.core.access import may
from router.flow import charts, operations
from router.flow.charts import SPANS, Span
from router.flow.doctor import Surroundings
from router.flow.signin import Visitor
from router.runtime import Runtime
from router.web.pages.governance import Governed
from router.web.pages.plot import chart
from router.web.pages.shell import page

LABELS = {"24h": "%H:%M", "7d": "%a %H:%M", "30d": "%d %b"}


class Operations(Governed):
    """The handlers of operations and charts."""

    def __init__(self, runtime: Runtime, gate: asyncio.Semaphore, around: Surroundings) -> None:
        super().__init__(runtime, gate)
        self._around = around

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            Route("/operations", self._signed(self._look), methods=["GET"]),
            Route("/charts", self._signed(self._charts), methods=["GET"]),
        ]

    async def _look(self, request: Request, visitor: Visitor) -> Response:  # noqa: ARG002 - every handler has one
        found = await self._ask(operations.look, visitor.tenant_id, self._around, clock=visitor.clock)
        return page(
            "operations.html",
            visitor,
            found=found,
            operates=may(visitor.roles, "operate"),
            words={"ok": "well", "warn": "look at it", "error": "broken"},
            tones={"ok": "good", "warn": "busy", "error": "bad"},
        )

    async def _charts(self, request: Request, visitor: Visitor) -> Response:
        given = request.query_params.get("span", "24h")
        span: Span = given if given in SPANS else "24h"
        found = await self._ask(charts.charts, visitor.tenant_id, span, clock=visitor.clock)
        # A day's column begins with the hour of UTC that its midnight is in, so its middle says which day it is.
        into = timedelta(hours=12) if span == "30d" else timedelta()
        labels = [visitor.clock.local(each.at + into).strftime(LABELS[span]) for each in found.columns]
        drawn = [
            (name, title, chart(title, labels, [getattr(each, name) for each in found.columns], name), column)
            for name, title, column in (
                ("alerts", "Alerts received", "Alerts"),
                ("delivered", "Deliveries sent", "Sent"),
                ("failed", "Attempts that failed", "Failed"),
            )
        ]
        quarters = [each.quarter for each in found.quarters]
        disclosed = [
            (
                "deliveries",
                "Deliveries with plaintext, by quarter",
                chart("Deliveries with plaintext", quarters, [each.deliveries for each in found.quarters], "disclosed"),
            ),
            (
                "reveals",
                "Reveals to a person, by quarter",
                chart("Reveals to a person", quarters, [each.reveals for each in found.quarters], "revealed"),
            ),
        ]
        return page(
            "charts.html", visitor, found=found, drawn=drawn, disclosed=disclosed, labels=labels, spans=tuple(SPANS)
        )
