"""The command line as people and scripts meet it: what it prints, what it changes, how it says no."""

from __future__ import annotations

import getpass
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.cli import deliveries, say
from router.cli.failure import Refused
from router.flow import upkeep
from router.local.vendors.base import Fault
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from router.store import upkeep as heartbeats
from tests.cli.conftest import Alertveil
from tests.conftest import Database
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, Worker, tenant, webhook

ALERT = {"title": f"Intake failed for {NAME}", "message": f"mail {EMAIL}, {MRN}", "severity": "critical"}
OVER = {"state": "ok"}
PAUSED_HOOK = (
    "INSERT INTO hooks (tenant_id, hook_id, name, url, events, secrets, key_version, paused) SELECT tenant_id,"
    " gen_random_uuid(), 'status', 'https://a.example', '{incident.opened}', 'x', 1, 'connect' FROM tenants"
)


def opened(clinic: Tenant, edge: Edge, **more: str) -> str:
    return str(edge.take(clinic.post({**ALERT, **more}))[0].incident_id)


def dead(clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor, **more: str) -> str:
    """The id of a delivery that its destination refused for good."""
    hook.faults.append(Fault(status=400))
    incident_id = opened(clinic, edge, **more)
    worker.drain(clinic.lane("hook"))
    return f"{incident_id}/hook/1"


def test_every_verb_answers_a_script_with_one_line(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, worker: Worker, tmp_path: Path
) -> None:
    incident_id = opened(clinic, edge)
    worker.drain(*edge.rung)
    (tmp_path / "c.yaml").write_text("tenants: [{slug: clinic, name: clinic}]")
    for words in (
        ("incidents", "list"),
        ("incidents", "show", incident_id),
        ("incidents", "ack", incident_id),
        ("incidents", "investigate", incident_id),
        ("incidents", "resolve", incident_id),
        ("incidents", "reopen", incident_id),
        ("channels", "list"),
        ("channels", "show", "hook"),
        ("channels", "test", "hook"),
        ("channels", "preview", "hook"),
        ("channels", "preview", "hook", "--incident", incident_id),
        ("channels", "pause", "hook"),
        ("channels", "resume", "hook"),
        ("deliveries", "list"),
        ("deliveries", "show", f"{incident_id}/hook/1"),
        ("deliveries", "recover", "--since", "1h"),
        ("tenants", "list"),
        ("users", "add", "--email", "anna@clinic.test", "--role", "viewer"),
        ("users", "list"),
        ("users", "link", "--email", "anna@clinic.test"),
        ("kill-switch", "on"),
        ("kill-switch", "off", "--tenant", "clinic"),
        ("keys", "init"),
        ("keys", "status"),
        ("apply", "-f", tmp_path / "c.yaml", "--dry-run"),
    ):
        answer = alertveil(*words, "--json").json
        if words[1] not in {"list", "show", "preview", "status"} and words[0] != "apply":
            assert answer["id"], words


def test_people_read_aligned_tables_without_colour_codes_in_a_pipe(
    alertveil: Alertveil, clinic: Tenant, edge: Edge
) -> None:
    opened(clinic, edge)
    lines = alertveil("incidents", "list").out.splitlines()
    assert lines[0].split()[:4] == ["INCIDENT", "SEVERITY", "STATUS", "ALERTS"]
    assert lines[0].index("TITLE") == lines[1].index("Intake")
    assert "\x1b" not in "".join(lines)


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    assert say.word("fine\x1b[2J\x07\r\nnow") == "fine [2J   now"


