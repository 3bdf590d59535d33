"""A source of every format, configured by the file, spoken to as its tool does, in a real web process."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import sentry_sdk
from hypothesis import given, settings
from hypothesis import strategies as st

from router.flow.apply import Applied, apply
from router.local.postgres import DATABASE, OWNER, SUPERUSER, WEB, RunningPostgres
from router.runtime import Runtime
from router.web.unpack import ENCODINGS
from tests.chaos.parts import Web, eventually
from tests.examples import examples
from tests.flow.builder import Superuser, build, environment
from tests.sources.canary import EMAIL, MRN, NAME, SAID, rubbish
from tests.sources.test_alertmanager import WEBHOOK as ALERTMANAGER
from tests.sources.test_cloudwatch import ALARM, sns
from tests.sources.test_datadog import OURS as DATADOG
from tests.sources.test_grafana import WEBHOOK as GRAFANA
from tests.sources.test_opsgenie import CREATE, WEBHOOK
from tests.sources.test_sentry import RULE
from tests.sources.test_sentry_sdk import EVENT, pack

FORMATS = (
    "alertmanager grafana sentry sentry-sdk datadog cloudwatch pagerduty opsgenie generic tokenized".split()  # noqa: SIM905 - as design §6 lists them
)
KEYS = {f"{name.upper().replace('-', '_')}_KEY": f"{name.replace('-', '_')}_".ljust(40, "k") for name in FORMATS}
SECRETS = {"CLIENT_SECRET": "sentry-client-secret-test", "SIGNED_KEY": "signed_".ljust(40, "k"), "PAGER_KEY": "R" * 32}
SOURCES = "\n".join(
    f"      - {{name: {name}, format: {name}, key_env: {key}}}" for name, key in zip(FORMATS, KEYS, strict=True)
)
CONFIG = f"""
tenants:
  - slug: acme
    name: Acme
    sources:
      - {{name: signed, format: sentry, key_env: SIGNED_KEY, client_secret_env: CLIENT_SECRET}}
{SOURCES}
    channels:
      - {{name: pager, kind: pagerduty, routing_key_env: PAGER_KEY}}
    routes:
      - channels: [pager]
"""
BROTLI = (
    "1b5500301c0776a3cfdd1e0cd6fe1961844a6f91bdb2af49a690563a7d8e71e070cbfa34e0ee57c80d6cc06980"
    "69f24e7d3660962c0c30df62d301"
)
"""An envelope with one event, as google/brotli packs it."""

BODIES: dict[str, tuple[bytes, str]] = {
    "alertmanager": (json.dumps(ALERTMANAGER).replace("jane.roe@example.test", EMAIL).encode(), "application/json"),
    "grafana": (json.dumps(GRAFANA).encode(), "application/json"),
    "sentry": (json.dumps(RULE).encode(), "application/json"),
    "sentry-sdk": (pack(("event", EVENT), ("attachment", SAID.encode())), "application/x-sentry-envelope"),
    "datadog": (json.dumps(DATADOG).encode(), "application/json"),
    "cloudwatch": (json.dumps(sns(ALARM)).encode(), "text/plain; charset=UTF-8"),
    "pagerduty": (
        json.dumps({"event_action": "trigger", "dedup_key": MRN, "payload": {"summary": SAID}}).encode(),
        "application/json",
    ),
    "opsgenie": (json.dumps(WEBHOOK).encode(), "application/json"),
    "generic": (json.dumps({"title": "x", "message": SAID, "alert_uid": MRN}).encode(), "application/json"),
    "tokenized": (
        json.dumps({"incident": {"key": MRN, "status": "open", "severity": "error", "title": SAID}}).encode(),
        "application/json",
    ),
}


WRECKS = st.sampled_from([json.loads(body) for name, (body, _) in BODIES.items() if name != "sentry-sdk"]).flatmap(
    lambda body: st.dictionaries(st.sampled_from([*body, "data", "alert"]), rubbish(*body), max_size=2).map(
        lambda some: {**body, **some}
    )
)
"""Real bodies of one format or another with rubbish in some of their fields."""


@dataclass
class Site:
    """A web process, and what was applied for it."""

    web: Web
    applied: Applied
    runtime: Runtime
    superuser: Superuser

    def key(self, name: str) -> str:
        return KEYS[f"{name.upper().replace('-', '_')}_KEY"]

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """(status, JSON, headers); underscores in names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status, answer, back = self.web.ask("POST", path, body, named)
        return status, json.loads(answer), back

    def rows(self, statement: str, *values: object) -> list[Any]:
        with self.runtime.database.tenant(self.applied.ids["acme"]) as session:
            return session.rows(statement, values)

    def leaks(self) -> list[str]:
        """Tables in which the canary patient can be read."""
        found = "zebulon|quackenbush|77341902|leakmail|zq.canary"
        return [
            f"{schema}.{table}"
            for schema, table in self.superuser.tables()
            if self.superuser.rows(f'SELECT FROM "{schema}"."{table}" t WHERE t::text ~* %s LIMIT 1', (found,))
        ]


