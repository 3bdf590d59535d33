"""What the pages of sources, routes and words share: who changes, lines that people type, what a file did."""

from __future__ import annotations

from collections.abc import Mapping

from router.flow import hand
from router.flow.hand import By, Filed
from router.flow.signin import Visitor
from router.web.pages.governance import Governed


class Configuring(Governed):
    """Base of their handlers."""

    async def _filed(self, visitor: Visitor) -> Filed | None:
        found: Filed | None = await self._ask(hand.filed, visitor.tenant_id)
        return found


def by(visitor: Visitor) -> By:
    """The visitor, as flows that change the configuration take them."""
    return By(visitor.email, visitor.context)


def lines(text: str) -> list[str]:
    """What stands in a text area, a line each, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def words(text: str) -> list[str]:
    """Names with commas or spaces between."""
    return text.replace(",", " ").split()


def pairs(text: str) -> dict[str, str]:
    """Lines of `name: value`; a line without a colon keeps its name, so that the check can say what is wrong."""
    found = {}
    for line in lines(text):
        name, _, value = line.partition(":")
        found[name.strip()] = value.strip()
    return found


def as_lines(found: Mapping[str, str]) -> str:
    """The same the other way round."""
    return "\n".join(f"{name}: {value}" for name, value in found.items())