def test_an_incident_is_found_by_what_people_call_it(alertveil: Alertveil, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    short = alertveil("incidents", "list", "--json").json[0]["short_id"]
    assert alertveil("incidents", "show", short.lower(), "--json").json["id"] == incident_id
    missing = alertveil("incidents", "show", "INC-00000000")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("alertveil: There is no such incident")
    assert alertveil("incidents", "show", "Zebulon").code == 2


def test_the_list_goes_on_where_it_ended(alertveil: Alertveil, clinic: Tenant, edge: Edge) -> None:
    ids = [opened(clinic, edge, title=f"number {number}") for number in range(5)]
    seen: list[str] = []
    while len(seen) < 5:
        after = ["--after", seen[-1]] if seen else []
        seen += [each["id"] for each in alertveil("incidents", "list", "--limit", "2", *after, "--json").json]
    assert seen == ids[::-1]


def test_an_act_is_written_down_with_the_person_at_the_host(alertveil: Alertveil, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    answer = alertveil("incidents", "ack", incident_id, "--json").json
    assert (answer["status"], answer["changed"]) == ("acknowledged", True)
    assert alertveil("incidents", "ack", incident_id, "--json").json["changed"] is False
    events = alertveil("incidents", "show", incident_id, "--json").json["events"]
    assert [event["actor"] for event in events] == [f"host:{getpass.getuser()}", "source"]


def test_acting_for_a_user_needs_a_user_whose_roles_allow_it(alertveil: Alertveil, clinic: Tenant, edge: Edge) -> None:
    incident_id = opened(clinic, edge)
    alertveil("users", "add", "--email", "Vera@clinic.test", "--role", "viewer")
    for who in ("vera@clinic.test", "nobody@clinic.test"):
        refused = alertveil("incidents", "resolve", incident_id, "--as", who)
        assert (refused.code, refused.out) == (1, "")
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"
    alertveil("users", "add", "--email", "vera@clinic.test", "--role", "responder")
    assert alertveil("incidents", "resolve", incident_id, "--as", "vera@clinic.test").code == 0
    assert clinic.rows("SELECT actor FROM incident_events ORDER BY revision DESC")[0].actor == (
        f"vera@clinic.test through host:{getpass.getuser()}"
    )


def test_a_tenant_reaches_nothing_of_another(
    alertveil: Alertveil, runtime: Runtime, clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    delivery = dead(clinic, edge, worker, hook)
    incident_id = delivery.partition("/")[0]
    tenant(runtime, slug="other", channels={"hook": webhook(hook)})
    there = ("--tenant", "other")
    assert alertveil("incidents", "list", *there, "--status", "all", "--json").json == []
    assert alertveil("deliveries", "list", *there, "--json").json == []
    assert alertveil("deliveries", "recover", *there, "--since", "1d", "--json").json["recovered"] == 0
    for words in (
        ("incidents", "show", incident_id),
        ("incidents", "resolve", incident_id),
        ("channels", "preview", "hook", "--incident", incident_id),
        ("deliveries", "show", delivery),
        ("deliveries", "retry", delivery),
    ):
        assert alertveil(*words, *there).code == 1, words
    assert clinic.rows("SELECT status FROM incidents")[0].status == "open"


def test_with_several_tenants_one_has_to_say_which(alertveil: Alertveil, runtime: Runtime, clinic: Tenant) -> None:
    tenant(runtime, slug="other")
    assert alertveil("channels", "list").code == 2
    assert alertveil("channels", "list", "--tenant", clinic.slug).code == 0
    assert alertveil("channels", "list", "--tenant", "nowhere").code == 1


def test_a_dead_delivery_is_seen_with_its_reason_and_goes_out_on_a_retry(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    name = dead(clinic, edge, worker, hook)
    (line,) = alertveil("deliveries", "list", "--state", "dead", "--json").json
    assert (line["id"], line["reason"]) == (name, "refused")
    (attempt,) = alertveil("deliveries", "show", name, "--json").json["attempt_log"]
    assert (attempt["outcome"], attempt["status"], attempt["mode"]) == ("rejected", 400, "tokens")
    assert attempt["policy"] == "tokens: nobody opted this channel in"
    assert alertveil("deliveries", "retry", name, "--json").json == {"id": name, "state": "pending"}
    worker.drain(clinic.lane("hook"))
    assert [each.answer for each in hook.received] == [400, 204]
    assert alertveil("deliveries", "show", name, "--json").json["state"] == "delivered"
    assert alertveil("deliveries", "retry", name).code == 1


def test_what_a_newer_revision_followed_is_never_sent_again(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    name = dead(clinic, edge, worker, hook)
    alertveil("incidents", "ack", name.partition("/")[0])
    refused = alertveil("deliveries", "retry", name)
    assert refused.code == 1
    assert "newer revision" in refused.err
    assert alertveil("deliveries", "recover", "--since", "1d", "--json").json["recovered"] == 0


def test_recover_makes_due_what_died_since_then_and_nothing_else(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor, superuser: Superuser
) -> None:
    old = dead(clinic, edge, worker, hook, title="old")
    superuser.run("UPDATE deliveries SET done_at = now() - interval '3 hours'")
    fresh = [dead(clinic, edge, worker, hook, title=f"fresh {number}") for number in range(2)]
    assert alertveil("deliveries", "recover", "--since", "2h", "--json").json["recovered"] == 2
    assert {each["id"] for each in alertveil("deliveries", "list", "--state", "pending", "--json").json} == set(fresh)
    assert [each["id"] for each in alertveil("deliveries", "list", "--state", "dead", "--json").json] == [old]
    assert "1 died there in the last 7 days and is not sent again" in alertveil("channels", "resume", "hook").out
    resumed = alertveil("channels", "resume", "hook", "--recover", "4h", "--json").json
    assert (resumed["recovered"], resumed["died"]) == (1, 0)
    assert "died" not in alertveil("channels", "resume", "hook").out


@given(st.integers(0, 365_000), st.sampled_from("smhd"))
def test_since_takes_a_span(number: int, unit: str) -> None:
    now = datetime(2026, 1, 31, 8, tzinfo=UTC)
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit] * number
    assert deliveries.when(f"{number}{unit}", now) == now - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-30T08:00Z", datetime(2026, 1, 30, 8, tzinfo=UTC)),
        ("2026-01-30 08:00", datetime(2026, 1, 30, 8, tzinfo=UTC)),
        ("2026-01-30T09:00+01:00", datetime(2026, 1, 30, 8, tzinfo=UTC)),
    ],
)
def test_since_takes_a_time_in_utc_unless_it_says(text: str, moment: datetime) -> None:
    assert deliveries.when(text, datetime(2026, 1, 31, 8, tzinfo=UTC)) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "-1h", "1w", "999999d", "2026-13-01", "٣h"])
