"""Our real processes beside servers that die, freeze and forget: what was accepted arrives, and nothing tells tales."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from celery import Celery
from redis import Redis
from redis.client import Monitor
from redis.exceptions import RedisError

from router.broker import PREFIX, RECEIVE, celery_url
from router.flow.edge import TASK, seal
from router.local.postgres import AUDIT, OWNER, SUPERUSER, WEB, EmbeddedPostgres
from router.local.valkey import EmbeddedValkey, RunningValkey
from router.local.vendors.base import Vendor
from router.local.vendors.pagerduty import PagerDutyVendor
from router.local.vendors.slack import SlackVendor
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.store.migrate import migrate
from tests.chaos.parts import Part, Web, eventually
from tests.conftest import Database
from tests.flow.builder import (
    EMAIL,
    MRN,
    NAME,
    SSN,
    Superuser,
    Tenant,
    build,
    email,
    environment,
    pagerduty,
    slack,
    tenant,
    webhook,
)


@pytest.fixture
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


def titles(vendor: WebhookVendor) -> set[str]:
    return {each.json()["data"]["title"] for each in vendor.received}


def event(number: int) -> dict[str, str]:
    return {"title": f"disk {number} full", "alert_uid": str(number)}


def arrives(vendor: WebhookVendor, numbers: range, seconds: float = 30) -> bool:
    return bool(eventually(lambda: {f"disk {number} full" for number in numbers} <= titles(vendor), seconds))


def publish(redis_url: str, message: dict[str, str]) -> None:
    """What another edge does: it shares the broker and knows the task's name."""
    with Celery(broker=celery_url(redis_url), set_as_current=False) as app:
        app.conf.broker_transport_options = {"global_keyprefix": PREFIX}
        app.send_task(TASK, kwargs=message, queue=RECEIVE, argsrepr="()", kwargsrepr="{}")


def sealed(clinic: Tenant, description: str) -> dict[str, str]:
    incident = {"key": "k1", "status": "open", "severity": "error", "title": "from afar", "description": description}
    body = json.dumps({"incident": incident}).encode()
    return seal(clinic.keys["edge"], clinic.slug, "edge", body, now=datetime.now(UTC))


def test_a_stock_celery_producer_hands_over_an_incident_and_the_workers_log_holds_nothing_of_it(
    database: Database, valkey: str, tmp_path: Path, hook: WebhookVendor
) -> None:
    runtime = build(database.app_url, tmp_path)
    clinic = tenant(runtime, sources={"edge": "tokenized"}, channels={"hook": webhook(hook)})
    surroundings = environment(database.app_url, tmp_path, valkey, ALERTVEIL_LOG_LEVEL="debug")
    message = sealed(clinic, f"forgot {EMAIL}")
    with Part(surroundings, "worker", log=tmp_path / "worker.log") as worker:
        publish(valkey, message)
        (told,) = hook.wait_for(1, 20)
        assert told.json()["data"]["title"] == "from afar"
        publish(valkey, {**message, "mac": "0" * 64})
        assert eventually(lambda: '"reason": "mac"' in worker.said, 10)
        said = worker.said
    assert EMAIL not in said
    assert EMAIL.encode() not in told.body
    assert message["body"][:40] not in said
    assert message["mac"] not in said
    runtime.close()


def test_an_edge_message_that_cannot_be_kept_goes_back_to_the_broker_and_is_kept_later(
    database: Database, valkey: str, tmp_path: Path, hook: WebhookVendor
) -> None:
    runtime = build(database.app_url, tmp_path)
    clinic = tenant(runtime, sources={"edge": "tokenized"}, channels={"hook": webhook(hook)})
    with (
        Superuser(database.superuser_url) as superuser,
        Part(environment(database.app_url, tmp_path, valkey), "worker", log=tmp_path / "worker.log") as worker,
        Redis.from_url(valkey) as broker,
    ):
        superuser.run("REVOKE INSERT ON alerts FROM alertveil_app")
        publish(valkey, sealed(clinic, "x"))
        assert eventually(lambda: broker.hlen(PREFIX + "unacked"), 20), worker.said
        superuser.run("GRANT INSERT ON alerts TO alertveil_app")
        assert len(hook.wait_for(1, 20)) == 1, worker.said
    runtime.close()


