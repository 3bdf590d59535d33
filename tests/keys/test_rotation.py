"""Keys are rotated, their keeper dies and returns, while alerts come in and people look: nothing fails."""

from __future__ import annotations

import functools
import hmac
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from router import keystores
from router.cli import tree
from router.core.reveal import Proof
from router.flow import keys as flow
from router.flow import reveal
from router.flow.apply import apply
from router.flow.intake import NotDurable, Post
from router.flow.keys import NotRotated
from router.flow.snapshot import Snapshots
from router.flow.status import ready
from router.keys import KeystoreDown
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import users
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Superuser, Tenant, Worker, build, environment, tenant, webhook
from tests.keys.transit import TOKEN, Transit

PERSON = "officer@clinic.test"
SHELL = Proof("host", "host:ops", host_allowed=True)


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with Superuser(database.superuser_url) as made:
        yield made


@pytest.fixture
def runtime(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def other(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    """Another process on the same database and keystore."""
    made = build(database.app_url, tmp_path)
    yield made
    made.close()


def clinic_of(runtime: Runtime, **more: Any) -> Tenant:  # noqa: ANN401 - as builder.tenant
    made = tenant(runtime, **more)
    with runtime.database.tenant(made.tenant_id) as session:
        users.put(session, made.tenant_id, uuid4(), PERSON, ["privacy_officer"])
    return made


def alert(edge: Edge, clinic: Tenant, uid: str, address: str = EMAIL) -> tuple[UUID, str]:
    (receipt,) = edge.take(clinic.post({"title": "bounced", "alert_uid": uid, "message": f"mail to {address}"}))
    assert receipt.incident_id is not None
    (row,) = clinic.rows("SELECT tokens FROM alerts WHERE alert_id = %s", [receipt.alert_id])
    return receipt.incident_id, next(token for token in row.tokens if token.startswith("<EMAIL_"))


def look(runtime: Runtime, clinic: Tenant, incident_id: UUID, token: str) -> list[str]:
    ask = reveal.Ask(clinic.tenant_id, incident_id, [token], "triage", PERSON, SHELL)
    found = reveal.reveal(runtime, Snapshots(), lambda _: None, ask)
    return [each.value for each in found.opened]


class Traffic:
    """Two edges that seal twenty addresses over and over, and a person who looks at one of them, until told to stop."""

    def __init__(self, clinic: Tenant, runtimes: list[Runtime]) -> None:
        self.clinic = clinic
        self.sealed = 0
        self.revealed = 0
        self.wrong: list[str] = []
        self.tokens: dict[str, set[str]] = {}
        self._numbers = itertools.count(1)
        self._done = threading.Event()
        self._seen = alert(Edge(runtimes[0]), clinic, "first", "first@leakmail.test")
        work: list[Callable[[], None]] = [functools.partial(self._take, Edge(each)) for each in runtimes]
        work.append(functools.partial(self._look, runtimes[-1]))
        self._threads = [threading.Thread(target=self._repeat, args=[each]) for each in work]
        for thread in self._threads:
            thread.start()

    def stop(self, *, sealed: int, revealed: int) -> None:
        """When at least so much has come through, or something failed."""
        for _ in range(1200):
            if self.wrong or (self.sealed >= sealed and self.revealed >= revealed):
                break
            self._done.wait(0.05)
        self._done.set()
        for thread in self._threads:
            thread.join(30)

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._done.is_set():
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - every failure is the story's
                self.wrong.append(f"{type(error).__name__}: {error}")
                return

    def _take(self, edge: Edge) -> None:
        number = next(self._numbers)
        address = f"p{number % 20}@leakmail.test"
        _, token = alert(edge, self.clinic, f"{number}", address)
        self.tokens.setdefault(address, set()).add(token)
        self.sealed = max(self.sealed, number)

    def _look(self, runtime: Runtime) -> None:
        incident, token = self._seen
        assert look(runtime, self.clinic, incident, token) == ["first@leakmail.test"]
        self.revealed += 1


def test_every_key_is_rotated_under_traffic_without_a_refused_alert_or_a_failed_reveal(
    runtime: Runtime,
    other: Runtime,
    superuser: Superuser,
    record_property: Callable[[str, object], None],
) -> None:
    clinic = clinic_of(runtime)
    traffic = Traffic(clinic, [runtime, other])
    try:
        for _ in range(3):
            flow.rotate_wrapping(runtime, "host:ops")
            flow.rotate(runtime, clinic.tenant_id, "data", "host:ops")
            flow.rotate(runtime, clinic.tenant_id, "index", "host:ops")
    finally:
        traffic.stop(sealed=60, revealed=15)
    record_property("sealed, revealed, failed", (traffic.sealed, traffic.revealed, len(traffic.wrong)))
    assert traffic.wrong == []
    assert traffic.sealed >= 60
    assert traffic.revealed >= 15
    assert all(len(each) == 1 for each in traffic.tokens.values()), "a value keeps its token over every index key"
    versions = superuser.rows("SELECT purpose, max(version) AS newest FROM vault.data_keys GROUP BY purpose")
    assert {row.purpose: row.newest for row in versions} == {"value": 4, "data": 4, "index": 4}
    assert flow.status(runtime).behind == 0
    incident, token = alert(Edge(runtime), clinic, "last")
    assert alert(Edge(other), clinic, "later")[1] == token
    assert look(other, clinic, incident, token) == [EMAIL]


def test_a_value_known_under_an_old_index_key_keeps_its_token_and_its_incident(
    runtime: Runtime, other: Runtime, superuser: Superuser
) -> None:
    clinic = clinic_of(runtime)
    there, here = Edge(other), Edge(runtime)
    incident, token = alert(there, clinic, "1")
    for _ in range(2):
        flow.rotate(runtime, clinic.tenant_id, "index", "host:ops")
    again, same = alert(here, clinic, "2")
    assert same == token
    assert again != incident
    (repeated,) = there.take(clinic.post({"title": "bounced", "alert_uid": "1", "message": f"mail to {EMAIL}"}))
    assert repeated.duplicate, "an alert finds its incident over a rotation"
    assert superuser.one("SELECT index_version FROM vault.entries WHERE token = %s", [token]).index_version == 3
    with runtime.database.tenant(clinic.tenant_id) as session:
        keys = runtime.vault.newest_keys(session, clinic.tenant_id)
    assert len(keys.blinds("EMAIL", EMAIL)) == 3


def test_a_process_with_stale_keys_seals_nothing_under_them(runtime: Runtime, other: Runtime) -> None:
    clinic = clinic_of(runtime)
    edge = Edge(other)
    alert(edge, clinic, "1")
    with other.database.tenant(clinic.tenant_id) as session:
        stale = other.vault.keys(session, clinic.tenant_id)
    flow.rotate(runtime, clinic.tenant_id, "data", "host:ops")
    with other.database.tenant(clinic.tenant_id) as session:
        row = session.one("SELECT token FROM vault.seal(%s, %s, '[]')", (stale.index_version, stale.value_version))
    assert row is not None
    assert row.token is None
    _, token = alert(edge, clinic, "2", "new@leakmail.test")
    rows = clinic.rows("SELECT count(*) AS n FROM alerts")
    assert rows[0].n == 2
    assert token


def test_a_month_has_its_own_key(runtime: Runtime, superuser: Superuser) -> None:
    clinic = clinic_of(runtime)
    edge = Edge(runtime)
    _, token = alert(edge, clinic, "1")
    superuser.run("UPDATE vault.newest_keys SET value_until = now() - interval '1 second'")
    superuser.run("UPDATE vault.data_keys SET epoch = epoch - interval '1 month'")
    incident, same = alert(edge, clinic, "2")
    assert same == token
    row = superuser.one("SELECT key_version FROM vault.entries WHERE token = %s", [token])
    assert row.key_version == 2
    assert look(runtime, clinic, incident, token) == [EMAIL]


def test_credentials_and_edge_keys_are_sealed_again_and_deliveries_go_on(
    runtime: Runtime, other: Runtime, superuser: Superuser
) -> None:
    with WebhookVendor() as hook, Worker(other) as worker:
        clinic = clinic_of(runtime, channels={"hook": webhook(hook)})
        edge = Edge(runtime)
        alert(edge, clinic, "1")
        done = flow.rotate(runtime, clinic.tenant_id, "data", "host:ops")
        assert done.keys == 2, "one destination, one source"
        for table, column in (("destinations", "key_version"), ("sources", "edge_key_version")):
            assert superuser.one(f"SELECT {column} AS v FROM {table}").v == 2  # noqa: S608 - named here
        worker.drain(*edge.rung)
        assert len(hook.received) == 1


def test_a_signing_secret_is_sealed_again_and_still_believed(runtime: Runtime, superuser: Superuser) -> None:
    text = "tenants: [{slug: signed, sources: [{name: s, format: sentry, key_env: K, client_secret_env: C}]}]"
    environ = {"K": "k" * 40, "C": "client-secret"}
    applied = apply(runtime, text, dry_run=False, actor="host:ops", environ=environ, base_dir=None)
    flow.rotate(runtime, applied.ids["signed"], "data", "host:ops")
    assert superuser.one("SELECT signing_version AS v FROM sources WHERE signing IS NOT NULL").v == 2
    body = b'{"action":"triggered","data":{"event":{"event_id":"1","title":"x"}}}'
    made = hmac.new(b"client-secret", body, "sha256").hexdigest().encode()
    post = Post("k" * 40, body, "signed", "s", headers={b"sentry-hook-signature": made})
    assert len(Edge(runtime).take(post)) == 1
    assert apply(runtime, text, dry_run=True, actor="host:ops", environ=environ, base_dir=None).changes == ()


def test_a_rotation_is_in_the_audit(runtime: Runtime, superuser: Superuser) -> None:
    clinic = clinic_of(runtime)
    flow.rotate_wrapping(runtime, PERSON, "host:ops")
    flow.rotate(runtime, clinic.tenant_id, "index", PERSON, "host:ops")
    rows = superuser.rows("SELECT details::text AS text FROM audit_events WHERE action = 'key.rotate'")
    assert sorted(json.loads(row.text)["purpose"] for row in rows) == ["index", "wrapping", "wrapping"]


def test_an_old_wrapping_key_is_destroyed_only_when_nothing_needs_it(runtime: Runtime, tmp_path: Path) -> None:
    clinic = clinic_of(runtime)
    old = runtime.keys.keystore.current
    with pytest.raises(NotRotated, match="in use"):
        flow.forget(runtime, old, "host:ops")
    flow.rotate_wrapping(runtime, "host:ops")
    flow.forget(runtime, old, "host:ops")
    held = json.loads((tmp_path / "keystore.json").read_bytes())
    assert old not in held["keys"]
    alert(Edge(runtime), clinic, "1")


@pytest.fixture
def transit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Transit]:
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    monkeypatch.setattr(keystores, "GOOD_FOR", 0.0)  # its loss is noticed at the next request
    monkeypatch.setattr(keystores, "AGAIN_AFTER", 0.0)
    with Transit() as server:
        yield server


def test_a_keystore_that_dies_stops_ingest_and_reveals_not_tokens_and_all_goes_on_when_it_is_back(
    database: Database, tmp_path: Path, transit: Transit
) -> None:
    runtime = build(database.app_url, tmp_path, ALERTVEIL_KEYSTORE=transit.url)
    with WebhookVendor() as hook, Worker(runtime) as worker:
        clinic = clinic_of(runtime, channels={"hook": webhook(hook)})
        edge = Edge(runtime)
        incident, token = alert(edge, clinic, "1")
        transit.kill()
        assert isinstance(edge.refuse(clinic.post({"title": "bounced", "alert_uid": "2"})), NotDurable)
        assert not ready(runtime).keystore
        worker.drain(clinic.lane("hook"))
        assert len(hook.received) == 1, "what was accepted goes out, in tokens"
        assert token in hook.received[0].body.decode()
        with pytest.raises(KeystoreDown, match="Vault does not answer"):
            look(runtime, clinic, incident, token)
        transit.start()
        alert(edge, clinic, "2")
        assert look(runtime, clinic, incident, token) == [EMAIL]
        assert ready(runtime).keystore
    runtime.close()


def test_the_wrapping_key_of_vault_rotates_under_the_same_name(
    database: Database, tmp_path: Path, transit: Transit, superuser: Superuser
) -> None:
    runtime = build(database.app_url, tmp_path, ALERTVEIL_KEYSTORE=transit.url)
    clinic = clinic_of(runtime)
    incident, token = alert(Edge(runtime), clinic, "1")
    flow.rotate_wrapping(runtime, "host:ops")
    del transit.versions[1]  # what nothing needs any more
    runtime.keys.forget(clinic.tenant_id)
    assert look(runtime, clinic, incident, token) == [EMAIL]
    rows = superuser.rows("SELECT convert_from(wrapped, 'utf8') AS text FROM vault.data_keys")
    assert all(row.text.startswith("vault:v2:") for row in rows)
    runtime.close()


def test_the_command_line_rotates_and_tells(
    runtime: Runtime,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clinic = clinic_of(runtime)
    for name, value in environment(database.app_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)

    def run(*words: str) -> Any:  # noqa: ANN401 - JSON
        capsys.readouterr()
        code = tree.run(["keys", *words, "--json"])
        out = capsys.readouterr()
        assert (code, out.err, out.out.count("\n")) == (0, "", 1), out
        return json.loads(out.out)

    before = run("status")
    assert run("rotate", "--wrapping")["id"] != before["current"]
    assert run("rotate", "--data", "--tenant", clinic.slug)["tenants"][0]["version"] == 2
    assert run("rotate", "--index", "--tenant", clinic.slug)["tenants"][0]["version"] == 2
    after = run("status")
    (mine,) = after["tenants"]
    assert (mine["value_version"], mine["data_version"], mine["index_version"]) == (2, 2, 2)
    assert after["behind"] == 0
    assert run("forget", before["current"])["id"] == before["current"]
    assert tree.run(["keys", "rotate", "--data", "--index"]) == 2
    assert tree.run(["keys", "rotate", "--tenant", clinic.slug]) == 2
