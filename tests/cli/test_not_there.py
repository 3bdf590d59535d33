"""What is named well and is not there is a failure (1); what is named as nothing can be is a usage error (2)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from router.cli import tree
from router.flow import manage
from router.runtime import Runtime
from tests.cli.conftest import Alertveil
from tests.flow.builder import Tenant

ID = "019a48c2-3d51-7a04-9f6e-2b1c5d8e7f30"
PERSON = "po@clinic.test"
AS = f"--as {PERSON}"

NAMED = {
    "INCIDENT", "DELIVERY", "CHANNEL", "HOOK", "SILENCE", "ID", "ITEM", "HOLD", "C", "NAME", "INC", "TOKEN", "KEY",
    "UUID", "V", "EMAIL",
}  # fmt: skip
"""Metavars of what a command looks up by its name."""

MAKES = {
    "hooks add", "users add", "baas add", "errors keep", "tokens add", "users break-glass open",
    "users break-glass seal",
}  # fmt: skip
"""Verbs that name what they make, or a person who is made with it."""

ABSENT = (
    "incidents show INC-12345678",
    f"incidents ack {ID}",
    "incidents note INC-12345678",
    "channels show nowhere",
    "channels pause nowhere",
    "channels resume nowhere",
    "channels preview nowhere --types EMAIL",
    f"channels preview hook --incident {ID}",
    f"deliveries show {ID}/hook/1",
    f"deliveries retry {ID}/hook/1",
    "deliveries list --incident INC-12345678",
    f"deliveries list --after {ID}/hook/1",
    "deliveries recover --since 1d --channel nowhere",
    "hooks show nowhere",
    "hooks events nowhere",
    "hooks change nowhere --name other",
    "hooks replay nowhere --since 1d",
    f"optins show {ID}",
    f"optins approve {ID} {AS}",
    "optins list --channel nowhere",
    f"optins request --channel nowhere --types EMAIL --purpose x --baa {ID} --until 2099-12-01 {AS}",
    f"baas retire {ID}",
    "silences expire SIL-12345678",
    f"reviews decide {ID} keep --quarter 2020Q1 --reason x {AS}",
    f"tokens revoke {ID}",
    f"errors open {ID} --reason triage {AS}",
    f"reveal --incident {ID} --token <EMAIL_7K2M4QXW9R> --reason triage {AS}",
    f"tenants release {ID} --reason x",
    "tenants hold --reason x --incident INC-12345678",
    "audit list --channel nowhere",
    "audit list --incident INC-12345678",
    "audit disclosures --channel nowhere",
    "audit disclosures --incident INC-12345678",
    "audit disclosures --user nobody@clinic.test",
    "users disable --email nobody@clinic.test",
    "users link --email nobody@clinic.test",
    "users zone UTC --email nobody@clinic.test",
    f"keys forget {ID}",
    "channels list --tenant nowhere",
    "channels pause hook --as nobody@clinic.test",
)

IMPOSSIBLE = (
    "incidents show nonsense",
    "deliveries show nonsense",
    "optins show nonsense",
    "baas retire nonsense",
    "silences expire nonsense",
    "reviews show --quarter nonsense",
    "tokens revoke nonsense",
    f"errors open nonsense --reason triage {AS}",
    "tenants release nonsense --reason x",
    f"reveal --incident {ID} --token nonsense --reason triage {AS}",
)


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:  # noqa: ANN401 - typer's own copy of click
    """Every verb with the metavars of what it takes."""
    below = getattr(command, "commands", None)
    if not below:
        yield " ".join(path), {getattr(each, "metavar", None) or "" for each in command.params if each.name != "as_"}
    for name, each in (below or {}).items():
        yield from verbs(each, (*path, name))


def said_of(verb: str) -> Callable[[str], bool]:
    return lambda line: line.startswith(f"{verb} ")


def test_what_is_not_there_is_a_failure_and_what_cannot_be_a_usage_error_in_every_area(
    alertveil: Alertveil, runtime: Runtime, clinic: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage.add_user(runtime, clinic.tenant_id, PERSON, ["privacy_officer", "operator", "responder", "reviewer"], "test")
    wrong = []
    for line, code in [*((each, 1) for each in ABSENT), *((each, 2) for each in IMPOSSIBLE)]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a note")))
        said = alertveil(*line.split())
        if (said.code, said.out, "nobody foresaw" in said.err) != (code, "", False):
            wrong.append((line, said))
    assert wrong == []
    found = list(verbs(tree._built()))  # noqa: SLF001 - the tree as it is
    asked = {
        (line.split()[0], kind) for line in ABSENT for verb, takes in found if line.startswith(verb) for kind in takes
    }
    looks = {(verb.split()[0], kind) for verb, takes in found if verb not in MAKES for kind in takes & NAMED}
    assert looks <= asked
