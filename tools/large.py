"""`python tools/large.py`: a million incidents in an embedded database, and what every page, list and task costs there.

It fills a database with SQL (tools/large.sql: a busy half-year of one tenant; most incidents resolved, some live, one
that never ended), then asks every page that the application has a route for and every list of the API through the real
application in this process, and prints for each: the CPU time of this process and the database's together, the least
and the median time of the answers, bytes as a proxy would compress them, statements sent, and rows that these
statements read. Last come the tasks of the background, with what they read. Ends with 1 when a page takes over 100 ms
or 60 kB, does not answer, or a statement reads more rows than a page or a batch can need. A second run with the same
--data-dir measures again without filling.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg
from starlette.routing import BaseRoute, Mount, Route

from router import keys, settings, wiring
from router.core.access import ROLES
from router.core.quarter import Quarter
from router.flow import (
    apply,
    audit_keep,
    baa,
    charts,
    drift,
    hooks,
    lapse,
    manage,
    retention,
    review,
    signin,
    silence,
    status,
    tokens,
    upkeep,
)
from router.flow.intake import Intake, Post
from router.flow.snapshot import Snapshots
from router.local.postgres import AUDIT, OWNER, SUPERUSER, WEB, EmbeddedPostgres
from router.runtime import Runtime
from router.store.migrate import migrate
from router.store.session import Database
from router.store.wire import Answer, Pipeline
from router.web.api import OPERATIONS
from router.web.app import Web

TIMES: Final = 9
LIMIT_MS: Final = 100.0
LIMIT_BYTES: Final = 60_000
LIMIT_ROWS: Final = 25_000
"""Rows that one statement may read: more than any page or batch of ours needs, the 20,000 that wait among them."""

ME: Final = "large@clinic.test"
SLUG: Final = "large"
HERE: Final = "http://localhost"
ROWS: Final = Path(__file__).with_suffix(".sql")
TICK: Final = 1000 / os.sysconf("SC_CLK_TCK")
CHANNELS: Final = ("archive", "clinic-ops", "oncall", "pager")
"""Where the million incidents were told; the other channels are there to be listed."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything there is: those of a large clinic after half a year.

    `live`: of the incidents; `alerts` and `revisions` are those of the one that never ended; `sessions` each of the
    people has, `changes` each channel; `told_to_hooks`: incidents that each hook was told of.
    """

    incidents: int = 1_000_000
    live: int = 3_000
    alerts: int = 10_000
    revisions: int = 2_001
    told_of: int = 100_000
    events: int = 1_000_000
    channels: int = 200
    sources: int = 40
    routes: int = 100
    agreements: int = 30
    hooks: int = 20
    told_to_hooks: int = 20_000
    people: int = 300
    sessions: int = 20
    tokens: int = 500
    optins: int = 500
    reviews: int = 20
    silences: int = 2_000
    changes: int = 20
    values: int = 60_000
    errors: int = 2_000
    answers: int = 10_000
    nonces: int = 25_000


def configuration(slug: str, sizes: Sizes) -> str:
    """The tenant's file."""
    sources = {"app": "generic", "events": "pagerduty", "prod-alertmanager": "alertmanager", "sentry": "generic"}
    sources |= {f"team-{n:03}": "generic" for n in range(sizes.sources - len(sources))}
    teams = [f"team-{n:03}" for n in range(sizes.channels - len(CHANNELS))]
    hook = 'kind: webhook, url: "https://a.example/{}", secret_env: SECRET'
    return "\n".join(
        [
            "tenants:",
            f"  - slug: {slug}",
            "    name: A large clinic",
            "    sources:",
            *(
                f"      - {{name: {name}, format: {kind}, key_env: KEY_{n}}}"
                for n, (name, kind) in enumerate(sources.items())
            ),
            "    channels:",
            "      - {name: pager, kind: pagerduty, routing_key_env: ROUTING}",
            *(f"      - {{name: {name}, {hook.format(name)}}}" for name in ("archive", "clinic-ops", "oncall", *teams)),
            "    routes:",
            *(
                f"      - {{match: ['service=\"{team}\"'], channels: [{team}], continue: true}}"
                for team in teams[: sizes.routes - 2]
            ),
            "      - {match: ['severity=~\"critical|error\"'], channels: [oncall, clinic-ops, archive, pager]}",
            "      - {channels: [archive]}",
        ]
    )


