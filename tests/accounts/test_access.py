"""Who may do what is one table, and the docs print it."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.access import ALLOWS, ROLES, RULES, Deed, may, steps_up, table

DOCS = Path(__file__).resolve().parents[2] / "docs" / "roles.md"


def test_the_docs_hold_the_table_as_the_code_has_it() -> None:
    assert table() in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("role", "does"),
    [
        ("operator", {"request", "revoke"}),
        ("privacy_officer", {"approve", "revoke", "switch"}),
        ("responder", set()),
        ("viewer", set()),
        ("admin", set()),
    ],
)
def test_an_operator_asks_and_revokes_an_officer_approves_revokes_and_switches_a_responder_none_of_it(
    role: str, does: set[Deed]
) -> None:
    governing: list[Deed] = ["request", "approve", "revoke", "switch"]
    assert {deed for deed in governing if may([role], deed)} == does


def test_an_administrator_of_people_reveals_nothing_and_nobody_alone_asks_and_approves() -> None:
    assert not may(["admin"], "reveal")
    assert not any(may([role], "request") and may([role], "approve") for role in ROLES)


def test_what_is_grave_asks_for_a_fresh_proof() -> None:
    grave: set[Deed] = {"reveal", "approve", "sign", "export", "keys", "manage", "tokens"}
    assert {deed for deed in RULES if steps_up(deed)} >= grave


def test_every_role_sees_and_none_but_ours_does_anything() -> None:
    assert all(may([role], "see") for role in ROLES)
    assert not any(may(["root", "", "ADMIN"], deed) for deed in RULES)
    assert set().union(*ALLOWS.values()) == set(ROLES)
