"""The Celery side: bells are heard, lanes are drained, upkeep is rung, incidents from other edges are received.

Tasks carry ids and return nothing. A bell only wakes the lanes of this process and is answered at once: what safety
rests on is the row, its lane's lease and the sweep, never a message.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from celery import Celery, bootsteps
from celery.exceptions import Reject, SecurityWarning
from celery.signals import setup_logging, worker_shutting_down

from router import broker, log, settings, wiring
from router.flow import (
    audit_keep,
    audit_nightly,
    charts,
    drift,
    edge,
    lapse,
    notice,
    retention,
    review,
    silence,
    upkeep,
)
from router.flow.delivery import Drain
from router.flow.intake import Intake
from router.flow.lanes import Lanes
from router.flow.outbox import Outbox
from router.flow.patterns import PatternWatch
from router.flow.snapshot import Snapshots
from router.keys import KeystoreDown
from router.runtime import Runtime
from router.store.deliveries import OWNER_LOCK
from router.store.session import Conflict, DatabaseDown

logger = logging.getLogger(__name__)

SELF_RING = 10.0
"""Seconds without upkeep after which a worker rings it itself (design §4)."""

WATCH = 30.0
"""Seconds between two looks at which opted-in destinations are to be asked about."""

STOP = 8.0
"""Seconds that a stopping worker gives to what is out."""


class Works:
    """What a worker process is made of, built when Celery has started it."""

    def __init__(self, runtime: Runtime, doorbells: bool) -> None:  # noqa: FBT001 - named where it is called
        self.runtime = runtime
        self.snapshots = Snapshots()
        self._alive, owner = self._take_session()
        self.drain = Drain(runtime, self.snapshots, owner=owner, notice=self._notice)
        self.outbox = Outbox(runtime, lambda: self.drain.owner, self._hook_notice)
        self.lanes = Lanes(self._lane)
        self._hours = charts.Hourly(runtime)
        self.intake = Intake(
            runtime.database,
            runtime.vault,
            self.snapshots,
            self.ring,
            PatternWatch(runtime, self.snapshots, self.ring).look,
            runtime.measures,
        )
        self.edge = edge.Edge(runtime, self.snapshots, self.intake)
        self._stopping = threading.Event()
        self._ending = threading.Lock()
        self._bell = broker.bind_doorbell(runtime.doorbells) if doorbells else None
        self._threads = [
            threading.Thread(target=self._keep_up, name="upkeep", daemon=True),
            threading.Thread(target=self._keep_audit, name="audit", daemon=True),
            threading.Thread(target=self._watch, name="watch", daemon=True),
        ]
        if self._bell is not None:
            self._threads.append(threading.Thread(target=self._listen, name="doorbell", daemon=True))
        for thread in self._threads:
            thread.start()

    def ring(self, lanes: set[broker.Lane]) -> None:
        """Drain these here: no message is faster than a call."""
        self.lanes.ring(lanes)

    def _lane(self, tenant_id: UUID, lane_id: UUID) -> float | None:
        """Send what is due on a channel, or tell a hook what it is still to be told."""
        work = self.outbox.lane if self.outbox.has(tenant_id, lane_id) else self.drain.lane
        return work(tenant_id, lane_id)

    def keep_up(self) -> None:
        """One round of upkeep, unless somebody did one within the second."""
        try:
            if upkeep.run(self.runtime.database, self.ring) is not None:
                silence.settle(self.runtime, self.snapshots, self.ring)
                review.keep_up(self.runtime)
                lapse.run(self.runtime)
                retention.run(self.runtime)
                self._hours.run()
        except DatabaseDown as error:
            logger.warning("upkeep put down", extra={"sqlstate": error.sqlstate})
        except Exception as error:  # noqa: BLE001 - its thread also watches this worker's session: it must live on
            logger.error("upkeep failed", extra={"cause": type(error).__name__})

    def stop(self) -> None:
        """Claim nothing more, finish what is out, let go; once, and whoever asks again waits for it."""
        with self._ending:
            if not self._stopping.is_set():
                self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        self.drain.stop()
        self.outbox.stop()
        if not self.lanes.stop(STOP):
            logger.warning("stopped with deliveries out; the next worker sends them again")
        if self._bell is not None:
            path = self._bell.getsockname()
            self._bell.close()
            Path(path).unlink(missing_ok=True)
        self._alive.close()
        self.runtime.close()

    def _listen(self) -> None:
        assert self._bell is not None  # noqa: S101 - the thread exists only with one
        while not self._stopping.is_set():
            try:
                data = self._bell.recv(64)
            except OSError:
                return
            if len(data) == 32:  # noqa: PLR2004 - two ids
                self.lanes.ring([broker.heard(data)])

    def _take_session(self) -> tuple[Any, int]:
        """A session that lives as long as this worker does, and the number by which its lanes' leases name it."""
        owner = int.from_bytes(os.urandom(4), "big") >> 1
        session = self.runtime.database.hold()
        session.execute("SELECT pg_advisory_lock(%s, %s)", (OWNER_LOCK, owner))
        return session, owner

    def _keep_up(self) -> None:
        """Ring upkeep when nobody has for a while, and take a new session when this worker's own is gone.

        Without its session this worker's leases are anybody's: what it sent under one that another took is not recorded
        (the lease's token fences it). Under the new number it goes on, so a restart of the database needs nobody.
        """
        while not self._stopping.wait(1.0):
            try:
                row = self._alive.execute(
                    "SELECT now() - upkeep_ran_at > %s * interval '1 second' AS late FROM instance", (SELF_RING,)
                ).fetchone()
            except psycopg.Error as error:
                logger.warning("worker lost its session", extra={"sqlstate": error.sqlstate})
                self._alive.close()
                with contextlib.suppress(DatabaseDown, psycopg.Error):
                    self._alive, self.drain.owner = self._take_session()
                continue
            if row is not None and row.late:
                self.keep_up()
            self._write_measures()

    def _write_measures(self) -> None:
        try:
            self.runtime.measures.write(self.runtime.database)
        except (DatabaseDown, Conflict) as error:
            logger.warning("measures not written", extra={"cause": type(error).__name__})

    def _watch(self) -> None:
        """Ask vendors about opted-in destinations, in a thread of its own: an answer may take long."""
        while not self._stopping.wait(WATCH):
            try:
                drift.run(self.runtime)
            except DatabaseDown as error:
                logger.warning("watch put down", extra={"sqlstate": error.sqlstate})
            except Exception as error:  # noqa: BLE001 - as in keep_up: the next round goes on
                logger.error("watch failed", extra={"cause": type(error).__name__})

    def _keep_audit(self) -> None:
        """Chain what was committed every second, sign it, look after its months and verify it when that is due.

        Every worker does, and one at a time gets to: so it goes on whoever stops, with or without a beat.
        """
        schema_noted = False
        while not self._stopping.wait(audit_keep.CHAIN_EVERY):
            try:
                if not schema_noted:
                    audit_keep.note_schema(self.runtime, "alertveil")
                    schema_noted = True
                if audit_keep.round_(self.runtime):
                    audit_nightly.step(self.runtime)
            except DatabaseDown as error:
                logger.warning("audit not kept", extra={"sqlstate": error.sqlstate})
            except Exception as error:  # noqa: BLE001 - whatever it is, the next round tries again
                logger.error("audit not kept", extra={"cause": type(error).__name__})

    def _notice(self, tenant_id: UUID, channel_id: UUID, health: Any) -> None:  # noqa: ANN401 - core.retry.Health
        try:
            notice.channel_health(self.runtime, self.snapshots, self.ring, tenant_id, channel_id, health)
        except (DatabaseDown, KeystoreDown, Conflict) as error:  # what is due on the lane goes out all the same
            logger.warning("notice not written", extra={"cause": type(error).__name__, "channel": channel_id})

    def _hook_notice(self, tenant_id: UUID, hook_id: UUID, health: Any) -> None:  # noqa: ANN401 - core.retry.Health
        try:
            notice.hook_health(self.runtime, self.ring, tenant_id, hook_id, health)
        except (DatabaseDown, KeystoreDown, Conflict) as error:
            logger.warning("notice not written", extra={"cause": type(error).__name__, "hook": hook_id})


