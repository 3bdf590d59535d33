"""The web process: ingest on raw ASGI, everything else on Starlette, one heartbeat beside them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator

import orjson
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router import log, settings, wiring
from router.flow import accounts, status
from router.flow.doctor import Surroundings
from router.flow.intake import Intake
from router.flow.patterns import PatternWatch
from router.flow.snapshot import Snapshots
from router.flow.sns import Sns
from router.runtime import Runtime
from router.store.session import DatabaseDown
from router.web import api, pages
from router.web.batch import Batcher
from router.web.ingest import Ingest, Receive, Scope, Send
from router.web.outer import Outer
from router.web.pages.evidence import Installation

logger = logging.getLogger(__name__)

HEARTBEAT = 5.0
"""Seconds between two marks that ingest is accepting."""

BACKLOG = 2048
"""Connections that may wait to be accepted."""


class Web:
    """The ASGI application."""

    def __init__(self, runtime: Runtime, config: settings.Settings) -> None:
        self._runtime = runtime
        self.snapshots = Snapshots()
        intake = Intake(
            runtime.database,
            runtime.vault,
            self.snapshots,
            runtime.broker.ring,
            PatternWatch(runtime, self.snapshots, runtime.broker.ring).look,
            runtime.measures,
        )
        self._batcher = Batcher(intake.take)
        self._ingest = Ingest(self._batcher, config.ingest_max_bytes, Sns(runtime).vouch)
        self.rest = Starlette(
            routes=[
                Route("/healthz", self._health, methods=["GET"]),
                Route("/readyz", self._ready, methods=["GET"]),
                Route("/metrics", self._metrics, methods=["GET"]),
                api.mount(runtime, self.snapshots),
                *pages.routes(
                    runtime,
                    self.snapshots,
                    Installation(settings.hops(config), host_approvals=config.host_may_stand_in),
                    Surroundings(config.insecure_transport, config.kill_switch, config.egress_allow),
                ),
            ],
            lifespan=self._lifespan,
        )
        self._outer = Outer(self.rest, runtime.public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and self._ingest.takes(scope["path"]):
            await self._ingest(scope, receive, send)
        else:
            await self._outer(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        self._batcher.start(loop)
        beat = asyncio.create_task(self._beat())
        wiring.settle()
        yield
        beat.cancel()
        await loop.run_in_executor(None, self._batcher.stop)
        self._runtime.close()

    async def _beat(self) -> None:
        """Ingest is accepting: what was quiet while it was not is not quiet."""
        while True:
            try:
                await asyncio.to_thread(status.beat, self._runtime)
                await asyncio.to_thread(self._runtime.measures.write, self._runtime.database)
            except DatabaseDown as error:
                logger.warning("heartbeat not written", extra={"sqlstate": error.sqlstate})
            await asyncio.sleep(HEARTBEAT)

    async def _health(self, _: Request) -> Response:
        return Response(b"ok\n", media_type="text/plain")

    async def _ready(self, _: Request) -> Response:
        found = await asyncio.to_thread(status.ready, self._runtime)
        return Response(orjson.dumps(found.as_json()), 200 if found.ready else 503, media_type="application/json")

    async def _metrics(self, _: Request) -> Response:
        extra = await asyncio.to_thread(status.metrics, self._runtime)
        return Response(generate_latest() + extra, headers={"content-type": CONTENT_TYPE_LATEST})


def serve(config: settings.Settings, *, quiet: bool = False, as_json: bool = False) -> int:
    """Serve until told to stop. Returns the exit code.

    `quiet`: a set-up code goes into its file alone. `as_json`: one JSON line says where it serves, and the code.
    """
    settings.check_listener(config)
    log.set_up(config.log_level)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setswitchinterval(wiring.SWITCH)
    runtime = wiring.build(config)
    listener = _listen(config)
    code = _tell_first_person(runtime, config, quiet=quiet or as_json)
    if as_json:
        told = {"ready": runtime.public_url, "set_up_code": None if quiet else code}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    server = uvicorn.Server(
        uvicorn.Config(
            Web(runtime, config),
            loop="uvloop" if sys.platform != "win32" else "asyncio",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=bool(config.trusted_proxies),
            forwarded_allow_ips=[str(network) for network in config.trusted_proxies] or None,
            ssl_certfile=config.http_tls_cert,
            ssl_keyfile=config.http_tls_key,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
            backlog=BACKLOG,
        )
    )

    def leave(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises again what it was stopped by, which would end the process by a signal and not with its exit code.
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, leave)
    server.run(sockets=[listener])
    return 0 if server.started else 1


def _listen(config: settings.Settings) -> socket.socket:
    """The address to serve on. Raises settings.SettingsError: it cannot be had."""
    address = (config.http_host, config.http_port)
    family = socket.AF_INET6 if ":" in config.http_host else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno or 0).lower()
        raise settings.SettingsError(
            f"{config.http_host} port {config.http_port} cannot be served on ({why}): stop what has it, or set "
            "ALERTVEIL_HTTP_HOST and ALERTVEIL_HTTP_PORT."
        ) from None


def _tell_first_person(runtime: Runtime, config: settings.Settings, *, quiet: bool) -> str | None:
    """While there is nobody, say with which code the first person sets up a tenant in the page (design §6)."""
    try:
        code = accounts.set_up_code(runtime)
    except DatabaseDown as error:
        logger.warning("no set-up code made", extra={"sqlstate": error.sqlstate})
        return None
    if code is None:
        return None
    line = f"Set up      {runtime.public_url}/set-up   with the code {code} (one hour, once)\n"
    try:
        path = config.data_dir / "sign-in.txt"
        path.touch(mode=0o600)
        path.write_text(line, encoding="utf-8")
    except OSError:
        logger.warning("the set-up code could not be written into the data directory")
    if not quiet:
        sys.stdout.write(line)
        sys.stdout.flush()
    return code
