"""`alertveil --url …` against a real web process says what `alertveil` on its host says, word for word."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from standardwebhooks.webhooks import Webhook

from router.cli import tree
from router.core.access import ROLES
from router.core.quarter import Quarter
from router.flow import manage, tokens
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.chaos.parts import Web, free_port
from tests.conftest import Database
from tests.flow.builder import EMAIL, Edge, Tenant, Worker, build, environment, tenant, webhook

OLGA, PETRA = "olga@clinic.test", "petra@clinic.test"


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


class Terminal:
    """Two terminals: one on the host, and one anywhere with a token."""

    def __init__(self, url: str, file: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._there = ["--url", url, "--token-file", str(file)]
        self._capsys = capsys
        self._patch = patch

    def _run(self, words: list[str], stdin: str) -> Said:
        self._patch.setattr("sys.stdin", TextIOWrapper(BytesIO(stdin.encode())))
        self._capsys.readouterr()
        code = tree.run(words)
        return Said(code, *self._capsys.readouterr())

    def here(self, *words: object, stdin: str = "") -> Said:
        return self._run([str(word) for word in words], stdin)

    def far(self, *words: object, stdin: str = "") -> Said:
        return self._run([*self._there, *(str(word) for word in words)], stdin)

    def far_json(self, *words: object) -> Any:  # noqa: ANN401 - JSON
        said = self.far(*words, "--json")
        assert (said.code, said.err, said.out.count("\n")) == (0, "", 1), said
        return json.loads(said.out)

    def here_json(self, *words: object) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.here(*words, "--json").out)


@pytest.fixture
def hook() -> Iterator[WebhookVendor]:
    with WebhookVendor() as vendor:
        yield vendor


@pytest.fixture
def runtime(database: Database, tmp_path: Path, valkey: str) -> Iterator[Runtime]:
    made = build(database.app_url, tmp_path, valkey)
    yield made
    made.close()


@pytest.fixture
def clinic(runtime: Runtime, hook: WebhookVendor) -> Tenant:
    """A tenant whose channel was told of three incidents, and people with every role."""
    made = tenant(runtime, slug="clinic", channels={"hook": webhook(hook)})
    for email in (OLGA, PETRA):
        manage.add_user(runtime, made.tenant_id, email, list(ROLES), "test")
    edge = Edge(runtime)
    for uid in "123":
        edge.take(made.post({"title": f"mail to {EMAIL} bounced", "alert_uid": uid, "severity": "error"}))
    with Worker(runtime) as worker:
        worker.drain(made.lane("hook"))
    return made


@pytest.fixture
def terminal(
    clinic: Tenant,
    runtime: Runtime,
    database: Database,
    tmp_path: Path,
    valkey: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Terminal]:
    until = datetime.now(UTC) + timedelta(days=1)
    token = tokens.add(runtime, clinic.tenant_id, roles=ROLES, until=until, name="laptop", actor=OLGA)
    file = tmp_path / "token"
    file.touch(0o600)
    file.write_text(token.text + "\n")
    given = environment(database.app_url, tmp_path, valkey)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("os.umask", lambda _: 0)
    with Web(given, log=tmp_path / "web.log") as web:
        yield Terminal(f"http://127.0.0.1:{web.port}", file, capsys, monkeypatch)
        assert token.text not in web.said


def test_it_reads_the_same_here_and_there(terminal: Terminal) -> None:
    """Every verb that reads: one list of them, so that none is left out."""
    baa = terminal.here_json(
        "baas", "add", "--vendor", "example", "--service", "hooks", "--signed", "2026-01-01", "--expires", "2031-01-01"
    )["id"]
    assert baa
    quarter = str(Quarter.of(datetime.now(UTC)))
    assert terminal.here("reviews", "open", "--quarter", quarter, "--as", PETRA).code == 0
    address = f"http://127.0.0.1:{free_port()}/told"  # nobody is there, and that is told alike
    assert terminal.here("hooks", "add", "--name", "pager", "--url", address, "--event", "optin.*").code == 0
    assert terminal.here("silences", "add", "service=db", "--for", "1h", "--reason", "work").code == 0
    lines = terminal.here_json("incidents", "list")
    newest, oldest = lines[0]["id"], lines[2]["short_id"]
    assert terminal.here("incidents", "note", newest, "--as", OLGA, stdin=f"asked {EMAIL} to wait\n").code == 0
    delivery = f"{newest}/hook/1"
    read = [
        ("incidents", "list"),
        ("incidents", "list", "--limit", 1, "--after", newest),
        ("incidents", "list", "--status", "resolved"),
        ("incidents", "show", newest),
        ("incidents", "show", oldest, "--tenant", "clinic"),
        ("channels", "list"),
        ("channels", "show", "hook"),
        ("channels", "preview", "hook", "--incident", newest),
        ("deliveries", "list"),
        ("deliveries", "list", "--limit", 1, "--after", delivery),
        ("deliveries", "list", "--incident", oldest),
        ("deliveries", "list", "--state", "dead"),
        ("deliveries", "show", delivery),
        ("silences", "list"),
        ("hooks", "list"),
        ("hooks", "show", "pager"),
        ("hooks", "events", "pager"),
        ("optins", "list"),
        ("optins", "list", "--limit", 1),
        ("baas", "list"),
        ("reviews", "list"),
        ("reviews", "show", "--quarter", quarter),
        ("audit", "list", "--limit", 3),
        ("audit", "list", "--channel", "hook"),
        ("audit", "disclosures", "--channel", "hook"),
        ("tenants", "list"),
        ("users", "list"),
        ("tokens", "list"),
    ]
    unsteady = re.compile(r'(?<="used_at":)(?:null|"[^"]*")|20\d\d-\d\d-\d\d \d\d:\d\d:\d\d|never|\d+ (?:s|min)\b')
    for words in read:
        for form in ((), ("--json",)):
            here, there = terminal.here(*words, *form), terminal.far(*words, *form)
            assert (there.code, there.err) == (here.code, here.err) == (0, ""), (words, there)
            same = [unsteady.sub("0", each.out) for each in (here, there)]
            if form:
                same = [json.loads(each) for each in same]  # the order of an object's names says nothing
            assert same[0] == same[1], words
    # What a page continues with is the server's own and leads on.
    more = terminal.far_json("audit", "list", "--limit", 1)
    assert terminal.far_json("audit", "list", "--limit", 1, "--before", more["before"])["events"] != more["events"]
    found = terminal.far("audit", "disclosures", "--json", stdin=EMAIL)
    assert (found.code, json.loads(found.out)) == (0, [])
    refused = (terminal.here("channels", "show", "nowhere"), terminal.far("channels", "show", "nowhere"))
    assert [each.code for each in refused] == [1, 1]
    assert terminal.far("incidents", "show", "INC-00000000") == terminal.here("incidents", "show", "INC-00000000")
    assert terminal.far("incidents", "show", "what") == terminal.here("incidents", "show", "what")


def test_it_acts_from_anywhere_and_the_audit_says_which_token(
    terminal: Terminal, clinic: Tenant, hook: WebhookVendor, tmp_path: Path
) -> None:
    newest = terminal.far_json("incidents", "list")[0]
    for verb, status in (("ack", "acknowledged"), ("investigate", "investigating"), ("resolve", "resolved")):
        acted = terminal.far_json("incidents", verb, newest["short_id"])
        assert (acted["id"], acted["status"], acted["changed"]) == (newest["id"], status, True)
    assert terminal.far("incidents", "resolve", newest["id"]).out == f"{newest['short_id']} is resolved already.\n"
    written = terminal.far("incidents", "note", newest["short_id"], "--json", stdin="restarted\nthe intake\n")
    assert json.loads(written.out)["incident"] == newest["id"]
    assert [each["text"] for each in terminal.here_json("incidents", "show", newest["id"])["notes"]] == [
        "restarted the intake"
    ]
    for unfit in ("", "x" * 600):
        here, far = (ask("incidents", "note", newest["id"], stdin=unfit) for ask in (terminal.here, terminal.far))
        assert (here.code, far.code) == (2, 2), (here, far)
    again = terminal.far_json("incidents", "reopen", newest["id"])
    assert again["status"] == "open"
    quiet = terminal.far_json("silences", "add", "service=db", "--for", "1h", "--reason", "planned work")
    assert quiet["state"] == "active"
    assert terminal.far("silences", "add", 'a=~".*"', "--for", "1h", "--reason", "x").code == 2
    assert terminal.far_json("silences", "expire", quiet["short_id"])["id"] == quiet["id"]
    before = hook.count
    assert terminal.far_json("channels", "test", "hook")["delivered"] is True
    assert hook.count == before + 1
    assert terminal.far_json("channels", "pause", "hook", "--reason", "mending")["state"] == "paused"
    assert terminal.here_json("channels", "show", "hook")["state"] == "paused"
    held = terminal.far("deliveries", "retry", f"{newest['id']}/hook/{again['revision']}")
    assert "The channel is paused" in held.out, held
    assert terminal.far_json("channels", "resume", "hook")["state"] == "ready"
    assert terminal.far_json("deliveries", "recover", "--since", "1h") == {"id": str(clinic.tenant_id), "recovered": 0}
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"signed")
    kept = ("--signed", "2026-01-01", "--expires", "2031-01-01", "--document", paper)
    baa = terminal.far_json("baas", "add", "--vendor", "example", "--service", "hooks", *kept)["id"]
    (shown,) = terminal.here_json("baas", "list")
    assert (shown["id"], shown["document_hash"]) == (baa, hashlib.sha256(b"signed").hexdigest())
    asked = ("optins", "request", "--channel", "hook", "--types", "EMAIL", "--purpose", "call back", "--baa", baa)
    refused = terminal.far(*asked, "--until", "2026-12-24")
    assert refused.code == 1, refused  # as on the host, and recorded
    assert "not encrypted" in refused.err
    assert terminal.far(*asked[:-2], "--baa", baa, "--until", "Christmas").code == 2
    assert terminal.far_json("baas", "retire", baa) == {"id": baa, "fell_back": []}
    assert terminal.far_json("kill-switch", "on", "--tenant", "clinic")["changed"] is True
    assert terminal.here_json("tenants", "list")[0]["kill_switch"] is True
    made = terminal.far_json("hooks", "add", "--name", "status", "--url", f"{hook.url}/told", "--event", "review.*")
    assert terminal.far_json("hooks", "change", "status", "--event", "incident.*")["changed"] is True
    assert terminal.far_json("hooks", "test", made["id"])["delivered"] is True
    Webhook(made["secret"]).verify(hook.received[-1].body, dict(hook.received[-1].headers))
    assert terminal.far_json("hooks", "rotate", "status")["secret"] != made["secret"]
    assert terminal.far_json("hooks", "replay", "status", "--since", "1h") == {"id": made["id"], "replayed": 0}
    assert terminal.far_json("hooks", "resume", "status")["state"] == "ready"
    assert terminal.far("hooks", "change", "status", "--event", "incident.exploded").code == 2
    assert terminal.far_json("hooks", "remove", "status") == {"id": made["id"], "removed": True}
    quarter = str(Quarter.of(datetime.now(UTC)))
    assert terminal.far_json("reviews", "open", "--quarter", quarter)["changed"] is True
    nothing = terminal.far("reviews", "decide", "rest", "keep", "--quarter", quarter, "--reason", "still needed")
    assert nothing.code == 1, nothing
    file = tmp_path / "clinic.yaml"
    file.write_text(
        "tenants:\n  - slug: clinic\n    privacy: sealed\n    sources:\n"
        "      - {name: app, format: generic, key_env: CLINIC_KEY}\n"
    )
    refused = terminal.far("apply", "-f", file)
    assert refused.code == 2
    assert f"{file}:" in refused.err
    assert "CLINIC_KEY" in refused.err
    who = {each["actor"] for each in terminal.here_json("audit", "list", "--action", "incident.ack")["events"]}
    assert len(who) == 1
    assert next(iter(who)).startswith("token:"), who
    mine = next(each["id"] for each in terminal.far_json("tokens", "list") if each["name"] == "laptop")
    assert terminal.far_json("tokens", "revoke", mine) == {"id": mine, "revoked": True}
    gone = terminal.far("incidents", "list")
    assert (gone.code, gone.out) == (1, "")
    assert "does not hold" in gone.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["up"], "the host that will serve"),
        (["web"], "the host that will serve"),
        (["migrate"], "owner"),
        (["keys", "rotate"], "keystore"),
        (["optins", "approve", "7d3e1f52-9c04-4b8a-8f61-0a2b4c6d8e90"], "fresh proof"),
        (["reviews", "sign", "--quarter", "2026Q3", "--as", OLGA], "fresh proof"),
        (["audit", "export", "-o", "-"], "fresh proof"),
        (["tenants", "holds"], "on the host alone"),
    ],
)
def test_what_needs_the_host_or_a_person_says_so(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.umask", lambda _: 0)
    monkeypatch.setenv("ALERTVEIL_URL", "https://alerts.example")
    assert tree.run(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert why in said.err
    assert said.err.count("\n") == 1