def build(config: settings.Settings) -> Celery:
    """The Celery application of a worker or a beat."""
    app = Celery("alertveil", broker=broker.celery_url(config.redis_url), set_as_current=True)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        result_backend=None,
        worker_send_task_events=False,
        task_acks_late=False,
        worker_prefetch_multiplier=64,
        task_create_missing_queues=True,
        task_default_queue=broker.BELLS,
        task_routes={edge.TASK: {"queue": broker.RECEIVE}},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_heartbeat=0,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_transport_options={
            "visibility_timeout": 180,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "unacked_restore_limit": 100,
            "socket_timeout": 15,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": broker.PREFIX,
        },
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0},
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_state_db=None,
        beat_schedule={
            "upkeep": {"task": "router.upkeep", "schedule": 1.0, "options": {"expires": 5, "queue": broker.BELLS}}
        },
        beat_max_loop_interval=1,
        timezone="UTC",
    )
    return app


def run_worker(config: settings.Settings, *, beat: bool, name: str = "", as_json: bool = False) -> int:
    """Serve bells until told to stop; with `beat`, ring upkeep too. Returns the exit code.

    `as_json`: say on standard output who begins to serve.
    """
    log.set_up(config.log_level)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setswitchinterval(wiring.SWITCH)
    # Celery warns on stderr when it runs as root, where pickled messages would be dangerous; it accepts only JSON here.
    warnings.simplefilter("ignore", SecurityWarning)
    app = build(config)
    works = Works(wiring.build(config, connections=8), doorbells=True)
    _tasks(app, works)
    setup_logging.connect(_keep_logging, weak=False)

    def end(**_: Any) -> None:  # noqa: ANN401 - Celery's
        threading.Thread(target=_end, args=[works], name="end", daemon=True).start()

    worker_shutting_down.connect(end, weak=False)
    if beat:
        app.steps["worker"].add(_beat_step(app))
    wiring.settle()
    hostname = name or f"worker-{os.getpid()}@alertveil"
    if as_json:
        _say({"worker": hostname, "beat": beat})
    worker = app.Worker(
        pool="solo",
        queues=[broker.BELLS, broker.RECEIVE],
        hostname=hostname,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    try:
        worker.start()
    finally:
        works.stop()
    return int(worker.exitcode or 0)


def _end(works: Works) -> None:
    """End the process though Celery waits for a broker that does not answer: what is out is recorded by then."""
    works.stop()
    time.sleep(1.0)
    os._exit(0)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def run_beat(config: settings.Settings, *, as_json: bool = False) -> int:
    """Ring upkeep once a second, for a deployment whose workers do not; `as_json`: say so when it begins."""
    log.set_up(config.log_level)
    app = build(config)
    from celery.beat import Scheduler, Service  # noqa: PLC0415 - a worker does not need it

    signal.signal(signal.SIGTERM, _leave)
    if as_json:
        _say({"beat": os.getpid()})
    Service(app, scheduler_cls=Scheduler).start()
    return 0


def _leave(*_: object) -> None:
    """Out of whatever it waits in: a beat whose broker is away looks at no flag until that is back."""
    raise SystemExit(0)


def _tasks(app: Celery, works: Works) -> None:
    @app.task(name=broker.DRAIN, ignore_result=True)
    def drain(tenant_id: str, channel_id: str) -> None:
        lane = (UUID(tenant_id), UUID(channel_id))
        works.runtime.broker.answered(lane)
        works.ring({lane})

    @app.task(name="router.upkeep", ignore_result=True)
    def keep_up() -> None:
        works.keep_up()

    @app.task(name=edge.TASK, ignore_result=True, acks_late=True, reject_on_worker_lost=True)
    def receive(**message: Any) -> None:  # noqa: ANN401 - Celery's
        if not works.edge.receive(message):
            # Not durable now: give it back to the broker rather than lose it, and do not spin.
            time.sleep(1.0)
            raise Reject("not durable now", requeue=True)


def _beat_step(app: Celery) -> type[bootsteps.StartStopStep]:
    from celery.beat import EmbeddedService, Scheduler  # noqa: PLC0415 - only a worker with a beat needs it

    class Beat(bootsteps.StartStopStep):
        """A scheduler in a thread of the worker: one process fewer."""

        def __init__(self, parent: Any, **options: Any) -> None:  # noqa: ANN401 - Celery's
            super().__init__(parent, **options)
            self.service: Any = None

        def start(self, _parent: Any) -> None:  # noqa: ANN401 - Celery's
            self.service = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
            self.service.start()

        def stop(self, _parent: Any) -> None:  # noqa: ANN401 - Celery's
            if self.service is not None:
                # The thread's own stop() waits for a tick to end, which without a broker it never does.
                self.service.service.stop(wait=False)

    return Beat


def _keep_logging(**_: Any) -> None:  # noqa: ANN401 - Celery's
    """Celery asks who sets logging up: we have."""