@pytest.fixture(scope="module")
def site(postgres: RunningPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("sources")
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True))
        connection.execute(f"CREATE DATABASE sources TEMPLATE {DATABASE} OWNER {OWNER} STRATEGY file_copy")
        stack.callback(connection.execute, "DROP DATABASE sources WITH (FORCE)")
        url = postgres.url(WEB, "sources")
        runtime = stack.enter_context(contextlib.closing(build(url, directory)))
        applied, again = (
            apply(runtime, CONFIG, dry_run=False, actor="test", environ={**KEYS, **SECRETS}, base_dir=None)
            for _ in range(2)
        )
        assert again.changes == (), "the same file changes nothing"
        web = stack.enter_context(Web(environment(url, directory), log=directory / "web.log"))
        superuser = stack.enter_context(Superuser(postgres.url(SUPERUSER, "sources")))
        yield Site(web, applied, runtime, superuser)


def test_a_tool_that_repeats_more_slowly_than_its_quiet_time_is_told_at_apply(site: Site) -> None:
    warned = {sentence.partition("`")[2].partition("`")[0] for _, sentence in site.applied.warnings}
    assert {"alertmanager", "grafana", "cloudwatch"} <= warned
    assert {"generic", "sentry-sdk"}.isdisjoint(warned)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_taken_once_however_often_it_is_sent_and_nothing_of_a_patient_stays(
    site: Site, name: str
) -> None:
    body, kind = BODIES[name]
    path, bearer = f"/ingest/acme/{name}", f"Bearer {site.key(name)}"
    status, first, _ = site.post(path, body, authorization=bearer, content_type=kind)
    assert status == 202
    assert first["accepted"] > 0
    by_path = site.post(f"{path}/{site.key(name)}", body, content_type=kind)
    assert (by_path[0], by_path[1]["accepted"]) == (202, first["accepted"])
    assert all(alert["duplicate"] for alert in by_path[1]["alerts"] if alert["incident_id"])
    assert [alert["id"] for alert in first["alerts"]] == [alert["id"] for alert in by_path[1]["alerts"]]
    assert site.leaks() == []
    assert not re.search("zebulon|quackenbush|77341902|leakmail", site.web.said, re.IGNORECASE)


@pytest.mark.parametrize(
    ("path", "authorization", "expected"),
    [
        ("/ingest/acme/datadog", "", 401),
        ("/ingest/acme/datadog", "Bearer " + "w" * 40, 401),
        ("/ingest/acme/nowhere", "datadog", 404),
        ("/ingest/acme/datadog", "datadog", 415),
    ],
)
@pytest.mark.parametrize("odd", [{"content_type": "text/plain"}, {"content_encoding": "zstd"}])
def test_who_asks_is_judged_before_what_they_send(
    site: Site, path: str, authorization: str, expected: int, odd: dict[str, str]
) -> None:
    bearer = f"Bearer {site.key(authorization)}" if authorization == "datadog" else authorization
    assert site.post(path, BODIES["datadog"][0], authorization=bearer, **odd)[0] == expected


def test_a_body_without_a_type_is_taken_for_what_the_source_sends(site: Site) -> None:
    assert (
        site.post("/ingest/acme/generic", BODIES["generic"][0], authorization=f"Bearer {site.key('generic')}")[0] == 202
    )


def test_the_key_may_be_the_password_of_basic_authentication(site: Site) -> None:
    basic = base64.b64encode(f"alertveil:{site.key('grafana')}".encode()).decode()
    assert site.post("/ingest/acme/grafana", BODIES["grafana"][0], authorization=f"Basic {basic}")[0] == 202


@settings(max_examples=examples(25))
@given(st.sampled_from([name for name in FORMATS if name != "sentry-sdk"]), WRECKS)
def test_a_wreck_of_any_format_is_taken_or_refused_and_the_process_goes_on(site: Site, name: str, body: object) -> None:
    path = f"/ingest/acme/{name}/{site.key(name)}"
    assert site.post(path, json.dumps(body).encode(), content_type="application/json")[0] in {202, 422}


