"""`python tools/large.py`: one million incidents in an embedded database, and what every page and list costs there.

It fills a database with SQL (the mix of a busy half-year: most resolved, some live, one incident that never ended),
then asks every page and every list of the API through the real application in this process, and prints for each: the
median time of five answers, bytes as a proxy would compress them, and statements sent to the database. Ends with 1 when
a page takes over 100 ms or 60 kB. A second run with the same --data-dir measures again without filling.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg

from router import keys, settings, wiring
from router.core.access import ROLES
from router.flow import apply, charts, manage, signin, tokens
from router.local.postgres import AUDIT, OWNER, SUPERUSER, WEB, EmbeddedPostgres
from router.runtime import Runtime
from router.store.migrate import migrate
from router.store.session import Session
from router.web.app import Web

TIMES: Final = 5
LIMIT_MS: Final = 100.0
LIMIT_BYTES: Final = 60_000
ME: Final = "large@clinic.test"
SLUG: Final = "large"
HERE: Final = "http://localhost"

CONFIG: Final = """
tenants:
  - slug: large
    name: A large clinic
    sources:
      - {name: prod-alertmanager, format: alertmanager, key_env: KEY_1}
      - {name: sentry, format: generic, key_env: KEY_2}
      - {name: app, format: generic, key_env: KEY_3}
      - {name: events, format: pagerduty, key_env: KEY_4}
    channels:
      - {name: oncall, kind: webhook, url: "https://a.example/1", secret_env: SECRET}
      - {name: clinic-ops, kind: webhook, url: "https://a.example/2", secret_env: SECRET}
      - {name: archive, kind: webhook, url: "https://a.example/3", secret_env: SECRET}
      - {name: pager, kind: pagerduty, routing_key_env: ROUTING}
    routes:
      - {match: ['severity=~"critical|error"'], channels: [oncall, clinic-ops, archive, pager]}
      - {channels: [archive]}
"""

# Ids that sort by time, as the product makes them (RFC 9562, version 7), from a number and a time.
FUNCTIONS: Final = """
CREATE OR REPLACE FUNCTION pg_temp.seven(p_at timestamptz, p_salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7' || substr(md5(p_salt), 1, 3) || '8'
    || substr(md5(p_salt), 4, 15))::uuid
