"""What comes in over HTTP, to a real web process: the right status, nothing of the body repeated, nothing stored."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from router.local.postgres import DATABASE, OWNER, SUPERUSER, WEB, RunningPostgres
from tests.chaos.parts import Part, Web, eventually, free_port
from tests.flow.builder import EMAIL, MRN, NAME, SSN, Superuser, Tenant, build, environment, tenant

SAID = f"{NAME} {EMAIL} {MRN} {SSN}"
"""In every bad body; must never come back."""


@dataclass
class Site:
    """A web process and one tenant with a source of each format."""

    web: Web
    clinic: Tenant
    superuser: Superuser
    environment: dict[str, str]  # of the web process

    @property
    def path(self) -> str:
        return f"/ingest/{self.clinic.slug}/app"

    def post(self, body: bytes, path: str | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """A body with the good key and type, unless `headers` (underscores for dashes) say otherwise."""
        usual = {"authorization": f"Bearer {self.clinic.keys['app']}", "content-type": "application/json"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.web.ask("POST", path or self.path, body, {**usual, **given})

    @contextmanager
    def under_a_second(self) -> Iterator[None]:
        """What is done meanwhile costs the web process less than a second of CPU time."""
        before = self.web.worked()
        yield
        assert self.web.worked() - before < 1.0

    def stored(self) -> tuple[int, int]:
        row = self.superuser.one(
            "SELECT (SELECT count(*) FROM alerts) AS alerts, (SELECT count(*) FROM vault.entries) AS entries"
        )
        return row.alerts, row.entries


@pytest.fixture(scope="module")
def site(postgres: RunningPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE site TEMPLATE {DATABASE} OWNER {OWNER} STRATEGY file_copy")
        url = postgres.url(WEB, "site")
        runtime = build(url, directory)
        clinic = tenant(runtime, sources={"app": "generic", "am": "alertmanager", "pd": "pagerduty"})
        given = environment(url, directory)
        with (
            Web(given, log=directory / "web.log") as web,
            Superuser(postgres.url(SUPERUSER, "site")) as superuser,
        ):
            yield Site(web, clinic, superuser, given)
            assert web.stop() == 0, "to be told to end is no failure"
        runtime.close()
        connection.execute("DROP DATABASE site WITH (FORCE)")


def body(**more: object) -> bytes:
    return json.dumps({"title": "bad", "message": SAID, **more}).encode()


BAD = {
    "truncated": (body()[:-20], 400),
    "empty": (b"", 400),
    "not JSON": (SAID.encode(), 400),
    "not UTF-8": (body().replace(b"Zebulon", b"Zebulon\xff\xfe"), 400),
    "UTF-16": (body().decode().encode("utf-16"), 400),
    "byte order mark": (b"\xef\xbb\xbf" + body(), 400),
    "NUL escape": (body().replace(b"Zebulon", b"Zebulon\\u0000"), 400),
    "NUL byte": (body().replace(b"Zebulon", b"Zebulon\x00"), 400),
    "duplicate key": (body()[:-1] + b', "message": "' + SAID.encode() + b'"}', 400),
    "duplicate key with an escape": (body()[:-1] + b', "m\\u0065ssage": "' + SAID.encode() + b'"}', 400),
    "NaN": (body()[:-1] + b', "value": NaN}', 400),
    "Infinity": (body()[:-1] + b', "value": -Infinity}', 400),
    "1e400": (body()[:-1] + b', "value": 1e400}', 400),
    "lone surrogate": (body().replace(b"Zebulon", b"\\ud800Zebulon"), 400),
    "100 000 levels": (b'{"message": "' + SAID.encode() + b'", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "100 000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    "100 levels": (b'{"message": "' + SAID.encode() + b'", "a": ' + b"[" * 100 + b"]" * 100 + b"}", 400),
    "a number": (b"7", 422),
    "a string": (json.dumps(SAID).encode(), 422),
    "null": (b"null", 422),
    "a list of strings": (json.dumps([SAID]).encode(), 422),
    "no title": (json.dumps({NAME: 1}).encode(), 422),
    "labels of the wrong kind": (body(labels=SAID), 422),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_body_gets_its_status_and_leaves_nothing(site: Site, what: str) -> None:
    bad, expected = BAD[what]
    before = site.stored()
    with site.under_a_second():
        status, answer, headers = site.post(bad)
    assert status == expected
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(answer)["status"] == expected
    assert not [word for word in SAID.split() if word.encode() in answer]
    assert site.stored() == before
    assert site.post(body(title="good", alert_uid=what))[0] == 202, "the process is unharmed"
    assert not [word for word in SAID.split() if word in site.web.said]


def test_a_gzip_body_is_unpacked(site: Site) -> None:
    assert site.post(gzip.compress(body(alert_uid="packed")), content_encoding="gzip")[0] == 202


@pytest.mark.parametrize(
    ("pack", "expected"),
    [
        # packed by the test that sends it: every test process reads this list
        pytest.param(lambda: gzip.compress(b" " * 200_000_000, 1), 413, id="bomb"),
        pytest.param(lambda: gzip.compress(gzip.compress(b" " * 100_000_000, 1)), 400, id="bomb in a bomb"),
        pytest.param(lambda: gzip.compress(body())[:-9], 400, id="truncated"),
        pytest.param(lambda: b"\x1f\x8b" + SAID.encode(), 400, id="garbage"),
        pytest.param(body, 400, id="not gzip"),
    ],
)
def test_bad_gzip_is_refused_without_unpacking_all_of_it(site: Site, pack: Callable[[], bytes], expected: int) -> None:
    packed = pack()
    with site.under_a_second():
        status, answer, _ = site.post(packed, content_encoding="gzip")
    assert status == expected
    assert NAME.encode() not in answer


@pytest.mark.parametrize("size", [2_000_000, 10_000_000])
def test_a_client_that_sends_too_much_reads_its_413(site: Site, size: int) -> None:
    before = site.stored()
    with site.under_a_second():
        assert site.post(b'{"message": "' + b"x" * size + b'"}')[0] == 413
    assert site.stored() == before


def test_a_client_that_sends_too_much_in_pieces_reads_its_413(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.web.port), timeout=10) as wire:
        head = f"POST {site.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.clinic.keys['app']}\r\n"
        wire.sendall(head.encode() + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            wire.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        wire.sendall(b"0\r\n\r\n")
        assert wire.recv(1000).startswith(b"HTTP/1.1 413")


def test_a_body_that_ends_early_is_not_stored(site: Site) -> None:
    before = site.stored()
    with socket.create_connection(("127.0.0.1", site.web.port), timeout=10) as wire:
        head = f"POST {site.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.clinic.keys['app']}\r\n"
        wire.sendall(head.encode() + b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n" + body())
    assert site.post(body(alert_uid="after a cut"))[0] == 202
    assert site.stored()[0] <= before[0] + 1


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonp"]
)
def test_a_wrong_content_type_is_415(site: Site, kind: str) -> None:
    assert site.post(body(), content_type=kind)[0] == 415


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/cloudevents+json", "Application/JSON"]
)
def test_any_json_type_is_taken(site: Site, kind: str) -> None:
    assert site.post(body(alert_uid=kind), content_type=kind)[0] == 202


def test_an_unknown_encoding_is_415(site: Site) -> None:
    assert site.post(body(), content_encoding="br")[0] == 415


@pytest.mark.parametrize("credential", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic d3Jvbmc=", "Bearer \xff\xfe"])
def test_an_unknown_or_missing_key_is_401(site: Site, credential: str) -> None:
    before = site.stored()
    status, answer, headers = site.post(body(), authorization=credential)
    assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="alertveil"')
    assert b"wrong" not in answer
    assert site.stored() == before


def test_places_that_do_not_exist_are_told_apart_only_for_who_may_know(site: Site) -> None:
    assert site.post(body(), f"/ingest/{site.clinic.slug}/nowhere")[0] == 404
    assert site.post(body(), "/ingest/stranger/app")[0] == 401
    assert site.post(body(), f"/ingest/{site.clinic.slug}/am")[0] == 401
    assert site.post(body(), f"/ingest/{site.clinic.slug}")[0] == 404
    assert site.post(body(), f"/ingest/{site.clinic.slug}/app/k/more")[0] == 404
    assert site.post(body(), f"/ingest/{site.clinic.slug}/%00")[0] == 404


def test_the_key_may_be_in_the_path_for_tools_that_cannot_send_headers(site: Site) -> None:
    path = f"{site.path}/{site.clinic.keys['app']}"
    assert site.post(body(alert_uid="by path"), path, authorization="")[0] == 202
    assert site.clinic.keys["app"] not in site.web.said


def test_a_key_in_the_path_may_hold_what_base64_holds_escaped_or_not(site: Site) -> None:
    odd = site.clinic.keys.setdefault("odd", "aG9/c3+0Zw==%41".ljust(40, "k"))
    site.clinic.set(sources={"odd": "generic"})
    path = f"/ingest/{site.clinic.slug}/odd/"
    assert site.post(body(), path + quote(odd, safe=""), authorization="")[0] == 202
    assert site.post(body(), path + quote(odd, safe="/"), authorization="")[0] == 202
    assert site.post(body(), path, authorization=f"Bearer {odd}")[0] == 202, "a slash at the end is no key"
    assert site.post(body(), f"{path}{quote(odd, safe='')}/", authorization="")[0] == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_are_405(site: Site, method: str) -> None:
    status, _, headers = site.web.ask(method, site.path)
    assert (status, headers["allow"]) == (405, "POST")


def test_an_accepted_alert_says_its_id_its_incident_and_whether_it_was_known(site: Site) -> None:
    first = json.loads(site.post(body(alert_uid="receipt"))[1])
    again = json.loads(site.post(body(alert_uid="receipt"))[1])
    assert (first["accepted"], again["accepted"]) == (1, 1)
    assert {**first["alerts"][0], "duplicate": True} == again["alerts"][0]


class TestPagerDuty:
    """`/v2/enqueue` answers as PagerDuty does, errors too."""

    def enqueue(self, site: Site, **event: object) -> tuple[int, dict[str, object]]:
        status, answer, _ = self.enqueued(site, event)
        return status, answer

    def enqueued(self, site: Site, event: dict[str, object]) -> tuple[int, dict[str, object], str]:
        payload = {"summary": "db down", "source": "db-1", "severity": "critical"}
        full = {"routing_key": site.clinic.keys["pd"], "event_action": "trigger", "payload": payload, **event}
        status, answer, headers = site.web.ask(
            "POST", "/v2/enqueue", json.dumps(full).encode(), {"content-type": "application/json"}
        )
        return status, json.loads(answer), headers["content-type"]

    @pytest.mark.parametrize("event", [{}, {"dedup_key": None}, {"dedup_key": ""}])
    def test_a_trigger_without_a_key_gets_one_that_resolves_it(self, site: Site, event: dict[str, object]) -> None:
        status, answer = self.enqueue(site, **event)
        assert (status, answer["status"], answer["message"]) == (202, "success", "Event processed")
        assert self.enqueue(site, event_action="resolve", dedup_key=answer["dedup_key"])[0] == 202
        rows = site.clinic.rows("SELECT status FROM incidents WHERE source = 'pd' ORDER BY opened_at DESC LIMIT 1")
        assert rows[0].status == "resolved"

    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            ({"routing_key": None}, 422),
            ({"routing_key": "x" * 32}, 401),
            ({"event_action": SAID}, 422),
            ({"dedup_key": {NAME: 1}}, 422),
            ({"payload": SAID}, 422),
        ],
    )
    def test_an_error_has_its_shape_and_repeats_nothing(
        self, site: Site, event: dict[str, object], expected: int
    ) -> None:
        status, answer, kind = self.enqueued(site, event)
        assert (status, kind) == (expected, "application/json")
        assert set(answer) == {"status", "message", "errors"}
        assert answer["status"] == "invalid event"
        assert ("routing_key" in str(answer["errors"])) == ("routing_key" in event), "no header that it lacks"
        assert NAME not in json.dumps(answer)

    def test_a_duplicate_key_is_refused_though_the_body_is_written_again(self, site: Site) -> None:
        before = site.stored()
        event = {
            "routing_key": site.clinic.keys["pd"],
            "event_action": "trigger",
            "payload": {"summary": SAID, "source": "x", "severity": "info"},
        }
        twice = json.dumps(event)[:-1] + ', "event_action": "trigger"}'
        status, answer, _ = site.web.ask("POST", "/v2/enqueue", twice.encode(), {"content-type": "application/json"})
        assert status == 400
        assert json.loads(answer)["status"] == "invalid event"
        assert site.stored() == before


def test_prometheus_can_send_straight_to_it(site: Site) -> None:
    alerts = [{"labels": {"alertname": "Direct", "instance": "db-1"}, "startsAt": "2026-01-01T00:00:00Z"}]
    key = site.clinic.keys["am"]
    status, answer, _ = site.post(json.dumps(alerts).encode(), "/api/v2/alerts", authorization=f"Bearer {key}")
    assert status == 200
    assert json.loads(answer)["accepted"] == 1


def test_a_second_one_on_the_same_port_says_so_in_a_sentence(site: Site, tmp_path: Path) -> None:
    with Part({**site.environment, "ALERTVEIL_HTTP_PORT": str(site.web.port)}, "web", log=tmp_path / "log") as second:
        assert second.process.wait(30) == 1
    assert second.said.startswith(f"alertveil: 127.0.0.1 port {site.web.port} cannot be served on (address already in")
    assert second.said.count("\n") == 1


@pytest.mark.system_part("prometheus-alertmanager")
def test_a_real_alertmanager_posts_its_alerts_and_their_end(
    site: Site, system_part: Callable[[str], Path], tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "am.yml").write_text(
        f"""
