"""Who may do what: a closed list of roles, and of deeds that some of them allow (design §2 and §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

Role = Literal["viewer", "responder", "operator", "privacy_officer", "reviewer", "auditor", "admin"]
ROLES: Final[tuple[str, ...]] = get_args(Role)

Deed = Literal["see", "respond", "operate", "switch", "manage"]
"""See tokens · act on incidents · mend channels and deliveries · use the kill switch · manage users."""

ALLOWS: Final[Mapping[Deed, frozenset[str]]] = {
    "see": frozenset(ROLES),
    "respond": frozenset({"responder", "operator"}),
    "operate": frozenset({"operator"}),
    "switch": frozenset({"privacy_officer"}),
    "manage": frozenset({"admin"}),
}


def may(roles: Iterable[str], deed: Deed) -> bool:
    """Does one of these roles allow the deed. A role that nobody knows allows nothing."""
    return not ALLOWS[deed].isdisjoint(roles)
