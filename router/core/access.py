"""Who may do what: one table of deeds and the roles that allow them (design §2 and §6), read by every flow and page.

A flow asks `may` where the data is; the page and `docs/roles.md` print the same table, so neither can say otherwise.
A deed that is `step_up` needs a person who proved themselves again within minutes (`router.flow.signin.stepped_up`), so
an API token never does it, whatever its roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, get_args

Role = Literal["viewer", "responder", "operator", "privacy_officer", "reviewer", "auditor", "admin"]
ROLES: Final[tuple[str, ...]] = get_args(Role)

Deed = Literal[
    "see",
    "respond",
    "silence",
    "reveal",
    "analyse",
    "operate",
    "configure",
    "request",
    "revoke",
    "approve",
    "baa",
    "switch",
    "review",
    "sign",
    "audit",
    "disclosures",
    "export",
    "erase",
    "manage",
    "tokens",
    "keys",
]


class Rule(NamedTuple):
    """One row of the table: what the deed is, which roles allow it, and whether it needs a fresh proof of who asks."""

    what: str
    roles: frozenset[str]
    step_up: bool = False


def _rule(what: str, *roles: Role, step_up: bool = False) -> Rule:
    return Rule(what, frozenset(roles), step_up)


RULES: Final[Mapping[Deed, Rule]] = {
    "see": Rule("see incidents, channels, deliveries and opt-ins, with tokens", frozenset(ROLES)),
    "respond": _rule("acknowledge, investigate, resolve, reopen and annotate incidents", "responder", "operator"),
    "silence": _rule("keep channels quiet about alerts for a while, and end that", "responder", "operator"),
    "reveal": _rule(
        "see the plaintext behind a token, with a reason", "responder", "operator", "privacy_officer", step_up=True
    ),
    "analyse": _rule("have an incident analysed, on tokens", "responder", "operator"),
    "operate": _rule("test, pause and resume channels and sources, send deliveries again", "operator"),
    "configure": _rule("change channels, sources, routes, safe words and patterns", "operator"),
    "request": _rule("ask for a plaintext opt-in", "operator"),
    "revoke": _rule("end a plaintext opt-in", "operator", "privacy_officer"),
    "approve": _rule(
        "approve or reject a plaintext opt-in that another person asked for", "privacy_officer", step_up=True
    ),
    "baa": _rule("keep the list of business associate agreements", "privacy_officer"),
    "switch": _rule("throw the kill switch", "privacy_officer"),
    "review": _rule("open a quarterly review and decide its items", "privacy_officer", "reviewer"),
    "sign": _rule("sign a quarterly review off", "privacy_officer", "reviewer", step_up=True),
    "audit": _rule("read and verify the audit log", "privacy_officer", "reviewer", "auditor", "admin"),
    "disclosures": _rule("search who saw a value", "privacy_officer", "auditor"),
    "export": _rule(
        "take evidence out: audit log, reviews, disclosures", "privacy_officer", "reviewer", "auditor", step_up=True
    ),
    "erase": _rule(
        "erase what was captured of a record or a person, and set how long it is kept", "privacy_officer", step_up=True
    ),
    "manage": _rule("add people, give them roles, disable them, end their sessions", "admin", step_up=True),
    "tokens": _rule("make and revoke API tokens", "admin", step_up=True),
    "keys": _rule("rotate keys", "admin", step_up=True),
}

ALLOWS: Final[Mapping[Deed, frozenset[str]]] = {deed: rule.roles for deed, rule in RULES.items()}


def may(roles: Iterable[str], deed: Deed) -> bool:
    """Does one of these roles allow the deed. A role that nobody knows allows nothing."""
    return not RULES[deed].roles.isdisjoint(roles)


def steps_up(deed: Deed) -> bool:
    """Does the deed need a person who proved themselves again within minutes."""
    return RULES[deed].step_up


def table() -> str:
    """The matrix as a Markdown table, deed by role, as `docs/roles.md` holds it."""
    head = ["deed", "what it is", *(role.replace("_", " ") for role in ROLES), "fresh proof"]
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---", "---", *(":-:" for _ in head[2:])]) + "|"]
    for deed, rule in RULES.items():
        marks = ["yes" if role in rule.roles else "" for role in ROLES]
        cells = [f"`{deed}`", rule.what, *marks, "yes" if rule.step_up else ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