class TestSignedHooks:
    """A source with a client secret believes nobody else."""

    def send(self, site: Site, signature: str, body: bytes = BODIES["sentry"][0]) -> int:
        headers = {"authorization": f"Bearer {SECRETS['SIGNED_KEY']}", "content_type": "application/json"}
        return site.post("/ingest/acme/signed", body, sentry_hook_signature=signature, **headers)[0]

    def test_the_key_alone_is_not_enough(self, site: Site) -> None:
        body = BODIES["sentry"][0]
        made = hmac.new(SECRETS["CLIENT_SECRET"].encode(), body, hashlib.sha256).hexdigest()
        assert self.send(site, made) == 202
        assert self.send(site, "") == 401
        assert self.send(site, made, body.replace(b"triggered", b"created")) == 401
        assert self.send(site, "", b"{") == 401, "nor to learn what is wrong with a body"

    def test_no_other_endpoint_lets_the_key_in(self, site: Site) -> None:
        key = SECRETS["SIGNED_KEY"]
        event = {"routing_key": key, "event_action": "trigger", "payload": {"summary": "x"}}
        assert site.post("/v2/enqueue", json.dumps(event).encode())[0] == 401
        assert site.post(f"/api/1/envelope/?sentry_key={key}", pack(("event", EVENT)))[0] == 401

    def test_the_secret_is_stored_sealed(self, site: Site) -> None:
        rows = site.superuser.rows("SELECT signing FROM sources WHERE signing IS NOT NULL")
        assert len(rows) == 1
        assert SECRETS["CLIENT_SECRET"].encode() not in bytes(rows[0].signing)


class TestEnvelopes:
    """The endpoint that Sentry's SDKs speak to."""

    def test_the_real_sdk_sends_an_exception_and_it_arrives_tokenized(self, site: Site) -> None:
        client = sentry_sdk.Client(
            dsn=f"http://{site.key('sentry-sdk')}@127.0.0.1:{site.web.port}/42",
            traces_sample_rate=1.0,
            default_integrations=False,
            environment="prod",
            release="intake@3.1.0",
        )

        def load_chart(patient: str, mrn: str) -> None:
            record = {"name": patient, "mrn": mrn, "email": EMAIL}
            raise LookupError(f"no chart for {record['name']}")

        with sentry_sdk.new_scope() as scope:
            scope.set_client(client)
            scope.set_user({"email": EMAIL})
            with sentry_sdk.start_transaction(name="intake", op="task"):
                try:
                    load_chart(NAME, MRN)
                except LookupError as error:
                    sentry_sdk.capture_exception(error)
        client.close(timeout=10)

        find = "SELECT * FROM incidents WHERE title LIKE 'LookupError: no chart for <PERSON_%%'"
        (incident,) = eventually(lambda: site.rows(find))
        assert (incident.source, incident.severity, incident.status) == ("sentry-sdk", "error", "open")
        assert (incident.labels["environment"], incident.labels["alertname"]) == ("prod", "LookupError")
        (alert,) = site.rows("SELECT payload FROM alerts WHERE incident_id = %s", incident.incident_id)
        frame = alert.payload["details"]["exception"][0]["frames"][-1]
        assert frame["function"] == "load_chart"
        assert re.fullmatch(r"'?<[A-Z_]+_[0-9A-HJKMNP-TV-Z]{10}>'?", frame["vars"]["mrn"])
        assert site.leaks() == []
        metrics = site.web.ask("GET", "/metrics")[1].decode()
        assert 'alertveil_ingest_envelope_items_dropped_total{type="transaction"} 1.0' in metrics

    @pytest.mark.parametrize(
        "how",
        ["header", "query", "dsn", "hexadecimal"],
    )
    def test_the_key_comes_as_sdks_send_it(self, site: Site, how: str) -> None:
        key, path = site.key("sentry-sdk"), "/api/42/envelope/"
        headers = {"content_type": "text/plain;charset=UTF-8"}
        body = pack(("event", {**EVENT, "event_id": "e" * 32}), dsn=f"https://{key}@x.test/42" if how == "dsn" else "")
        if how == "header":
            headers["x_sentry_auth"] = f"Sentry sentry_version=7, sentry_client=x/1, sentry_key={key}"
        elif how == "query":
            path += f"?sentry_version=7&sentry_key={quote(key)}"
        elif how == "hexadecimal":
            path += f"?sentry_key=x_{key.encode().hex()}"
        status, answer, back = site.post(path, body, **headers)
        assert (status, answer) == (200, {"id": EVENT["event_id"]})
        assert back["access-control-allow-origin"] == "*"

    @pytest.mark.parametrize("encoding", sorted(ENCODINGS))
    def test_an_envelope_comes_packed_as_sdks_pack_it(self, site: Site, encoding: str) -> None:
        body = b'{"event_id":"%s"}\n{"type":"event"}\n{"message":"packed"}\n' % (b"d" * 32)
        packed = {
            "gzip": gzip.compress(body),
            "deflate": zlib.compress(body),
            "br": bytes.fromhex(BROTLI),
        }[encoding]
        path = f"/api/42/envelope/?sentry_key={site.key('sentry-sdk')}"
        assert site.post(path, packed, content_encoding=encoding)[:2] == (200, {"id": "d" * 32})
        assert site.post(path, packed[:-3], content_encoding=encoding)[0] == 400

    @pytest.mark.parametrize(
        ("body", "key", "headers", "expected"),
        [
            (pack(("event", EVENT)), "", {}, 401),
            (pack(("event", EVENT), dsn=""), "w" * 40, {}, 401),
            (SAID.encode(), "", {}, 401),
            (SAID.encode(), "good", {}, 400),
            (b'{}\n{"length":2}\n{}', "good", {}, 422),
            (b"{}", "good", {"content_encoding": "zstd"}, 415),
            (b"{}", "good", {"content_encoding": "gzip"}, 400),
            (b"{}\n" + b"x" * 2_000_000, "good", {}, 413),
            (b"{}", "good", {}, 200),
        ],
    )
    def test_a_bad_one_has_its_status_and_is_not_repeated(
        self, site: Site, body: bytes, key: str, headers: dict[str, str], expected: int
    ) -> None:
        query = f"?sentry_key={site.key('sentry-sdk') if key == 'good' else key}" if key else ""
        status, answer, _ = site.post(f"/api/42/envelope/{query}", body, **headers)
        assert status == expected
        assert not re.search("zebulon|leakmail", json.dumps(answer), re.IGNORECASE)
        assert site.web.ask("GET", "/api/42/envelope/")[0] == 405


