"""A channel made, changed and taken out of use by hand: what is written down, who may, and how a file sees it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from router.core.access import ROLES, may
from router.flow import apply, channel, manage
from router.flow.accounts import NotAllowed
from router.flow.channel import By, InUse, Unfit, Wish
from router.local.vendors.smtp import SmtpVendor
from router.local.vendors.webhook import WebhookVendor
from router.runtime import Runtime
from tests.flow.builder import EMAIL, MRN, NAME, Edge, Superuser, Tenant, Worker, tenant

SECRET, OTHER = ("whsec_" + base64.b64encode(each * 32).decode() for each in (b"a", b"b"))


@pytest.fixture
def clinic(runtime: Runtime) -> Tenant:
    return tenant(runtime, slug="clinic")


def olga(clinic: Tenant, *roles: str) -> By:
    return By(clinic.tenant_id, "olga@clinic.test", roles or ("operator",), "page")


def hook(url: str = "https://hooks.clinic.test/in/k3y", name: str = "hook", **secrets: str) -> Wish:
    return Wish(name, {"url": url}, secrets or {"secret": SECRET})


def audited(clinic: Tenant) -> list[tuple[str, str, Any]]:
    rows = clinic.rows("SELECT action, decision, details FROM audit_events WHERE action LIKE 'channel.%%' ORDER BY at")
    return [(row.action, row.decision, row.details) for row in rows]


def test_a_channel_made_by_hand_delivers_and_its_history_says_who_made_it(
    runtime: Runtime, clinic: Tenant, edge: Edge, worker: Worker
) -> None:
    with WebhookVendor() as vendor:
        made = channel.create(runtime, olga(clinic), "webhook", hook(f"{vendor.url}/in/k3y"))
        assert manage.test(runtime, clinic.tenant_id, "hook", "olga@clinic.test").delivered
        clinic.set(routes=[([], ["hook"], [], False)])
        edge.take(clinic.post({"title": "queue is full"}))
        worker.drain((clinic.tenant_id, made))
        assert vendor.received[-1].json()["data"]["title"] == "queue is full"
    (entry,) = channel.history(runtime, clinic.tenant_id, made)
    assert (entry.what, entry.actor, entry.via) == ("add", "olga@clinic.test", "page")
    assert [(each.field, each.now) for each in entry.changes] == [("url", f"{vendor.url}/…"), ("secret", "set")]
    shown = channel.look(runtime, clinic.tenant_id, made)
    assert [(each.name, each.held, each.set_by) for each in shown.credentials] == [
        ("secret", True, "olga@clinic.test"),
        ("previous_secret", False, ""),
    ]
    assert audited(clinic)[0][2]["fields"] == ["url", "secret"]


def test_no_secret_and_no_key_of_a_path_is_written_anywhere_in_the_clear(
    runtime: Runtime, clinic: Tenant, superuser: Superuser
) -> None:
    made = channel.create(runtime, olga(clinic), "webhook", hook())
    planned = channel.plan(runtime, olga(clinic), made, hook(secret=OTHER, previous_secret=SECRET))
    channel.save(runtime, olga(clinic), made, planned.draft)
    assert not {SECRET, OTHER} & set(repr(planned).split("'"))
    for schema, name in superuser.tables():
        kept = "\n".join(str(row) for row in superuser.rows(f'SELECT t::text FROM "{schema}"."{name}" t'))  # noqa: S608 - from the catalog
        assert SECRET not in kept, name
        assert OTHER not in kept, name
        assert "k3y" not in kept or name == "destinations", name


def test_a_change_is_saved_as_it_was_shown_and_by_nobody_else_and_not_twice(runtime: Runtime, clinic: Tenant) -> None:
    made = channel.create(runtime, olga(clinic), "webhook", hook())
    planned = channel.plan(runtime, olga(clinic), made, replace(hook(name="hook-2"), secrets={}))
    assert [(each.field, each.was, each.now) for each in planned.changes] == [("name", "hook", "hook-2")]
    assert not planned.moves
    other = channel.create(runtime, olga(clinic), "webhook", hook(name="other"))
    for by, where, draft in (
        (replace(olga(clinic), actor="oscar@clinic.test"), made, planned.draft),
        (olga(clinic), other, planned.draft),
        (olga(clinic), made, planned.draft[:-6] + "AAAAA="),
        (olga(clinic), made, "no draft"),
    ):
        with pytest.raises(manage.NotPossible, match="open the form"):
            channel.save(runtime, by, where, draft)
    channel.save(runtime, olga(clinic), made, planned.draft)
    assert channel.found(runtime, clinic.tenant_id, "hook-2") == channel.found(runtime, clinic.tenant_id, str(made))
    with pytest.raises(apply.Stale):
        channel.save(runtime, olga(clinic), made, planned.draft)


def test_a_new_name_goes_into_the_routes_and_an_old_one_may_not_be_taken(runtime: Runtime, clinic: Tenant) -> None:
    made = channel.create(runtime, olga(clinic), "webhook", hook())
    channel.create(runtime, olga(clinic), "webhook", hook(name="other"))
    clinic.set(routes=[(["severity=critical"], ["other", "hook"], [], True), ([], ["hook"], [], False)])
    with pytest.raises(Unfit) as refused:
        channel.plan(runtime, olga(clinic), made, hook(name="other"))
    assert list(refused.value.faults) == ["name"]
    channel.change(runtime, olga(clinic), made, replace(hook(name="pager"), secrets={}), 1)
    rows = clinic.rows("SELECT channels FROM routes ORDER BY position")
    assert [row.channels for row in rows] == [["other", "pager"], ["pager"]]
    (entry, _) = channel.history(runtime, clinic.tenant_id, made)
    assert [tuple(each) for each in entry.changes] == [("name", "Name", "hook", "pager", False)]


def test_a_channel_that_is_paused_by_hand_stays_so_when_it_is_changed(runtime: Runtime, clinic: Tenant) -> None:
    made = channel.create(runtime, olga(clinic), "webhook", hook())
    manage.pause(runtime, clinic.tenant_id, "hook", "moving house", "olga@clinic.test")
    channel.change(runtime, olga(clinic), made, hook("https://hooks.clinic.test/new"), 1)
    (row,) = clinic.rows("SELECT pause_reason FROM channels")
    assert row.pause_reason == "moving house"
    told = [(each.what, each.reason) for each in channel.history(runtime, clinic.tenant_id, made)]
    assert told == [("change", ""), ("pause", "moving house"), ("add", "")]


def test_a_reason_for_a_pause_that_names_a_patient_is_kept_as_tokens(
    runtime: Runtime, clinic: Tenant, superuser: Superuser
) -> None:
    channel.create(runtime, olga(clinic), "webhook", hook())
    manage.pause(runtime, clinic.tenant_id, "hook", f"{NAME} {MRN} was told twice, mail {EMAIL}", "olga@clinic.test")
    (row,) = clinic.rows("SELECT pause_reason FROM channels")
    assert "was told twice" in row.pause_reason
    for schema, name in superuser.tables():
        kept = "\n".join(str(each) for each in superuser.rows(f'SELECT t::text FROM "{schema}"."{name}" t'))  # noqa: S608 - from the catalog
        assert not [value for value in (*NAME.split(), MRN, EMAIL) if value in kept], name


def test_a_credential_is_asked_for_again_where_another_server_would_be_shown_it(
    runtime: Runtime, clinic: Tenant
) -> None:
    with SmtpVendor() as relay:
        settings: dict[str, Any] = {"to": ["a@clinic.test"], "from": "b@clinic.test", "smtp": {"host": relay.host}}
        login = {"smtp_username": "alerts", "smtp_password": "hunter2"}
        made = channel.create(runtime, olga(clinic), "email", Wish("mail", settings, login))
    moved = {**settings, "smtp": {"host": "relay.elsewhere.test"}}
    with pytest.raises(Unfit) as refused:
        channel.plan(runtime, olga(clinic), made, Wish("mail", moved))
    assert set(refused.value.faults) == {"smtp_username", "smtp_password"}
    assert "hunter2" not in str(refused.value)
    assert channel.plan(runtime, olga(clinic), made, Wish("mail", {**settings, "to": ["c@clinic.test"]})).moves
    assert channel.plan(runtime, olga(clinic), made, Wish("mail", moved, login)).moves
    assert channel.plan(runtime, olga(clinic), made, Wish("mail", moved, forget=login)).changes[-1].now == "taken away"


def test_what_a_vendor_could_not_be_sent_is_said_beside_its_field_before_anything_is_kept(
    runtime: Runtime, clinic: Tenant
) -> None:
    for wish, field in (
        (hook(secret="hunter2"), "secret"),
        (hook("http://x y"), "url"),
        (hook(name="no name"), "name"),
        (hook(secret=SECRET, nothing="x"), "secrets"),
    ):
        with pytest.raises(Unfit) as refused:
            channel.create(runtime, olga(clinic), "webhook", wish)
        assert list(refused.value.faults) == [field]
        assert "hunter2" not in str(refused.value)
    assert clinic.rows("SELECT FROM channels") == []


def test_a_channel_that_routes_lead_to_is_not_taken_out_of_use(runtime: Runtime, clinic: Tenant) -> None:
    made = channel.create(runtime, olga(clinic), "webhook", hook())
    clinic.set(routes=[(["severity=info"], ["hook"], [], True), ([], ["hook"], [], False)])
    with pytest.raises(InUse, match="Routes 1, 2 lead"):
        channel.remove(runtime, olga(clinic), made)
    clinic.set(routes=[])
    channel.remove(runtime, olga(clinic), made)
    with pytest.raises(manage.NotFound):
        channel.look(runtime, clinic.tenant_id, made)
    assert channel.history(runtime, clinic.tenant_id, made)[0].what == "remove"


def test_who_may_not_configure_changes_nothing_and_is_written_down(runtime: Runtime, clinic: Tenant) -> None:
    made = channel.create(runtime, olga(clinic), "webhook", hook())
    draft = channel.plan(runtime, olga(clinic), made, hook("https://hooks.clinic.test/new")).draft
    for role in (each for each in ROLES if not may([each], "configure")):
        by = olga(clinic, role)
        deeds: dict[str, Callable[[By], object]] = {
            "channel.add": lambda who: channel.create(runtime, who, "webhook", hook(name="more")),
            "channel.change": lambda who: channel.save(runtime, who, made, draft),
            "channel.remove": lambda who: channel.remove(runtime, who, made),
        }
        for action, deed in deeds.items():
            with pytest.raises(NotAllowed):
                deed(by)
            assert audited(clinic)[-1][:2] == (action, "denied")
    assert channel.look(runtime, clinic.tenant_id, made).revision == 1
    assert len(clinic.rows("SELECT FROM channels")) == 1


FILE = """
tenants:
  - slug: clinic
    privacy: strict
    sources:
      - {name: app, format: generic, key_env: APP_KEY}
    channels:
      - {name: hook, kind: webhook, url: "%s", secret_env: HOOK_SECRET}
    routes:
      - channels: [hook]