@pytest.mark.parametrize("what", ["killed", "frozen", "flushed"])
def test_without_its_broker_everything_is_accepted_and_delivered(
    database: Database, tmp_path: Path, hook: WebhookVendor, what: str
) -> None:
    broker: RunningValkey = EmbeddedValkey(tmp_path / "valkey").start()
    runtime = build(database.app_url, tmp_path)
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    surroundings = environment(database.app_url, tmp_path, broker.url)
    key, path = clinic.keys["app"], f"/ingest/{clinic.slug}/app"
    # A worker with another data directory shares no doorbell with the web process: the sweep alone must find its work.
    elsewhere = {**surroundings, "ALERTVEIL_DATA_DIR": str(tmp_path / "elsewhere")}
    try:
        with (
            Web(surroundings, log=tmp_path / "web.log") as web,
            Part(elsewhere, "worker", "--beat", log=tmp_path / "worker.log") as worker,
        ):
            assert web.send(path, key, event(0))[0] == 202
            assert arrives(hook, range(1)), worker.said
            match what:
                case "killed":
                    os.kill(broker.pid, signal.SIGKILL)
                case "frozen":
                    os.kill(broker.pid, signal.SIGSTOP)
                case _:
                    with Redis.from_url(broker.url) as client:
                        client.flushall()
            for number in range(1, 6):
                assert web.send(path, key, event(number))[0] == 202
            assert arrives(hook, range(6)), worker.said
    finally:
        os.kill(broker.pid, signal.SIGCONT)
        broker.stop()
        runtime.close()


def test_a_database_that_crashes_under_load_keeps_every_202_and_the_worker_goes_on_by_itself(
    valkey: str, tmp_path: Path, hook: WebhookVendor
) -> None:
    parts = EmbeddedPostgres(tmp_path / "postgres")
    server = parts.start()
    migrate(server.url(OWNER), server.url(WEB), server.url(AUDIT))
    runtime = build(server.url(WEB), tmp_path)
    clinic = tenant(runtime, channels={"hook": webhook(hook)})
    runtime.close()
    surroundings = environment(server.url(WEB), tmp_path, valkey)
    accepted: list[int] = []
    stop = threading.Event()

    def load(web: Web) -> None:
        number = 0
        while not stop.is_set():
            status, _ = web.send(f"/ingest/{clinic.slug}/app", clinic.keys["app"], event(number))
            assert status in {202, 503}
            if status == 202:
                accepted.append(number)
            number += 1

    with (
        Web(surroundings, log=tmp_path / "web.log") as web,
        Part(surroundings, "worker", log=tmp_path / "worker.log") as worker,
    ):
        sender = threading.Thread(target=load, args=(web,))
        sender.start()
        assert eventually(lambda: len(accepted) > 30)
        os.kill(server.pid, signal.SIGQUIT)  # immediate shutdown: no checkpoint, recovery at the next start
        server.stop()
        server = parts.start()
        before = len(accepted)
        assert eventually(lambda: len(accepted) > before + 30), web.said
        stop.set()
        sender.join()
        wanted = {f"disk {number} full" for number in accepted}
        assert eventually(lambda: wanted <= titles(hook), 40), worker.said
        assert worker.process.poll() is None, "it went on by itself"
    with psycopg.connect(server.url(SUPERUSER)) as connection:
        kept = {title for (title,) in connection.execute("SELECT title FROM incidents")}
    assert wanted <= kept
    server.stop()