class TestOpsgenieApi:
    """Tools that only change the address of Opsgenie's Alert API."""

    def call(self, site: Site, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        named = f"GenieKey {key or site.key('opsgenie')}"
        raw = b"" if body is None else json.dumps(body).encode()
        return site.post(path, raw, authorization=named, content_type="application/json")[:2]

    def test_what_is_created_is_acknowledged_and_closed_by_its_alias(self, site: Site) -> None:
        status, answer = self.call(site, "/v2/alerts", {**CREATE, "alias": f"api/{MRN}", "message": "By the API"})
        assert (status, answer["result"]) == (202, "Request will be processed")

        def state() -> list[str]:
            return [row.status for row in site.rows("SELECT status FROM incidents WHERE title = 'By the API'")]

        alias = quote(f"api/{MRN}", safe="")
        assert state() == ["open"]
        assert self.call(site, f"/v2/alerts/{alias}/acknowledge?identifierType=alias", {"note": SAID})[0] == 202
        assert state() == ["acknowledged"]
        assert self.call(site, f"/v2/alerts/{alias}/close?identifierType=alias")[0] == 202
        assert state() == ["resolved"]
        assert site.leaks() == []

    @pytest.mark.parametrize(
        ("path", "body", "key", "expected"),
        [
            ("/v2/alerts", CREATE, "w" * 40, 401),
            ("/v2/alerts/a/close?identifierType=alias", {}, "w" * 40, 401),
            ("/v2/alerts/a/explode?identifierType=alias", {}, "w" * 40, 401),
            ("/v2/alerts/a/explode?identifierType=alias", {}, "", 404),
            ("/v2/alerts/a/close", {}, "", 422),
            ("/v2/alerts/a/close?identifierType=alias", [], "", 422),
            ("/v2/alerts", {"alias": SAID}, "", 422),
            ("/v2/alerts/a", {}, "", 404),
        ],
    )
    def test_a_bad_call_has_its_status(self, site: Site, path: str, body: object, key: str, expected: int) -> None:
        status, answer = self.call(site, path, body, key)
        assert status == expected
        assert "Zebulon" not in json.dumps(answer)


def test_amazons_wish_to_confirm_is_refused_while_the_source_names_no_topic(site: Site) -> None:
    asked = sns("confirm", Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://sns.evil.test/")
    path = f"/ingest/acme/cloudwatch/{site.key('cloudwatch')}"
    status, answer, _ = site.post(path, json.dumps(asked).encode(), content_type="text/plain")
    assert status == 422
    assert "topic_arn" in answer["detail"]