"""
ENVIRONMENT = {"APP_KEY": "clinic-app-".ljust(40, "k"), "HOOK_SECRET": SECRET}


def applied(runtime: Runtime, url: str = "https://hooks.clinic.test/a", *, dry_run: bool = False) -> tuple[str, ...]:
    done = apply.apply(
        runtime, FILE % url, dry_run=dry_run, actor="host:root", environ=ENVIRONMENT, base_dir=Path("nowhere")
    )
    return done.changes


def only_channel(clinic: Tenant) -> UUID:
    (row,) = clinic.rows("SELECT channel_id FROM channels WHERE retired_at IS NULL")
    found: UUID = row.channel_id
    return found


def test_a_file_keeps_a_channel_and_says_whose_change_it_undoes(runtime: Runtime, clinic: Tenant) -> None:
    applied(runtime)
    made = only_channel(clinic)
    keeper = channel.look(runtime, clinic.tenant_id, made).keeper
    assert (keeper.state, keeper.filed_by, keeper.changed) == ("keeps", "host:root", False)
    revision = channel.look(runtime, clinic.tenant_id, made).revision
    channel.change(runtime, olga(clinic), made, replace(hook("https://new.clinic.test/a"), secrets={}), revision)
    assert channel.look(runtime, clinic.tenant_id, made).keeper.changed
    made_too = channel.create(runtime, olga(clinic), "webhook", hook(name="extra"))
    assert channel.look(runtime, clinic.tenant_id, made_too).keeper.state == "drops"

    told = applied(runtime, dry_run=True)
    assert [line.partition(" [")[0][:22] for line in told] == ["~ clinic: channel hook", "- clinic: channel extr"]
    assert "[undoes change by olga@clinic.test, " in told[0]
    assert "[undoes add by olga@clinic.test, " in told[1]
    assert applied(runtime) == told
    assert applied(runtime) == ()
    newest, *_ = channel.history(runtime, clinic.tenant_id, made)
    assert (newest.via, newest.what, newest.actor) == ("file", "change", "host:root")
    assert [(each.was, each.now) for each in newest.changes] == [
        ("https://new.clinic.test/…", "https://hooks.clinic.test/…")
    ]


def test_the_entry_for_the_file_says_what_holds_and_changes_nothing(runtime: Runtime, clinic: Tenant) -> None:
    applied(runtime)
    made = only_channel(clinic)
    entry = channel.look(runtime, clinic.tenant_id, made).keeper.entry
    text = FILE.replace('      - {name: hook, kind: webhook, url: "%s", secret_env: HOOK_SECRET}\n', "".join(
        f"      {line}\n" for line in entry.splitlines()
    ))  # fmt: skip
    done = apply.apply(runtime, text, dry_run=False, actor="host:root", environ=ENVIRONMENT, base_dir=Path("nowhere"))
    assert done.changes == ()
