"""One example of each kind of answer: a made-up clinic, with tokens where people's data was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from router.web.api import shapes

AT: Final = datetime(2026, 11, 3, 9, 41, 7, tzinfo=UTC)
LATER: Final = datetime(2026, 12, 31, tzinfo=UTC)
INCIDENT: Final = UUID("019a48c2-3d51-7a04-9f6e-2b1c5d8e7f30")
THING: Final = UUID("7d3e1f52-9c04-4b8a-8f61-0a2b4c6d8e90")
TENANT: Final = UUID("2f9d7b1c-5e3a-4c80-b6d2-91e0f4a8c753")

tenant = shapes.Tenant(TENANT, "acme", "Acme Health", "strict", kill_switch=False, version=12)
me = shapes.Me(THING, "status page", ["viewer"], ["see"], LATER, tenant)
health = shapes.Health(
    "ready",
    database=True,
    keystore=True,
    broker=True,
    upkeep_heartbeat_age_seconds=0.4,
    ingest_heartbeat_age_seconds=2.1,
    oldest_due_delivery_seconds=0.0,
    kill_switch=False,
    audit_unchained_seconds=1.2,
    audit_holds=True,
    audit_verified_age_seconds=21_600.5,
)
_LINE: Final[dict[str, Any]] = {
    "id": INCIDENT,
    "short_id": "INC-5D8E7F30",
    "status": "open",
    "severity": "critical",
    "title": "Intake failed for <PERSON_7K2M4QXW9R>",
    "source": "app",
    "alerts": 3,
    "revision": 2,
    "opened_at": AT,
    "last_alert_at": AT,
}
incident_line = shapes.IncidentLine(**_LINE)
incident = shapes.Incident(
    **_LINE,
    description="mail to <EMAIL_3T8WQ0ZN5B> bounced",
    labels={"service": "intake"},
    links=[shapes.Pair("runbook", "https://runbooks.acme.example/intake")],
    fields=[shapes.Pair("queue", "intake-hl7")],
    generation=0,
    resolved_at=None,
    ended_by=None,
    quiet="resolves in 22 min if it stays quiet",
)
event = shapes.Event(2, AT, "another alert joined the incident", "source", None)
note = shapes.Note(THING, AT, "rita@acme.example", "restarted the intake; the queue of <PERSON_7K2M4QXW9R> drains")
new_note = shapes.NewNote("restarted the intake; the queue drains")
alert = shapes.Alert(THING, "firing", "critical", "app", AT, {"title": "Intake failed"}, ["<PERSON_7K2M4QXW9R>"])
acted = shapes.Acted(INCIDENT, changed=True, why="acknowledged", status="acknowledged", revision=3)
_DELIVERY: Final[dict[str, Any]] = {
    "id": f"{INCIDENT}/oncall/2",
    "incident_id": INCIDENT,
    "channel": "oncall",
    "channel_kind": "slack",
    "revision": 2,
    "kind": "trigger",
    "state": "delivered",
    "words": "sent",
    "reason": "delivered",
    "attempts": 1,
    "uncertain": False,
    "created_at": AT,
    "next_attempt_at": None,
    "done_at": AT,
    "remote_id": "1762162867.000200",
}
delivery_line = shapes.DeliveryLine(**_DELIVERY)
attempt = shapes.Attempt(1, AT, 84.0, "delivered", "delivered", 200, "tokens", "no opt-in", repeat=False, tripwire=0)
delivery = shapes.Delivery(**_DELIVERY, history=[attempt])
recovered = shapes.Recovered(4)
recovery = shapes.Recovery(AT, "oncall")
channel = shapes.Channel(
    THING,
    "oncall",
    "slack",
    "Slack",
    "good",
    "Slack channel C0123456789",
    "slack",
    "tokens",
    "ready",
    "",
    "delivered",
    AT,
    0,
    120,
    2,
    0,
    1,
)
channel_test = shapes.ChannelTest(
    "test-5d8e7f30", delivered=True, reason="delivered", latency_ms=112.5, words="delivered", status=200
)
preview = shapes.Preview(types=["EMAIL"])
fact = shapes.Fact("Notifications always hold tokens: lock screens show them.", "design §8")
previewed = shapes.Previewed(
    "oncall",
    ["EMAIL"],
    {"text": "Lookup failed for <EMAIL_3T8WQ0ZN5B>"},
    {"text": "Lookup failed for alex@example.test"},
    {},
    [fact],
    "",
)
pause = shapes.ChannelPause("maintenance over there")
made = shapes.Made(THING)
resumed = shapes.Resumed(THING, 4)
source = shapes.Source(THING, "app", "generic", 1800.0, None, {}, {})
route = shapes.Route(1, ['severity="critical"'], ["oncall"], ["service"], goes_on=False)
configuration = shapes.Configuration(
    12,
    "acme",
    "Acme Health",
    "strict",
    [source],
    [shapes.ConfiguredChannel(THING, "oncall", "slack", "slack", {"channel": "C0123456789"})],
    [route],
    [],
    ["intake"],
    {},
    2592000.0,
    15552000.0,
)
configuration_change = shapes.ConfigurationChange(
    "tenants:\n  - slug: acme\n    sources:\n      - {name: app, format: generic, key_env: APP_KEY}\n",
    {"APP_KEY": "32 characters or more, chosen by you"},
    dry_run=True,
)
configuration_changed = shapes.ConfigurationChanged(
    TENANT, 13, dry_run=False, changes=["~ privacy: strict"], warnings=[], warning_lines=[]
)
optin = shapes.OptIn(
    THING,
    "oncall",
    "slack",
    "Slack channel C0123456789",
    "active",
    "",
    ["EMAIL"],
    "error",
    "call people back whose mail bounced",
    "slack",
    "Enterprise Grid",
    THING,
    "olga@acme.example",
    AT,
    "petra@acme.example",
    AT,
    AT,
    LATER,
    AT,
    "petra@acme.example",
    single_custody=False,
    break_glass=False,
    intact=True,
    facts={},
    known=[fact],
)
optin_request = shapes.OptInRequest("oncall", ["EMAIL"], "call people back whose mail bounced", THING, LATER, "error")
why = shapes.Why("no longer needed")
baa = shapes.Baa(
    THING,
    "slack",
    "Enterprise Grid",
    "",
    "",
    date(2026, 1, 1),
    AT,
    LATER,
    "in force",
    58,
    "",
    "",
    [],
    [],
    "petra@acme.example",
    None,
    ["oncall"],
    intact=True,
)
new_baa = shapes.NewBaa("slack", "Enterprise Grid", date(2026, 1, 1), date(2026, 12, 31))
retired = shapes.Retired(THING, ["oncall"])
review = shapes.Review(THING, "2026Q3", "final", "open", AT, AT, LATER, None, None, 4, 1, "5c" * 32, None)
review_record = shapes.ReviewRecord("9f" * 32, 1, {"snapshot": {"quarter": "2026Q3"}, "decisions": []})
review_shown = shapes.ReviewShown(THING, "2026Q3", "final", "open", AT, AT, LATER, "9f" * 32, 4, 3)
review_item = shapes.ReviewItem(
    str(THING),
    "oncall",
    "slack",
    "slack",
    "Slack channel C0123456789",
    ["EMAIL"],
    "error",
    "call people back whose mail bounced",
    "olga@acme.example",
    "petra@acme.example",
    "rufus@acme.example",
    "2026-08-01T00:00:00Z",
    "2026-10-30T00:00:00Z",
    "active",
    12,
    15,
    "2026-09-29T10:11:12Z",
    required=True,
    flags=[],
    verdict=None,
    decided_by=None,
    decision_reason=None,
)
new_review = shapes.NewReview("2026Q3")
opened = shapes.Opened(THING, "2026Q3", "final", "open", 4, LATER, made=True)
verdict = shapes.Verdict("keep", "still needed on call")
decided = shapes.Decided(THING, "keep", "goes on until 2027-01-30")
verdicts = shapes.Verdicts(["1", "2"], "keep", "still needed on call")
decided_items = shapes.DecidedItems(THING, [decided])
audit_event = shapes.AuditEvent(
    THING, 41, AT, "petra@acme.example", "session", "optin.approve", f"optin:{THING}", "allowed", "", "", {}, "9f" * 32
)
search = shapes.Search("value", "the value, in the body and never in the address", 90)
found = shapes.Found(
    [
        shapes.Disclosure(
            AT,
            "delivery",
            "oncall",
            "<EMAIL_3T8WQ0ZN5B>",
            INCIDENT,
            "INC-5D8E7F30",
            "call people back",
            "opt-in",
            THING,
            "oncall",
            "slack",
            THING,
            THING,
            2,
            1,
            "delivered",
            "value",
        )
    ]
)
user = shapes.User(THING, "olga@acme.example", "person", ["operator"], ["passkey"], 1, AT, AT, None, "Europe/Berlin")
token = shapes.Token(THING, "status page", "av_k3t9x2ma", ["viewer"], "ada@acme.example", AT, LATER, None, AT)
revoked = shapes.Revoked(THING, revoked=True)
kill_switch = shapes.KillSwitch(on=True)
switched = shapes.Switched(TENANT, on=True, changed=True)
_SECRET: Final = "whsec_" + "TWZLUTlyOEdLWXFyVHdqVVBEOElMUFpJbzJMYUxhU3c="
hook = shapes.Hook(
    THING,
    "status page",
    "https://status.acme.example/alertveil",
    ["incident.opened", "incident.resolved"],
    enabled=True,
    state="ready",
    why="",
    waiting=0,
    delivered=240,
    dead=0,
    counted=240,
    last="delivered",
    last_ok_at=AT,
    created_at=AT,
    changed_at=AT,
    rotated_at=None,
)
new_hook = shapes.NewHook("status page", "https://status.acme.example/alertveil", ["incident.*"], _SECRET)
hook_change = shapes.HookChange("status page", "https://status.acme.example/alertveil", ["incident.opened"])
hook_secret = shapes.HookSecret(_SECRET)
hook_test = shapes.HookTest(THING, delivered=True, reason="delivered", words="delivered", status=204, latency_ms=41.7)
hook_event = shapes.HookEvent(
    THING,
    "incident.opened",
    INCIDENT,
    AT,
    17,
    "delivered",
    1,
    None,
    AT,
    uncertain=False,
    reason="delivered",
    status=204,
)
hook_replay = shapes.HookReplay(since=AT)
