"""Where everything is: areas with a few pages each, as the header of every page and the menu on a phone show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from router.core.access import Deed, may


class Place(NamedTuple):
    """A page that the header leads to. `here` is what its template calls itself; `deed`: who may see it."""

    here: str
    words: str
    path: str
    deed: Deed = "see"


class Area(NamedTuple):
    """Pages that belong together; `words` is what the header calls them, and the first page is where that leads."""

    words: str
    places: tuple[Place, ...]

    def holds(self, here: str) -> bool:
        """Is the page that calls itself so one of these."""
        return any(each.here == here for each in self.places)


AREAS: Final = (
    Area("Incidents", (Place("live", "Live incidents", "/"), Place("silences", "Silences", "/silences"))),
    Area(
        "Sources",
        (
            Place("sources", "Sources", "/sources"),
            Place("routes", "Routes", "/routes"),
            Place("words", "Safe words and patterns", "/words"),
            Place("start", "First steps", "/start", "configure"),
        ),
    ),
    Area("Channels", (Place("channels", "Channels", "/channels"), Place("hooks", "Hooks", "/hooks"))),
    Area(
        "Opt-ins",
        (
            Place("optins", "Opt-ins", "/opt-ins"),
            Place("baas", "Agreements", "/baas"),
            Place("reviews", "Reviews", "/reviews", "audit"),
        ),
    ),
    Area(
        "Evidence",
        (
            Place("audit", "Audit", "/audit", "audit"),
            Place("disclosures", "Who saw a value", "/disclosures", "disclosures"),
            Place("access", "Who holds which role", "/access", "audit"),
            Place("evidence", "Evidence bundle", "/evidence", "export"),
        ),
    ),
    Area(
        "Operations",
        (Place("operations", "How it is doing", "/operations"), Place("charts", "Charts", "/charts")),
    ),
    Area(
        "Access",
        (
            Place("people", "People", "/people", "manage"),
            Place("tokens", "API tokens", "/tokens", "tokens"),
            Place("roles", "Roles", "/roles"),
        ),
    ),
)


def areas(roles: Iterable[str]) -> list[Area]:
    """The areas with the pages that these roles may see; an area without one is left out."""
    held = tuple(roles)
    found = (Area(each.words, tuple(one for one in each.places if may(held, one.deed))) for each in AREAS)
    return [each for each in found if each.places]