$$;
CREATE OR REPLACE FUNCTION pg_temp.token(p_kind text, p_n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '<' || p_kind || '_' || translate(upper(substr(md5(p_kind || p_n), 1, 9)), 'ILOU', '7890') || 'K>'
$$;
"""

MADE: Final = """
CREATE TEMP TABLE made AS
SELECT n, at, pg_temp.seven(at, 'i' || n) AS incident_id, n > %(all)s - %(live)s AS live,
  CASE WHEN n %% 100 < 3 THEN 'critical' WHEN n %% 100 < 15 THEN 'error' WHEN n %% 100 < 60 THEN 'warning'
    ELSE 'info' END AS severity,
  s.source_id, s.name AS source, n %% 5 = 0 AS paged
FROM (SELECT n, now() - interval '180 days' * (1 - n::float8 / %(all)s) - interval '2 hours' AS at
  FROM generate_series(1, %(all)s) n) g
JOIN (SELECT source_id, name, row_number() OVER (ORDER BY name) - 1 AS place FROM sources WHERE tenant_id = %(tenant)s)
  s ON s.place = n %% 4
"""

ROWS: Final = {
    "incidents": """
INSERT INTO incidents SELECT %(tenant)s, m.incident_id, decode(md5('g' || n), 'hex'), true, m.source_id, m.source,
  CASE WHEN NOT live THEN 'resolved' WHEN n %% 10 < 6 THEN 'open' WHEN n %% 10 < 9 THEN 'acknowledged'
    ELSE 'investigating' END,
  m.severity, 'Eligibility check for ' || pg_temp.token('PERSON', n %% 40000) || ' stuck in queue ' || n %% 97,
  'Claim of member ' || pg_temp.token('MEMBER_ID', n %% 60000) || ' waits for the payer; callback at '
    || pg_temp.token('PHONE', n %% 60000) || '. Retries: 14.',
  json_build_object('alertname', 'Claim' || n %% 41, 'environment', 'prod', 'service', 'svc-' || n %% 23, 'severity',
    m.severity, 'instance', 'worker-' || n %% 12),
  '[["runbook", "https://runbooks.example/claims/stuck"]]', '[["service", "claims-api"], ["environment", "prod"]]',
  CASE WHEN live THEN 1 ELSE 2 END, 0, 1 + (n %% 7)::int, '{}',
  CASE WHEN severity IN ('critical', 'error') THEN %(told)s ELSE %(archived)s END::json, at, at + interval '90 seconds',
  CASE WHEN NOT live THEN at + interval '32 minutes' END, CASE WHEN NOT live THEN 'quiet' END
FROM made m""",
    "incident_events": """
INSERT INTO incident_events SELECT %(tenant)s, incident_id, r, at + (r - 1) * interval '32 minutes',
  CASE r WHEN 1 THEN 'opened' ELSE 'auto-resolved: no alert for the quiet time' END,
  CASE r WHEN 1 THEN 'source' ELSE 'alertveil' END, NULL
FROM made CROSS JOIN generate_series(1, 2) r WHERE r = 1 OR NOT live""",
    "alerts": """
INSERT INTO alerts SELECT %(tenant)s, incident_id, pg_temp.seven(at, 'a' || n), decode(md5('x' || n), 'hex'), 0,
  source_id, 'firing', severity,
  json_build_object('title', 'Eligibility check for ' || pg_temp.token('PERSON', n %% 40000) || ' stuck', 'description',
    'Claim of member ' || pg_temp.token('MEMBER_ID', n %% 60000), 'labels', json_build_object('alertname', 'Claim'
    || n %% 41, 'service', 'svc-' || n %% 23), 'details', json_build_object('retries', 14, 'trace', md5('t' || n)),
    'links', '[]'::json, 'starts_at', at),
  ARRAY[pg_temp.token('PERSON', n %% 40000), pg_temp.token('MEMBER_ID', n %% 60000)], at
FROM made""",
    "deliveries": """
INSERT INTO deliveries (tenant_id, incident_id, channel_id, revision, destination_id, kind, state, attempts, tries,
  next_attempt_at, created_at, first_tried_at, done_at, reason)
SELECT %(tenant)s, incident_id, c.channel_id, r, c.destination_id, CASE r WHEN 1 THEN 'trigger' ELSE 'resolve' END,
  CASE WHEN n %% 500 = 7 THEN 'dead' ELSE 'delivered' END, 1, 1, at, at, at, at + interval '1 second',
  CASE WHEN n %% 500 = 7 THEN 'server_error' ELSE 'delivered' END
FROM made CROSS JOIN generate_series(1, 2) r CROSS JOIN channels c
WHERE c.tenant_id = %(tenant)s AND n > %(all)s - %(told_of)s AND (r = 1 OR NOT live)
  AND (c.name = 'archive' OR severity IN ('critical', 'error'))""",
    "waiting deliveries": """
INSERT INTO deliveries (tenant_id, incident_id, channel_id, revision, destination_id, kind, next_attempt_at)
SELECT %(tenant)s, incident_id, c.channel_id, 3, c.destination_id, 'update', now() - interval '5 minutes'
FROM made JOIN channels c ON c.tenant_id = %(tenant)s AND c.name = 'pager' WHERE n > %(all)s - 20000""",
    "attempts": """
INSERT INTO attempts SELECT tenant_id, incident_id, channel_id, revision, a, first_tried_at, 42.5,
  CASE WHEN state = 'dead' THEN 'rejected' WHEN a = 1 AND attempts = 2 THEN 'retry' ELSE 'delivered' END,
  CASE WHEN state = 'dead' THEN 'server_error' ELSE 'delivered' END, 200, 'tokens', 'no opt-in holds for this channel',
  false, 0 FROM deliveries CROSS JOIN generate_series(1, 1) a WHERE tenant_id = %(tenant)s AND state <> 'pending'""",
    "an incident without end": """
WITH one AS (SELECT incident_id, source_id FROM made WHERE n = %(all)s),
changed AS (UPDATE incidents SET revision = 2001, count = 10000, severity = 'critical', status = 'open',
  told = %(told)s::json WHERE tenant_id = %(tenant)s AND incident_id = (SELECT incident_id FROM one)),
alerted AS (INSERT INTO alerts SELECT %(tenant)s, incident_id, pg_temp.seven(now() - interval '2 hours'
  + i * interval '0.5 seconds', 'z' || i), decode(md5('z' || i), 'hex'), 0, source_id, 'firing', 'critical',
  json_build_object('title', 'Eligibility check ' || i, 'description', 'For ' || pg_temp.token('PERSON', i),
    'labels', json_build_object('service', 'svc-' || i), 'details',
    (SELECT json_object_agg('field_' || k, 'value ' || k) FROM generate_series(1, 60) k), 'links', '[]'::json,
    'starts_at', now()),
  ARRAY[pg_temp.token('PERSON', i)], now() - interval '2 hours' + i * interval '0.5 seconds'
  FROM one CROSS JOIN generate_series(1, 10000) i),
told AS (INSERT INTO incident_events SELECT %(tenant)s, incident_id, r, now() - interval '2 hours' + r * interval '3 s',
  'another alert joined the incident', 'source', NULL FROM one CROSS JOIN generate_series(10, 2001) r),
sent AS (INSERT INTO deliveries (tenant_id, incident_id, channel_id, revision, destination_id, kind, state, attempts,
  tries, first_tried_at, done_at, reason) SELECT %(tenant)s, incident_id, c.channel_id, r, c.destination_id, 'update',
  'delivered', 1, 1, now() - interval '2 hours' + r * interval '3 s', now(), 'delivered' FROM one CROSS JOIN
  generate_series(10, 2001) r CROSS JOIN channels c WHERE c.tenant_id = %(tenant)s)
INSERT INTO attempts SELECT %(tenant)s, incident_id, c.channel_id, r, 1,
  now() - interval '2 hours' + r * interval '3 s', 40, 'delivered', 'delivered', 200, 'tokens',
  'no opt-in holds for this channel', false, 0
FROM one CROSS JOIN generate_series(10, 2001) r CROSS JOIN channels c WHERE c.tenant_id = %(tenant)s""",
    "audit events": """
WITH e AS (INSERT INTO audit_events (tenant_id, at, event_id, actor, auth, action, object, decision, reason, request_id,
  details, mac, mac_version) SELECT %(tenant)s, greatest(date_trunc('month', now()), now() - interval '20 days')
  + i * interval '1 second', pg_temp.seven(now(), 'e' || i), 'person' || i %% 50 || '@clinic.test', 'session',
  CASE WHEN i %% 3 = 0 THEN 'reveal' ELSE 'incident.ack' END, 'incident:' || i %% 1000,
  CASE WHEN i %% 50 = 0 THEN 'denied' ELSE 'allowed' END, 'triage', '', json_build_object('incident',
  (SELECT incident_id FROM made WHERE n = %(all)s)), '', 1 FROM generate_series(1, 50000) i
  WHERE greatest(date_trunc('month', now()), now() - interval '20 days') + i * interval '1 second' < now()
  RETURNING at, event_id)
INSERT INTO audit_chain SELECT %(tenant)s, row_number() OVER (ORDER BY at), at, event_id, '', '', 1 FROM e""",
    "disclosures": """
INSERT INTO disclosures (tenant_id, grant_id, token, at, kind, actor, purpose, reason, incident_id)
SELECT %(tenant)s, pg_temp.seven(m.at, 'd' || m.n), pg_temp.token('PERSON', m.n), m.at, CASE WHEN m.n %% 4 = 0 THEN
  'reveal' ELSE 'delivery' END, 'alertveil', 'treatment', 'triage', m.incident_id FROM made m WHERE m.n %% 20 = 0""",
    "people": """
INSERT INTO users (tenant_id, user_id, email, roles) SELECT %(tenant)s, gen_random_uuid(), 'p' || i || '@clinic.test',
  '{viewer,responder}' FROM generate_series(1, 300) i""",
}


def pages(ids: dict[str, str]) -> Iterator[str]:
    """Every page and every list, with the filters that are hardest to serve."""
    yield from (
        "/",
        "/?severity=critical",
        "/?state=resolved",
        "/?state=resolved&severity=critical",
        "/?state=all&text=queue+13",
        "/?state=all&text=nothing-has-this",
        "/?state=all&source=sentry&channel=pager",
        "/?state=investigating",
        "/news",
        f"/incidents/{ids['endless']}",
        f"/incidents/{ids['usual']}",
        f"/incidents/{ids['old']}",
        "/charts?span=24h",
        "/charts?span=7d",
        "/charts?span=30d",
        "/operations",
        "/channels",
        "/opt-ins",
        "/opt-ins/new",
        "/baas",
        "/reviews",
        "/audit",
        "/audit?actor=person7@clinic.test",
        "/audit?decision=denied",
        "/disclosures",
        "/access",
        "/evidence",
        "/people",
        "/tokens",
        "/roles",
        "/account",
    )
    yield from (
        "/api/v1/incidents",
        "/api/v1/incidents?status=all&limit=200",
        "/api/v1/incidents?status=investigating",
        "/api/v1/incidents?status=resolved&severity=critical",
        f"/api/v1/incidents/{ids['endless']}",
        f"/api/v1/incidents/{ids['endless']}/alerts",
        f"/api/v1/incidents/{ids['endless']}/timeline",
        "/api/v1/deliveries",
        "/api/v1/deliveries?state=pending",
        "/api/v1/deliveries?state=dead",
        "/api/v1/deliveries?channel=pager&state=delivered",
        "/api/v1/channels",
        "/api/v1/audit/events",
        "/api/v1/users",
    )


def fill(url: str, tenant_id: UUID, count: int, live: int, say: Callable[[str], None]) -> None:
    """Write the rows, as the superuser: one statement a table."""
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(FUNCTIONS)
        told: dict[str, list[str]] = dict(
            connection.execute(
                "SELECT name, json_build_array(channel_id, destination_id) FROM channels WHERE tenant_id = %s",
                (tenant_id,),
            ).fetchall()
        )
        given = {
            "tenant": tenant_id,
            "all": count,
            "live": min(live, count),
            "told_of": min(count, 100_000),
            "told": json.dumps(dict(told.values())),
            "archived": json.dumps(dict([told["archive"]])),
        }
        connection.execute(MADE, given)
        connection.execute("CREATE INDEX ON made (n)")
        connection.execute("ANALYZE made")
        for name, statement in ROWS.items():
            began = time.perf_counter()
            found = connection.execute(statement, given).rowcount
            say(f"  {found:>9,} {name} in {time.perf_counter() - began:.0f} s")
        connection.execute("UPDATE audit_state SET passed = pg_snapshot_xmax(pg_current_snapshot()), signed_at = now()")
        connection.execute(
            "UPDATE tenants SET created_at = now() - interval '181 days' WHERE tenant_id = %s", (tenant_id,)
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


class Counted:
    """How many statements this process sends to the database."""

    def __init__(self) -> None:
        self.sent = 0
        for name in ("enter", "rows", "one", "queue"):
            setattr(Session, name, self._counting(getattr(Session, name)))

    def _counting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - the method's own
            self.sent += 1
            return method(*given, **named)

        return counted


async def measure(web: Web, cookie: str, token: str, ids: dict[str, str], counted: Counted) -> list[dict[str, Any]]:
    """For every page: path, status, ms (median of TIMES after one that nobody counts), bytes gzipped, statements."""
    found = []
    transport = httpx.ASGITransport(web.rest)
    async with httpx.AsyncClient(transport=transport, base_url=HERE, cookies={"alertveil": cookie}) as client:
        for path in pages(ids):
            headers = {"authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
            spans = []
            answer, sent = httpx.Response(599), 0
            for _ in range(TIMES + 1):
                before, began = counted.sent, time.perf_counter()
                answer = await client.get(path, headers=headers)
                spans.append((time.perf_counter() - began) * 1000)
                sent = counted.sent - before
            found.append(
                {
                    "path": path,
                    "status": answer.status_code,
                    "ms": round(statistics.median(spans[1:]), 1),
                    "bytes": len(gzip.compress(answer.content, 6)),
                    "statements": sent,
                }
            )
    return found


def ready(data_dir: Path, url: str) -> tuple[Runtime, settings.Settings]:
    """A process's parts on this database."""
    keystore = data_dir / "keystore.json"
    if not keystore.exists():
        keys.init_file(keystore)
    config = settings.read(
        {
            "ALERTVEIL_DATABASE_URL": url,
            "ALERTVEIL_REDIS_URL": "redis://127.0.0.1:9/0",
            "ALERTVEIL_DATA_DIR": str(data_dir),
            "ALERTVEIL_KEYSTORE": str(keystore),
        }
    )
    return wiring.build(config), config


def tenant_of(runtime: Runtime, data_dir: Path) -> UUID:
    """The tenant, made when it is not there."""
    for tenant in manage.tenants(runtime):
        if tenant.slug == SLUG:
            return tenant.id
    environ = {f"KEY_{n}": f"large-source-key-{n}-" + "k" * 24 for n in range(1, 5)}
    environ |= {"SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ROUTING": "R" * 32}
    done = apply.apply(runtime, CONFIG, dry_run=False, actor="large", environ=environ, base_dir=data_dir)
    return done.ids[SLUG]


def main() -> int:
    """0 when every page keeps to its limits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, help="keep the database here, or measure the one that is here")
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--live", type=int, default=3_000)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alertveil-large-") as scratch:
        data_dir = given.data_dir or Path(scratch)
        data_dir.mkdir(parents=True, exist_ok=True)
        server = EmbeddedPostgres(data_dir).start()
        try:
            return run(data_dir, server.url, given)
        finally:
            server.stop()


def run(data_dir: Path, url: Callable[[str], str], given: argparse.Namespace) -> int:
    """Fill, measure, tell."""
    migrate(url(OWNER), url(WEB), url(AUDIT))
    runtime, config = ready(data_dir, url(WEB))
    tenant_id = tenant_of(runtime, data_dir)
    with psycopg.connect(url(SUPERUSER)) as connection:
        row = connection.execute("SELECT count(*) FROM (SELECT FROM incidents LIMIT 1) q").fetchone()
    if row is None or row[0] == 0:
        fill(url(SUPERUSER), tenant_id, given.incidents, given.live, print)
    began, rounds = time.perf_counter(), 0
    while charts.count(runtime, tenant_id):
        rounds += 1
    print(f"  hours counted in {time.perf_counter() - began:.1f} s, {rounds} rounds")
    with psycopg.connect(url(SUPERUSER)) as connection:
        names = {"endless": "count = 10000", "usual": "count < 9 AND status <> 'resolved'", "old": "true"}
        ids = {
            name: str(
                connection.execute(
                    f"SELECT incident_id FROM incidents WHERE {term} ORDER BY incident_id"  # noqa: S608 - ours
                    f"{'' if name == 'old' else ' DESC'} LIMIT 1"
                ).fetchone()[0]  # type: ignore[index]  # there is one
            )
            for name, term in names.items()
        }
    manage.add_user(runtime, tenant_id, ME, ROLES, "large")
    cookie = signin.exchange(runtime, signin.offer(runtime, tenant_id, ME).text) or ""
    token = tokens.add(
        runtime, tenant_id, roles=list(ROLES), until=datetime.now(UTC) + timedelta(days=1), actor="large"
    ).text
    found = asyncio.run(measure(Web(runtime, config), cookie, token, ids, Counted()))
    runtime.close()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {datetime.now(UTC):%Y-%m-%d}")
    for each in found:
        size = each["bytes"] / 1000
        print(f"| `{each['path']}` | {each['status']} | {each['ms']} | {size:.1f} | {each['statements']} |")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    over = [
        each
        for each in found
        if each["ms"] > LIMIT_MS or each["bytes"] > LIMIT_BYTES or each["status"] != 200  # noqa: PLR2004 - OK
    ]
    for each in over:
        print(f"over: {each}")
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
