"""A hand and a file change the same configuration: checked alike, told alike, and neither undoes the other silently."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from router.flow import routes, source, words
from router.flow.apply import Applied, Stale, apply
from router.flow.hand import By
from router.flow.manage import NotUsable
from router.flow.source import Wish
from router.flow.words import Pattern
from router.runtime import Runtime
from router.store import config

OLGA = By("olga@clinic.test")
FILE = """
tenants:
  - slug: clinic
    sources: [{name: app, format: generic, key_env: KEY}]
"""


@pytest.fixture
def filed(runtime: Runtime) -> Callable[..., Applied]:
    """Applies the file."""

    def run(*, dry_run: bool = False) -> Applied:
        return apply(runtime, FILE, dry_run=dry_run, actor="host:ops", environ={"KEY": "k" * 40}, base_dir=None)

    return run


def test_a_difference_says_what_of_a_hands_it_undoes(runtime: Runtime, filed: Callable[..., Applied]) -> None:
    tenant_id = filed().ids["clinic"]
    source.create(runtime, tenant_id, Wish("mine", "grafana", "off"), OLGA)
    words.add_word(runtime, tenant_id, "istio", OLGA)
    words.add_pattern(runtime, tenant_id, Pattern("MEMBER_ID", r"ACM-\d{8}"), OLGA)
    (app,) = (each for each in source.every(runtime, tenant_id) if each.name == "app")
    source.change(runtime, tenant_id, app.source_id, Wish("", "generic", "4h"), OLGA)
    told = filed(dry_run=True).changes
    assert [line.partition(" [")[0] for line in told] == [
        "~ clinic: source app: generic, quiet after 4 hours → generic, quiet after 30 minutes",
        "- clinic: source mine (grafana, never quiet)",
        r"- clinic: pattern MEMBER_ID ACM-\d{8}",
        "- clinic: safe word istio",
    ]
    assert all("[undoes change by olga@clinic.test, 20" in line for line in told)
    assert len(filed().changes) == 4
    source.pause(runtime, tenant_id, app.source_id, OLGA, paused=True)
    assert filed().changes == (), "a pause is a switch, and the file says nothing of it"


def test_a_change_that_was_made_on_another_list_is_refused(runtime: Runtime, filed: Callable[..., Applied]) -> None:
    tenant_id = filed().ids["clinic"]
    with runtime.database.tenant(tenant_id) as session:
        version = config.version(session)
    words.put(runtime, tenant_id, OLGA, safe_words=["istio"], version=version)
    with pytest.raises(Stale):
        words.put(runtime, tenant_id, OLGA, safe_words=[], version=version)
    with pytest.raises(Stale):
        routes.put(runtime, tenant_id, [], OLGA, mark=None, version=version)
    with pytest.raises(Stale):
        routes.put(runtime, tenant_id, [], OLGA, mark="another")
    assert words.every(runtime, tenant_id).safe_words == ("istio",)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish("a b", "generic"), "`name` is up to 63"),
        (Wish("app2", "carrier pigeon"), "`format` is one of"),
        (Wish("app2", "generic", "soon"), "`quiet_after` reads like"),
        (Wish("app2", "generic", mapping={"title": "error"}), "needs a JSON pointer"),
        (Wish("app2", "alertmanager", mapping={"title": "/x"}), "takes no `mapping`"),
        (Wish("app2", "generic", fields={"note": "shred"}), "field rule"),
        (Wish("app", "generic"), "of this name already"),
    ],
)
def test_a_hand_meets_the_same_check_as_a_file(
    runtime: Runtime, filed: Callable[..., Applied], wish: Wish, why: str
) -> None:
    tenant_id = filed().ids["clinic"]
    with pytest.raises(NotUsable, match=why):
        source.create(runtime, tenant_id, wish, OLGA)
    assert [each.name for each in source.every(runtime, tenant_id)] == ["app"]