route: {{receiver: alertveil, group_wait: 0s, group_interval: 1s, group_by: [alertname]}}
receivers:
  - name: alertveil
    webhook_configs:
      - url: http://127.0.0.1:{site.web.port}/ingest/{site.clinic.slug}/am
        send_resolved: true
        http_config: {{authorization: {{credentials: {site.clinic.keys["am"]}}}}}
"""
    )
    program = subprocess.Popen(
        [
            str(system_part("prometheus-alertmanager")),
            f"--config.file={tmp_path / 'am.yml'}",
            f"--storage.path={tmp_path}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    labels = {"alertname": "RealOne", "severity": "critical", "instance": "db-1:9100"}
    note = {"annotations": {"summary": f"patient {NAME} {EMAIL}"}}

    def tell(**times: str) -> bool:
        event = json.dumps([{"labels": labels, **note, **times}]).encode()
        try:
            other = Web.__new__(Web)
            other.port = port
            return other.ask("POST", "/api/v2/alerts", event, {"content-type": "application/json"})[0] == 200
        except OSError:
            return False

    def incident() -> list[tuple[str, str]]:
        rows = site.clinic.rows("SELECT status, title, description FROM incidents WHERE source = 'am'")
        return [(row.status, row.title + row.description) for row in rows if "RealOne" in row.title]

    try:
        assert eventually(tell)
        assert eventually(lambda: [status for status, _ in incident()] == ["open"])
        ((_, text),) = incident()
        assert EMAIL not in text
        assert "<EMAIL_" in text
        tell(endsAt="2026-01-01T00:00:01Z", startsAt="2026-01-01T00:00:00Z")
        assert eventually(lambda: [status for status, _ in incident()] == ["resolved"])
    finally:
        program.terminate()
        program.wait()