def test_since_says_what_it_takes(text: str) -> None:
    with pytest.raises(Refused, match="--since takes"):
        deliveries.when(text, datetime(2026, 1, 31, 8, tzinfo=UTC))


def test_a_paused_channel_keeps_what_is_due_and_says_why(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    alertveil("channels", "pause", "hook", "--reason", "moving house")
    opened(clinic, edge)
    worker.drain(clinic.lane("hook"))
    assert hook.received == []
    shown = alertveil("channels", "show", "hook", "--json").json
    assert (shown["state"], shown["why"], shown["waiting"]) == ("paused", "paused by hand: moving house", 1)
    assert alertveil("channels", "resume", "hook", "--json").json["state"] == "ready"
    worker.drain(clinic.lane("hook"))
    assert len(hook.received) == 1


@pytest.mark.usefixtures("clinic")
def test_a_test_message_goes_the_real_way_and_fails_aloud(alertveil: Alertveil, hook: WebhookVendor) -> None:
    good = alertveil("channels", "test", "hook", "--json").json
    assert (good["delivered"], good["reason"]) == (True, "delivered")
    (told,) = hook.received
    assert "TEST" in told.body.decode()
    hook.faults.append(Fault(status=401))
    bad = alertveil("channels", "test", "hook")
    assert (bad.code, bad.out) == (1, "")
    assert re.fullmatch(r"alertveil: hook did not take the test message: .+, status 401 \(\d+ ms\)\.\n", bad.err)
    assert alertveil("channels", "test", "nowhere").code == 1


def test_a_preview_is_what_the_vendor_gets_in_tokens(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, worker: Worker, hook: WebhookVendor
) -> None:
    incident_id = opened(clinic, edge)
    worker.drain(*edge.rung)
    shown = alertveil("channels", "preview", "hook", "--incident", incident_id, "--json").json
    (sent,) = hook.received
    assert json.dumps(sent.json()["data"]["title"]) in json.dumps(shown)
    assert not [value for value in (*NAME.split(), EMAIL, MRN) if value in json.dumps(shown)]


@pytest.mark.usefixtures("clinic")
def test_the_kill_switch_is_thrown_once_and_leaves_a_line(alertveil: Alertveil, superuser: Superuser) -> None:
    assert alertveil("kill-switch", "on", "--tenant", "clinic", "--json").json["changed"] is True
    assert alertveil("kill-switch", "on", "--tenant", "clinic", "--json").json["changed"] is False
    assert alertveil("kill-switch", "on", "--json").json["id"] == "installation"
    assert superuser.one("SELECT kill_switch FROM instance").kill_switch
    rows = superuser.rows(
        "SELECT actor, changes FROM config_changes WHERE changes::text LIKE '%kill%' ORDER BY version"
    )
    assert [(row.actor, row.changes) for row in rows] == [
        (f"host:{getpass.getuser()}", ["the kill switch: on"]),
        (f"host:{getpass.getuser()}", ["the installation's kill switch: on"]),
    ]


@pytest.mark.usefixtures("clinic")
@pytest.mark.parametrize(("role", "code"), [("privacy_officer", 0), ("operator", 1), ("admin", 1)])
def test_a_user_throws_the_kill_switch_as_privacy_officer_only(
    alertveil: Alertveil, superuser: Superuser, role: str, code: int
) -> None:
    alertveil("users", "add", "--email", "petra@clinic.test", "--role", role)
    assert alertveil("kill-switch", "on", "--tenant", "clinic", "--as", "petra@clinic.test").code == code
    assert alertveil("kill-switch", "on", "--as", "petra@clinic.test").code == code
    assert superuser.one("SELECT kill_switch FROM instance").kill_switch is (code == 0)


@pytest.mark.usefixtures("clinic")
def test_a_privacy_officer_of_one_tenant_stops_all_of_an_installation_with_several(
    alertveil: Alertveil, runtime: Runtime, superuser: Superuser
) -> None:
    tenant(runtime)
    alertveil("users", "add", "--tenant", "clinic", "--email", "petra@clinic.test", "--role", "privacy_officer")
    alertveil("users", "add", "--tenant", "clinic", "--email", "otto@clinic.test", "--role", "operator")
    assert alertveil("kill-switch", "on", "--as", "nobody@clinic.test").code == 1
    assert alertveil("kill-switch", "on", "--as", "otto@clinic.test").code == 1
    assert not superuser.one("SELECT kill_switch FROM instance").kill_switch
    assert alertveil("kill-switch", "on", "--as", "petra@clinic.test").code == 0
    assert superuser.one("SELECT kill_switch FROM instance").kill_switch


@pytest.mark.usefixtures("clinic")
def test_users_have_known_roles_and_are_added_once(alertveil: Alertveil) -> None:
    first = alertveil("users", "add", "--email", "anna@clinic.test", "--role", "viewer", "--json").json["id"]
    again = alertveil(
        "users", "add", "--email", "ANNA@clinic.test", "--role", "operator", "--role", "responder", "--json"
    ).json["id"]
    assert first == again
    (user,) = alertveil("users", "list", "--json").json
    assert (user["email"], user["roles"]) == ("anna@clinic.test", ["responder", "operator"])
    assert alertveil("users", "add", "--email", "anna@clinic.test", "--role", "root").code == 2
    assert alertveil("users", "add", "--email", "anna", "--role", "viewer").code == 2
    assert alertveil("users", "link", "--email", "ben@clinic.test").code == 1


def test_apply_names_file_and_line_of_every_problem_and_changes_nothing(
    alertveil: Alertveil, clinic: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("tenants:\n  - slug: clinic\n    name: Other\n    privacy: perhaps\n    sorces: []\n")
    refused = alertveil("apply", "-f", file)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err
    assert all(re.match(rf"{re.escape(str(file))}:\d+: \S", line) for line in refused.err.splitlines())
    assert clinic.rows("SELECT name FROM tenants")[0].name == "clinic"
    assert alertveil("apply", "-f", tmp_path / "missing.yaml").code == 2


def test_apply_tells_a_script_the_version_that_holds_also_when_nothing_changed(
    alertveil: Alertveil, clinic: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("tenants: [{slug: clinic, name: Other}]")
    first = alertveil("apply", "-f", file, "--json").json
    again = alertveil("apply", "-f", file, "--json").json
    assert first["changes"]
    assert again["changes"] == []
    assert again["id"] == first["id"] == str(clinic.tenant_id)
    assert again["tenants"] == first["tenants"]


@pytest.mark.usefixtures("clinic")
def test_doctor_finds_a_well_kept_installation_well(alertveil: Alertveil, runtime: Runtime) -> None:
    upkeep.run(runtime.database, lambda _: None)
    with runtime.database.several() as session:
        heartbeats.beat_ingest(session)
    with Worker(runtime):
        found = alertveil("doctor", "--json").json
    assert found["ok"] is True
    levels = {each["what"]: each["level"] for each in found["findings"]}
    assert levels.pop("egress") == "warn"  # these tests let webhooks reach this host
    assert set(levels.values()) == {"ok"}
    assert {
        "role",
        "schema",
        "transport",
        "keystore",
        "redis",
        "upkeep",
        "ingest",
        "clock",
        "channels",
        "workers",
    } <= set(levels)


@pytest.mark.usefixtures("clinic")
@pytest.mark.parametrize(
    ("broken", "what", "level"),
    [
        ("UPDATE alembic_version SET version_num = '0000'", "schema", "error"),
        ("UPDATE instance SET upkeep_ran_at = now() - interval '5 minutes'", "upkeep", "error"),
        ("UPDATE instance SET oldest_due_at = now() - interval '5 minutes'", "deliveries", "warn"),
        ("UPDATE instance SET kill_switch = true", "kill switch", "warn"),
        ("UPDATE tenants SET kill_switch = true", "kill switch", "warn"),
        ("UPDATE channels SET paused_at = now(), pause_reason = 'x'", "channels", "warn"),
        ("UPDATE lanes SET paused = 'credential'", "channels", "warn"),
        (PAUSED_HOOK, "hooks", "warn"),
    ],
)
def test_doctor_says_what_is_wrong(
    alertveil: Alertveil, runtime: Runtime, superuser: Superuser, broken: str, what: str, level: str
) -> None:
    upkeep.run(runtime.database, lambda _: None)
    superuser.run(broken)
    said = alertveil("doctor", "--json")
    worst = [each["level"] for each in json.loads(said.out)["findings"] if each["what"] == what]
    assert worst == [level]
    assert said.code == (1 if level == "error" else 0)


@pytest.mark.usefixtures("clinic")
def test_doctor_looks_on_when_the_role_is_unsafe_or_keys_and_broker_are_gone(
    alertveil: Alertveil, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keystore.json").chmod(0o644)
    monkeypatch.setenv("ALERTVEIL_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("ALERTVEIL_REDIS_URL", "redis://127.0.0.1:9/0")
    said = alertveil("doctor", "--json")
    wrong = {each["what"] for each in json.loads(said.out)["findings"] if each["level"] == "error"}
    assert (said.code, said.err) == (1, "")
    assert {"role", "keystore", "redis"} <= wrong


def test_a_failure_is_one_sentence_without_the_password(alertveil: Alertveil, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTVEIL_DATABASE_URL", "postgresql://app:hunter2secret@127.0.0.1:9/none")
    said = alertveil("incidents", "list")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "hunter2secret" not in said.err
    monkeypatch.delenv("ALERTVEIL_DATABASE_URL")
    assert "alertveil up" in alertveil("incidents", "list").err


def test_what_nobody_foresaw_shows_no_value(alertveil: Alertveil, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(NAME)

    monkeypatch.setattr("router.flow.manage.tenants", fail)
    said = alertveil("tenants", "list")
    assert (said.code, said.out) == (1, "")
    assert NAME not in said.err
    assert "RuntimeError" in said.err


@pytest.mark.usefixtures("clinic")
def test_a_wrong_word_is_a_usage_error(alertveil: Alertveil) -> None:
    assert alertveil("incidnts").code == 2
    assert alertveil("incidents", "list", "--status", "gone").code == 2
    assert alertveil("deliveries", "show", f"{uuid4()}/hook").code == 2
    assert alertveil("--version").out.startswith("alertveil ")


def test_what_cannot_be_taken_is_a_sentence_that_says_what_it_is(
    alertveil: Alertveil, clinic: Tenant, edge: Edge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these was told as a bug of ours, or as a database that cannot be reached."""
    (receipt,) = edge.take(clinic.post({"title": "x", "alert_uid": "1"}))
    baa = ("baas", "add", "--vendor", "v", "--service", "s", "--signed", "2026-01-01", "--expires")
    nowhere = tmp_path / "nowhere" / "file"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\0b")))
    told = {
        ("incidents", "list", "--tenant", "a\udcff"): (2, "An argument is no text in UTF-8."),
        ("silences", "add", 'a="\udcff"', "--for", "1h", "--reason", "r"): (2, "An argument is no text in UTF-8."),
        (*baa, "9999-12-31"): (2, "The calendar ends with this day: say an earlier one."),
        (*baa, "9999-12-30"): (2, "The last day of an agreement is at the latest 9998-12-31."),
        ("audit", "export", "-o", nowhere): (1, f"{nowhere} cannot be written: no such file or directory."),
        ("incidents", "note", receipt.incident_id): (
            2,
            "Standard input holds no text: there is a NUL character in it.",
        ),
    }
    for words, (code, sentence) in told.items():
        said = alertveil(*words)
        assert (said.code, said.out, said.err) == (code, "", f"alertveil: {sentence}\n"), words


def test_nothing_is_destroyed_when_its_proof_could_not_be_written(
    alertveil: Alertveil, clinic: Tenant, tmp_path: Path
) -> None:
    code = alertveil("tenants", "offboard", "clinic", "--json").json["confirm"]
    words = ("tenants", "offboard", "clinic", "--reason", "contract ended", "--confirm", code)
    assert alertveil(*words, "-o", tmp_path / "nowhere" / "proof").code == 2
    assert clinic.rows("SELECT count(*) AS n FROM sources")[0].n == 1
    there = tmp_path / "there"
    there.touch()
    assert alertveil(*words, "-o", there).code == 2
    proof = tmp_path / "proof"
    assert alertveil(*words[:-1], "00000000", "-o", proof).code == 1
    assert not proof.exists()
    assert alertveil(*words, "-o", proof).code == 0
    assert json.loads(proof.read_bytes())["tenant"] == "clinic"