# --- filling ----------------------------------------------------------------------------------------------------------


def statements() -> dict[str, str]:
    """The statements that fill the database, by name, in order."""
    parts = re.split(r"^-- == (.+)$", ROWS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def fill(url: str, tenant_id: UUID, sizes: Sizes, say: Callable[[str], None]) -> None:
    """Write the rows, as the superuser: one statement a table, all of them in one transaction."""
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        connection.execute("SET maintenance_work_mem = '512MB'")
        told = {
            name: (str(channel_id), str(destination_id))
            for name, channel_id, destination_id in connection.execute(
                "SELECT name, channel_id, destination_id FROM channels WHERE tenant_id = %s AND name = ANY (%s)",
                (tenant_id, list(CHANNELS)),
            )
        }
        values = {
            **asdict(sizes),
            "tenant": tenant_id,
            "told": json.dumps(dict(told.values())),
            "archived": json.dumps(dict([told["archive"]])),
        }
        for name, statement in statements().items():
            began = time.perf_counter()
            # The server takes no parameters with more than one statement, or with one that defines something.
            found = psycopg.ClientCursor(connection).execute(statement, values).rowcount
            if name == "made":
                connection.execute("CREATE INDEX ON made (n)")
            if name in ANALYZED:
                connection.execute(f"ANALYZE {ANALYZED[name]}")
            say(f"  {found:>9,} {name} in {time.perf_counter() - began:.0f} s")
        connection.execute("UPDATE audit_state SET passed = pg_snapshot_xmax(pg_current_snapshot()), signed_at = now()")
        connection.execute(
            "UPDATE tenants SET created_at = now() - interval '181 days' WHERE tenant_id = %s", (tenant_id,)
        )


ANALYZED: Final = {"made": "made", "people": "users", "incidents": "incidents"}
"""What later statements read: its tables' statistics are made at once."""

EARLIER: Final = """
INSERT INTO reviews (tenant_id, review_id, quarter, kind, state, cut_off, opened_at, due_at, snapshot, snapshot_sha256,
  closed_at)
SELECT tenant_id, gen_random_uuid(), to_char(cut_off - n * interval '3 months' - interval '1 day', 'YYYY"Q"Q'), 'final',
  'closed', cut_off - n * interval '3 months', opened_at - n * interval '3 months', due_at - n * interval '3 months',
  snapshot, snapshot_sha256, due_at - n * interval '3 months' FROM reviews CROSS JOIN generate_series(2, %s) n
WHERE tenant_id = %s
"""
"""Earlier quarters with the same items as the last one."""


def make(runtime: Runtime, url: str, slug: str, sizes: Sizes, say: Callable[[str], None]) -> UUID:
    """A tenant with its configuration, agreements, hooks, rows and reviews; `url` is the superuser's."""
    environ = {f"KEY_{n}": f"{slug}-source-key-{n}-" + "k" * 24 for n in range(sizes.sources)}
    environ |= {"SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ROUTING": "R" * 32}
    file = configuration(slug, sizes)
    done = apply.apply(runtime, file, dry_run=False, actor="large", environ=environ, base_dir=Path())
    tenant_id = done.ids[slug]
    for number in range(sizes.agreements):
        paper = baa.Paper(f"Vendor {number}", "messages", date(2026, 1, 1), date(2027 + number % 3, 1, 1))
        baa.add(runtime, tenant_id, paper, actor="large")
    for number in range(sizes.hooks):
        wanted = hooks.Wanted(f"system-{number:02}", f"https://b.example/{number}", ["incident.*"])
        hooks.add(runtime, tenant_id, wanted, environ["SECRET"], actor="large")
    fill(url, tenant_id, sizes, say)
    review.open_review(runtime, tenant_id, Quarter.of(datetime.now(UTC)).previous, "large")
    with psycopg.connect(url) as connection:
        connection.execute(EARLIER, (sizes.reviews, tenant_id))
    return tenant_id


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


# --- what is asked ----------------------------------------------------------------------------------------------------

NAMES: Final = {
    "endless": "SELECT incident_id FROM incidents ORDER BY count DESC LIMIT 1",
    "usual": "SELECT incident_id FROM incidents WHERE count < 9 AND status <> 'resolved' ORDER BY 1 DESC LIMIT 1",
    "old": "SELECT incident_id FROM incidents ORDER BY 1 LIMIT 1",
    "source": "SELECT source_id FROM sources WHERE name = 'app'",
    "pager": "SELECT channel_id FROM channels WHERE name = 'pager'",
    "quiet_channel": "SELECT channel_id FROM channels WHERE name = 'team-003'",
    "optin": "SELECT optin_id FROM optins WHERE state = 'active' ORDER BY 1 LIMIT 1",
    "hook": "SELECT hook_id FROM hooks ORDER BY name LIMIT 1",
    "silence": "SELECT silence_id FROM silences ORDER BY 1 DESC LIMIT 1",
    "user": "SELECT user_id FROM users WHERE email = 'p7@clinic.test'",
    "told": "SELECT incident_id FROM deliveries d JOIN channels c USING (channel_id) WHERE c.name = 'archive'"
    " AND d.revision = 1 ORDER BY 1 LIMIT 1",
}
"""What the pages with a name in their path are asked about."""


def names_of(runtime: Runtime, tenant_id: UUID) -> dict[str, str]:
    """What a tenant's pages are asked about."""
    with runtime.database.tenant(tenant_id) as session:
        names = {name: str((session.one(query) or [""])[0]) for name, query in NAMES.items()}
    last = str(Quarter.of(datetime.now(UTC)).previous)
    return names | {"last_year": "2025-01-01", "last": last, "short": f"INC-{names['old'][-8:].upper()}"}


FILTERED: Final = (
    "/?severity=critical",
    "/?state=resolved",
    "/?state=resolved&severity=critical",
    "/?state=all&text=queue+13",
    "/?state=all&text=nothing-has-this",
    "/?state=all&source=sentry&channel=pager",
    "/?state=investigating",
    "/incidents/{usual}",
    "/incidents/{old}",
    "/charts?span=7d",
    "/charts?span=30d",
    "/silences?over=on",
    "/channels/new?kind=slack",
    "/sources/new?format=grafana",
    "/opt-ins/new?channel=team-003&type=PERSON",
    "/audit?actor=p7@clinic.test",
    "/audit?actor=nobody@clinic.test",
    "/audit?action=incident.ack",
    "/audit?decision=denied",
    "/audit?object=incident:{endless}",
    "/audit?object=incident:{old}",
    "/audit?until={last_year}",
    "/access?quarter={last}",
    "/api/v1/incidents?status=all&limit=200",
    "/api/v1/incidents?status=investigating",
    "/api/v1/incidents?status=resolved&severity=critical",
    "/api/v1/incidents?short_id={short}",
    "/api/v1/incidents?short_id=INC-00000000",
    "/api/v1/deliveries?state=pending",
    "/api/v1/deliveries?state=dead",
    "/api/v1/deliveries?channel=pager&state=delivered",
    "/api/v1/deliveries?channel=team-003",
    "/api/v1/optins?channel=team-003",
    "/api/v1/optins?state=rejected",
    "/api/v1/audit/events?channel={quiet_channel}",
    "/api/v1/audit/events?channel={endless}",
    "/api/v1/audit/events?channel={quiet_channel}&actor=nobody@clinic.test",
    "/api/v1/audit/events?object=incident:{old}",
)
"""The filters that are hardest to serve, beside every page and list as it comes."""

LEFT_OUT: Final = frozenset(
    {"/static/{name}", "/sign-in/provider", "/sign-in/provider/answer", "/sign-in/second", "/set-up"}
)
"""A file; steps of a sign-in under way; and what is there only while there is nobody."""


def flat(routes: list[BaseRoute]) -> Iterator[Route]:
    """Every route of an application, those of mounted parts too."""
    for each in routes:
        if isinstance(each, Mount):
            yield from flat(list(each.routes))
        elif isinstance(each, Route):
            yield each


def asked(web: Web, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every page that there is a route for, every reading operation of the API, and FILTERED: its form and its path."""
    own = {
        "incident": names["endless"],
        "incident_id": names["endless"],
        "source_id": names["source"],
        "optin_id": names["optin"],
        "hook_id": names["hook"],
        "channel_id": names["pager"],
        "quarter": names["last"],
        "kind": "final",
        "at": "0",
        "channel": "pager",
        "user_id": names["user"],
    }
    for route in flat(web.rest.routes):
        if "GET" in (route.methods or ()) and route.path not in LEFT_OUT:
            yield route.path, filled(route.path, own)
    own |= {name: names[name] for name in ("source", "optin", "hook", "silence")} | {"revision": "1"}
    for operation in OPERATIONS:
        if operation.method == "GET":
            one = {"incident": names["told"], "channel": "archive"} if "{revision}" in operation.path else {}
            yield "/api/v1" + operation.path, filled("/api/v1" + operation.path, own | one)
    yield from ((path, path.format(**names)) for path in FILTERED)


def filled(path: str, own: dict[str, str]) -> str:
    """A path with its names filled in; a name that nobody thought of is an error, so that no page is forgotten."""
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: own[found[1]], path)


# --- measuring --------------------------------------------------------------------------------------------------------


class Counted:
    """Every statement that this process sends to the database, in order."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        send = Pipeline.send

        def counted(pipeline: Pipeline, statement: str, *given: Any, **named: Any) -> Answer:  # noqa: ANN401 - passed on
            self.sent.append(statement)
            return send(pipeline, statement, *given, **named)

        Pipeline.send = counted  # type: ignore[assignment,method-assign]  # the tool's own, around the real one


@dataclass
class Read:
    """What a statement read, by the server's own account."""

    text: str
    rows: int
    pages: int
    scans: list[str] = field(default_factory=list)


class Explained:
    """Every statement of this process with what it read, those inside functions too: auto_explain tells it."""

    def __init__(self, url: str) -> None:
        self.told: list[Read] = []
        self._url = url
        connect = Database._connect  # noqa: SLF001 - a tool that looks inside

        def listening(database: Database) -> Any:  # noqa: ANN401 - its own
            connection = connect(database)
            connection.add_notice_handler(self._hear)
            return connection

        Database._connect = listening  # type: ignore[assignment,method-assign]  # noqa: SLF001 - around the real one

    @contextlib.contextmanager
    def on(self, runtime: Runtime) -> Iterator[list[Read]]:
        """Tell of everything within; new connections begin and end it."""
        wanted = {
            "session_preload_libraries": "auto_explain",
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_analyze": "on",
            "auto_explain.log_buffers": "on",
            "auto_explain.log_timing": "off",
            "auto_explain.log_nested_statements": "on",
            "auto_explain.log_format": "json",
            "auto_explain.log_level": "notice",
        }
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("LOAD 'auto_explain'")
            for name, value in wanted.items():
                connection.execute(f"ALTER ROLE {WEB} SET {name} = '{value}'")
            runtime.database.close()
            yield self.told
            connection.execute(f"ALTER ROLE {WEB} RESET ALL")
            runtime.database.close()

    def _hear(self, said: psycopg.errors.Diagnostic) -> None:
        _, found, plan = (said.message_primary or "").partition("plan:\n")
        if found:
            whole = json.loads(plan)
            read = Read(" ".join(whole["Query Text"].split()), 0, 0)
            top = whole["Plan"]
            read.pages = top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0)
            self._walk(top, read)
            self.told.append(read)

    def _walk(self, node: dict[str, Any], read: Read) -> None:
        if "Relation Name" in node and node["Node Type"] != "ModifyTable":
            loops = node["Actual Loops"]
            let_go = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            rows = int((node["Actual Rows"] + let_go) * loops)
            read.rows += rows
            read.scans.append(f"{node['Node Type']} {node.get('Index Name') or node['Relation Name']} {rows}")
        for each in node.get("Plans", ()):
            self._walk(each, read)


def cpu_of(server: int) -> float:
    """CPU time in ms of the server's processes that are there now."""
    total = 0
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = each.read_text().rpartition(")")[2].split()
            if int(fields[1]) == server:
                total += int(fields[11]) + int(fields[12])
    return total * TICK


async def measure(
    paths: list[tuple[str, str]], client: httpx.AsyncClient, counted: Counted, server: int
) -> list[dict[str, Any]]:
    """For every page: form, path, status, CPU ms, ms (least and median), bytes gzipped, statements.

    CPU time is the least that this process took, and what the database took on average: its clock ticks too slowly.
    """
    found = []
    for form, path in paths:
        answer = await client.get(path)
        before, cpu, spans, own = len(counted.sent), cpu_of(server), [], []
        for _ in range(TIMES):
            began, used = time.perf_counter(), time.process_time()
            answer = await client.get(path)
            spans.append((time.perf_counter() - began) * 1000)
            own.append((time.process_time() - used) * 1000)
        cpu = (cpu_of(server) - cpu) / TIMES
        found.append(
            {
                "page": form,
                "path": path,
                "status": answer.status_code,
                "cpu": round(min(own) + cpu, 1),
                "database": round(cpu, 1),
                "least": round(min(spans), 1),
                "ms": round(statistics.median(spans), 1),
                "bytes": len(gzip.compress(answer.content, 6)),
                "statements": round((len(counted.sent) - before) / TIMES),
            }
        )
    return found


def tasks(runtime: Runtime, tenant_id: UUID) -> dict[str, Callable[[], object]]:
    """What is done without a page, each twice: with what there is to do, and when that is done."""
    snapshots = Snapshots()
    hours = charts.Hourly(runtime)

    def ring(_: object) -> None:
        """Nobody drains here."""

    intake = Intake(runtime.database, runtime.vault, snapshots, ring)

    def alert(key: str) -> None:
        """One alert, as the edge stores it."""
        body = {"title": "Queue is stuck", "severity": "error", "dedup_key": key, "labels": {"service": "svc-7"}}
        taken = intake.take([Post(f"{SLUG}-source-key-0-" + "k" * 24, json.dumps(body).encode(), SLUG, "app")])
        assert not isinstance(taken[0], Exception), type(taken[0])  # noqa: S101 - a tool that says what broke it

    # Ingest is accepting, and has been for long: else nothing is quiet.
    with runtime.database.several() as session:
        session.run("UPDATE instance SET ingest_seen_at = now(), ingest_since = now() - interval '1 day'")
    return {
        "an alert": lambda: alert("one that comes again"),
        "an alert of a new incident": lambda: alert(os.urandom(8).hex()),
        "upkeep": lambda: upkeep.run(runtime.database, ring),
        "quiet incidents": lambda: upkeep.resolve_quiet(runtime.database, tenant_id, ring),
        "silences' end": lambda: silence.settle(runtime, snapshots, ring),
        "reviews": lambda: review.keep_up(runtime),
        "opt-ins' end": lambda: lapse.run(runtime),
        "retention": lambda: retention.run(runtime),
        "hours": hours.run,
        "drift": lambda: drift.run(runtime),
        "audit": lambda: audit_keep.round_(runtime),
        "readiness": lambda: status.ready(runtime),
        "metrics": lambda: status.metrics(runtime),
    }


# --- the whole --------------------------------------------------------------------------------------------------------


def main() -> int:
    """0 when every page keeps to its limits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, help="keep the database here, or measure the one that is here")
    parser.add_argument("--incidents", type=int, default=Sizes.incidents)
    parser.add_argument("--events", type=int, default=Sizes.events, help="audit events")
    parser.add_argument("--only", default="", metavar="PATTERN", help="pages and tasks whose name it is found in")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alertveil-large-") as scratch:
        data_dir = given.data_dir or Path(scratch)
        data_dir.mkdir(parents=True, exist_ok=True)
        server = EmbeddedPostgres(data_dir).start()
        try:
            return run(data_dir, server.url, server.pid, given)
        finally:
            server.stop()


def run(data_dir: Path, url: Callable[[str], str], server: int, given: argparse.Namespace) -> int:
    """Fill, measure, tell."""
    migrate(url(OWNER), url(WEB), url(AUDIT))
    explained = Explained(url(SUPERUSER))  # before there is a connection that it should listen to
    runtime, config = ready(data_dir, url(WEB))
    tenant_id = next((each.id for each in manage.tenants(runtime) if each.slug == SLUG), None)
    if tenant_id is None:
        tenant_id = make(runtime, url(SUPERUSER), SLUG, Sizes(incidents=given.incidents, events=given.events), print)
        with psycopg.connect(url(SUPERUSER), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
    began, rounds = time.perf_counter(), 0
    while charts.count(runtime, tenant_id):
        rounds += 1
    print(f"  hours counted in {time.perf_counter() - began:.1f} s, {rounds} rounds")
    names = names_of(runtime, tenant_id)
    manage.add_user(runtime, tenant_id, ME, ROLES, "large")
    cookie = signin.exchange(runtime, signin.offer(runtime, tenant_id, ME).text) or ""
    until = datetime.now(UTC) + timedelta(days=1)
    token = tokens.add(runtime, tenant_id, roles=list(ROLES), until=until, actor="large").text
    web = Web(runtime, config)
    paths = [each for each in asked(web, names) if re.search(given.only, each[0])]

    async def look() -> list[dict[str, Any]]:
        transport = httpx.ASGITransport(web.rest)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url=HERE, cookies={"alertveil": cookie}, headers=headers
        ) as client:
            found = await measure(paths, client, Counted(), server)
            with explained.on(runtime) as told:
                for each in found:
                    told.clear()
                    await client.get(each["path"])
                    account(each, told)
        return found

    found = asyncio.run(look())
    done = background(runtime, tenant_id, explained, server, given.only)
    runtime.close()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {datetime.now(UTC):%Y-%m-%d}")
    print("| page | status | CPU ms | of it the database | least ms | median ms | kB | statements | rows | most rows |")
    for each in found:
        print(
            f"| `{each['page']}` | {each['status']} | {each['cpu']} | {each['database']} | {each['least']} |"
            f" {each['ms']} | {each['bytes'] / 1000:.1f} | {each['statements']} | {each['rows']} | {each['most']} |"
        )
    print("| task | CPU ms | statements | rows | most rows | pages |")
    for each in done:
        numbers = " | ".join(str(each[name]) for name in ("cpu", "statements", "rows", "most", "pages"))
        print(f"| {each['task']} | {numbers} |")
    if given.json:
        given.json.write_text(json.dumps({"pages": found, "tasks": done}, indent=1))
    over = [
        each
        for each in found
        if min(each["cpu"], each["least"]) > LIMIT_MS or each["bytes"] > LIMIT_BYTES or each["status"] not in {200, 303}
    ]
    over += [each for each in [*found, *done] if each["most"] > LIMIT_ROWS and each not in over]
    for each in over:
        print(f"over: {json.dumps(each, indent=1)}")
    return bool(over)


def account(each: dict[str, Any], told: list[Read]) -> None:
    """Add what was read: rows in all and by the statement that read most, and database pages."""
    most = max(told, key=lambda read: read.rows, default=Read("", 0, 0))
    each |= {
        "rows": sum(read.rows for read in told),
        "most": most.rows,
        "pages": sum(read.pages for read in told),
        "worst": {"text": most.text, "rows": most.rows, "pages": most.pages, "scans": most.scans},
    }


def background(runtime: Runtime, tenant_id: UUID, explained: Explained, server: int, only: str) -> list[dict[str, Any]]:
    """For every task: CPU ms, statements and what they read."""
    found = []
    with explained.on(runtime) as told:
        for name, task in tasks(runtime, tenant_id).items():
            if not re.search(only, name):
                continue
            for turn in ("", ", again"):
                told.clear()
                cpu, own = cpu_of(server), time.process_time()
                task()
                spent = (time.process_time() - own) * 1000 + cpu_of(server) - cpu
                found.append({"task": name + turn, "cpu": round(spent, 1), "statements": len(told)})
                account(found[-1], told)
    return found


if __name__ == "__main__":
    sys.exit(main())