def spellings(value: str) -> dict[str, bytes]:
    """A value as it might lie somewhere without being read at once."""
    raw = value.encode()
    found = {
        "plain": raw,
        "upper": value.upper().encode(),
        "lower": value.lower().encode(),
        "url": quote(value).encode(),
        "hex": raw.hex().encode(),
        "utf-16": value.encode("utf-16-le"),
        "reversed": value[::-1].encode(),
    }
    for shift in range(3):  # base64 at each of its three alignments, without the characters that its neighbours touch
        first, last = -(-8 * shift // 6), 8 * (shift + len(raw)) // 6
        found[f"base64 {shift}"] = base64.b64encode(b"x" * shift + raw)[first:last]
    return found


def test_the_search_knows_a_value_in_base64_between_any_neighbours_and_takes_no_chance_for_it() -> None:
    for value in (NAME, EMAIL, MRN, "77341902", SSN):
        for before in range(4):
            held = base64.b64encode(b"\xff" * before + value.encode() + b"\xff" * 5)
            assert spellings(value)[f"base64 {before % 3}"] in held
    # Four characters, as it once looked for, are in every few hundredth message of random base64.
    assert min(len(spelt) for spelt in spellings("77341902").values()) >= 8


def test_a_patients_values_are_found_nowhere_that_anything_is_kept(tmp_path: Path) -> None:
    """Database, write-ahead log, broker, process output and every receiver, searched byte by byte in many spellings."""
    parts = EmbeddedPostgres(tmp_path / "postgres")
    server = parts.start()
    broker = EmbeddedValkey(tmp_path / "valkey").start()
    migrate(server.url(OWNER), server.url(WEB), server.url(AUDIT))
    runtime = build(server.url(WEB), tmp_path)
    heard: list[bytes] = []
    vendors: list[Vendor] = [WebhookVendor(), PagerDutyVendor(), SlackVendor(), SmtpVendor()]
    for vendor in vendors:
        vendor.start()
    hook, pager, chat, mail = vendors
    assert isinstance(hook, WebhookVendor)
    assert isinstance(pager, PagerDutyVendor)
    assert isinstance(chat, SlackVendor)
    assert isinstance(mail, SmtpVendor)
    clinic = tenant(
        runtime,
        sources={"app": "generic", "edge": "tokenized"},
        channels={"hook": webhook(hook), "page": pagerduty(pager), "chat": slack(chat), "mail": email(mail)},
    )
    surroundings = environment(server.url(WEB), tmp_path, broker.url, ALERTVEIL_LOG_LEVEL="debug")
    # Without a doorbell in common the bells go through the broker, where MONITOR hears them.
    elsewhere = {**surroundings, "ALERTVEIL_DATA_DIR": str(tmp_path / "elsewhere")}
    inner = json.dumps({"patient": {"name": NAME, "mrn": MRN, "ssn": SSN}})
    alert = {
        "title": f"Lab result for {NAME} ({MRN}) not delivered",
        "message": f"bounced: {EMAIL}, SSN {SSN}; payload={inner}",
        "alert_uid": f"bounce-{EMAIL}",
        "labels": {"patient_name": NAME, "service": "lab-results"},
        "details": {"mrn": MRN, "email": EMAIL, "ssn": SSN, "raw": base64.b64encode(inner.encode()).decode()},
        "link": f"https://portal.example.com/patients?email={quote(EMAIL)}&name={quote(NAME)}",
    }
    client = Redis.from_url(broker.url)
    with client.monitor() as monitor:  # type: ignore[no-untyped-call]  # redis-py has none
        listening = threading.Thread(target=_listen, args=(monitor, heard))
        with (
            Web(surroundings, log=tmp_path / "web.log") as web,
            Part(elsewhere, "worker", "--beat", log=tmp_path / "worker.log") as worker,
        ):
            listening.daemon = True
            listening.start()
            path, key = f"/ingest/{clinic.slug}/app", clinic.keys["app"]
            assert web.send(path, key, alert)[0] == 202
            publish(broker.url, sealed(clinic, f"{NAME} {EMAIL} {MRN} {SSN}"))
            for vendor in vendors:
                assert len(vendor.wait_for(2, 30)) >= 2, worker.said
            assert web.send(path, key, {**alert, "state": "ok"})[0] == 202
            for vendor in vendors:
                assert len(vendor.wait_for(3, 30)) >= 3, worker.said
            assert web.ask("POST", path, json.dumps(alert).encode()[:-9], {"authorization": f"Bearer {key}"})[0] == 400
            status = {place: web.ask("GET", place)[1] for place in ("/metrics", "/readyz", "/healthz")}
            kept = b"".join(client.dump(name) or b"" for name in client.keys("*"))
    places: dict[str, bytes] = {
        "redis keys": kept,
        "redis commands": b"\n".join(heard),
        **{f"GET {place}": body for place, body in status.items()},
        **{f"told to {vendor.kind}": b"\n".join(_all(vendor)) for vendor in vendors},
    }
    assert heard, "MONITOR heard the bells"
    with Superuser(server.url(SUPERUSER)) as superuser:
        assert superuser.one("SELECT count(*) AS n FROM vault.entries").n >= 4, "the values were sealed"
        for schema, table in superuser.tables():
            rows = superuser.rows(f"SELECT t::text AS line, to_jsonb(t)::text AS json FROM {schema}.{table} t")  # noqa: S608 - names from the catalog
            places[f"table {schema}.{table}"] = "\n".join(row.line + row.json for row in rows).encode()
        superuser.run("CHECKPOINT")
    runtime.close()
    server.stop()
    broker.stop()
    for vendor in vendors:
        vendor.stop()
    for file in tmp_path.rglob("*"):
        if file.is_file() and "/bin/" not in str(file) and "/lib/" not in str(file):
            places[f"file {file.relative_to(tmp_path)}"] = file.read_bytes()
    assert any("pg_wal" in place for place in places), "the write-ahead log was searched"
    assert found_in({"planted": json.dumps(alert).encode()}) >= {f"{MRN} (plain) in planted"}, "the search finds"
    assert found_in(places) == set()


def found_in(places: dict[str, bytes]) -> set[str]:
    """Every place where one of the patient's values lies, in any spelling."""
    return {
        f"{value} ({how}) in {place}"
        for value in (NAME, "Quackenbush", EMAIL, "leakmail", MRN, "77341902", SSN)
        for how, spelt in spellings(value).items()
        for place, held in places.items()
        if spelt in held
    }


def _listen(monitor: Monitor, heard: list[bytes]) -> None:
    """Keep every command until the connection is closed."""
    with contextlib.suppress(RedisError, OSError, ValueError):
        heard.extend(each["command"].encode() for each in monitor.listen())  # type: ignore[no-untyped-call]  # redis-py has none


def _all(vendor: Vendor) -> list[bytes]:
    found = []
    for each in vendor.received:
        found += [each.body, repr(each.headers).encode(), each.target.encode()]
        if each.mail is not None:
            for part in each.mail.walk():
                payload = part.get_payload(decode=True)
                found += [repr(part.items()).encode(), payload if isinstance(payload, bytes) else b""]
    return found
