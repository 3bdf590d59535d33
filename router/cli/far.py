"""The far end of a command: what it reads and does through a server's API, in the shapes that it shows on the host.

Imports the client and nothing of the product that works here: with `--url` a command starts as fast as it can.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from router.cli.failure import Refused

if TYPE_CHECKING:
    from router.client import Client

SHORT: Final = re.compile(r"(?:inc-)?([0-9a-f]{8})")

PAGE: Final = 500
"""Lines that the server gives at once at most."""

_PERSON: Final = "needs a fresh proof of a person, which no token gives: sign in to the pages."

HOST_ONLY: Final[Mapping[str, str]] = {
    "up": "It starts a server, so it runs on the host that will serve.",
    "web": "It is the server, so it runs on the host that will serve.",
    "worker": "It is part of the server, so it runs on the host that will serve.",
    "beat": "It is part of the server, so it runs on the host that will serve.",
    "bench": "It measures this machine, so it runs here.",
    "migrate": "The schema is changed by the database's owner, on the host.",
    "keys": "Keys are looked after by whoever has the keystore, on the host.",
    "doctor": "It examines the host it runs on; `GET /api/v1/health` says how a server is doing.",
    "reveal": f"A reveal {_PERSON}",
    "errors": "Errors are sealed and opened on the host.",
    "evidence": f"Taking evidence out {_PERSON}",
    "audit export": f"Taking the audit out {_PERSON}",
    "audit verify": "A server's own word proves nothing: verify an export with --file, or run it on the host.",
    "reviews export": f"Taking a review out {_PERSON}",
    "reviews sign": f"Signing off {_PERSON}",
    "optins approve": f"Approving {_PERSON}",
    "tokens add": f"Making a token {_PERSON}",
    "users": f"Looking after people {_PERSON}",
}
"""Why a word, or every word under it, is not done through a server."""

ELSEWHERE: Final = "It is done on the host alone."

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])

_given: ContextVar[tuple[str, str] | None] = ContextVar("given", default=None)
_open: ContextVar[Far | None] = ContextVar("open", default=None)
ANYWHERE: Final = "anywhere"


def anywhere(command: F) -> F:
    """Marks a command that asks a server when `--url` names one, or that needs neither server nor host."""
    command.__dict__[ANYWHERE] = True
    return command


def aim(url: str | None, token_file: str | None) -> None:
    """Remember which server this run asks; no URL: none, but this host's own installation."""
    _given.set((url, token_file or "") if url else None)
    _open.set(None)


def aimed() -> bool:
    """Does this run ask a server."""
    return _given.get() is not None


def leave() -> None:
    """Let go of the server."""
    held = _open.get()
    if held is not None:
        held.client.close()
    aim(None, None)


def refuse(words: Sequence[str]) -> None:
    """Say why this command is not done through a server. Raises Refused, exit 2."""
    path = " ".join(words)
    why = HOST_ONLY.get(path) or HOST_ONLY.get(words[0], ELSEWHERE)
    raise Refused(f"`alertveil {path}` does not work with --url or ALERTVEIL_URL: {why}", 2)


def far(tenant: str | None = None, as_: str | None = None) -> Far | None:
    """The server that this run asks, None without one.

    Raises:
        Refused: `--as` (a token acts in its own name), another tenant than the token's, no token's file, or an address
            that cannot be used; all of them wrong uses.
    """
    given = _given.get()
    if given is None:
        return None
    if as_ is not None:
        raise Refused("With --url a token acts, in the name of whoever made it: leave out --as.", 2)
    held = _open.get() or _reach(*given)
    _open.set(held)
    if tenant is not None and held.tenant().slug != tenant:
        raise Refused("The token leads to another tenant than --tenant names.", 2)
    return held


def _reach(url: str, file: str) -> Far:
    from router.client import Client, Unusable, token_of

    if not file:
        raise Refused("Say with --token-file (or ALERTVEIL_TOKEN_FILE) which file holds the token.", 2)
    try:
        return Far(Client(url, token_of(Path(file))))
    except Unusable as error:
        raise Refused(str(error), 2) from None


@contextlib.contextmanager
def usage() -> Iterator[None]:
    """What the server finds unfit is a wrong use here. Raises Refused, exit 2."""
    from router.client import Refused as Said

    try:
        yield
    except Said as error:
        if error.status in {400, 422}:
            raise Refused(str(error), 2) from None
        raise


class Far:
    """One server, asked for what the commands show."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._tenant: Any = None

    def tenant(self) -> Any:  # noqa: ANN401 - client.api.Tenant
        """The token's tenant."""
        self._tenant = self._tenant or self.client.get_tenant()
        return self._tenant

    def incident(self, text: str) -> UUID:
        """An incident by INC-… or uuid. Raises Refused."""
        short = SHORT.fullmatch(text.strip().lower())
        if short is None:
            try:
                return UUID(text)
            except ValueError:
                raise Refused("An incident is named INC- and eight characters, or by its uuid.", 2) from None
        found = list(self.client.list_incidents(short_id=f"INC-{short[1].upper()}"))
        if not found:
            raise Refused("There is no such incident in this tenant; `alertveil incidents list` shows them.")
        if len(found) > 1:
            raise Refused("More than one incident is called that; name it by its uuid.", 2)
        return found[0].id

    def full(self, delivery: str) -> str:
        """A delivery's id with its incident's uuid in place of INC-…. Raises Refused."""
        short, slash, rest = delivery.partition("/")
        return f"{self.incident(short)}{slash}{rest}"

    def incidents(self, status: Any, severity: Any, after: str | None, most: int) -> list[Any]:  # noqa: ANN401 - words of the command
        """Incidents, the newest first."""
        last = self.incident(after) if after else None
        found = self.client.list_incidents(status=status, severity=severity, after=last, page=min(most, PAGE))
        return [_incident(each) for each in islice(found, most)]

    def whole(self, text: str, alerts: int) -> Any:  # noqa: ANN401 - as overview.Whole
        """One incident with its timeline, its newest alerts and what every channel was told."""
        incident_id = self.incident(text)
        one = self.client.get_incident(incident_id)
        told = self.client.list_incident_deliveries(incident_id, page=PAGE)
        shown = _incident(one, fields=_pairs(one.fields), links=_pairs(one.links))
        return SimpleNamespace(
            incident=shown,
            quiet=one.quiet,
            events=[_row(each, hush=each.untold) for each in self.client.list_timeline(incident_id, page=PAGE)],
            alerts=[
                _row(each, alert_id=each.id)
                for each in islice(self.client.list_alerts(incident_id, page=min(alerts, PAGE)), alerts)
            ],
            notes=list(self.client.list_notes(incident_id, page=PAGE)),
            deliveries=[_delivery(each, each.history) for each in told],
        )

    def note(self, text: str, words: str) -> tuple[UUID, UUID]:
        """Write a note to an incident; the note's id and the incident's."""
        from router.client.api import NewNote

        incident_id = self.incident(text)
        with usage():
            return self.client.add_note(incident_id, NewNote(text=" ".join(words.split()))).id, incident_id

    def act(self, text: str, action: str) -> Any:  # noqa: ANN401 - client.api.Acted
        """Act on an incident."""
        incident_id = self.incident(text)
        return {
            "ack": self.client.acknowledge_incident,
            "investigate": self.client.investigate_incident,
            "resolve": self.client.resolve_incident,
            "reopen": self.client.reopen_incident,
        }[action](incident_id)

    def deliveries(
        self,
        *,
        state: Any,  # noqa: ANN401 - one of the words of a delivery's state
        channel: str | None,
        incident: str | None,
        after: str | None,
        most: int,
    ) -> list[Any]:
        """Deliveries, those of the newest incidents first, or those of one incident."""
        if incident is not None:
            every = self.client.list_incident_deliveries(self.incident(incident), page=PAGE)
            fit = (each for each in every if state in (None, each.state) and channel in (None, each.channel))
            return [_delivery(each) for each in islice(fit, most)]
        last = self.full(after) if after is not None else None
        found = self.client.list_deliveries(state=state, channel=channel, after=last, page=min(most, PAGE))
        return [_delivery(each) for each in islice(found, most)]

    def delivery(self, incident_id: UUID, channel: str, revision: int) -> Any:  # noqa: ANN401 - as overview.Delivery
        """One delivery with its attempts."""
        found = self.client.get_delivery(incident_id, channel, revision)
        return _delivery(found, found.history)

    def optins(self, channel: str | None, after: UUID | None, most: int) -> list[Any]:
        """Opt-ins, the open ones first; those that follow `after`. Raises Refused: there is no such opt-in here."""
        found = [_row(each, optin_id=each.id) for each in self.client.list_optins(channel=channel, page=PAGE)]
        running = {"requested", "active", "expiring"}
        found.sort(key=lambda each: (each.state not in running, -each.requested_at.timestamp()))
        places = [place for place, each in enumerate(found, 1) if each.id == after]
        if after is not None and not places:
            raise Refused("There is no such opt-in in this tenant; `alertveil optins list` shows them.")
        start = places[0] if places else 0
        return found[start : start + most]

    def record(self, quarter: str, *, interim: bool | None) -> Any:  # noqa: ANN401 - client.api.ReviewRecord
        """The whole record of a review. Raises Refused, exit 3: it is not what was signed."""
        from router.client import Refused as Said

        try:
            kind = {True: "interim", False: "final"}.get(interim) if interim is not None else None
            return self.client.get_review_record(quarter, kind=kind)  # type: ignore[arg-type]  # one of the two words
        except Said as error:
            raise Refused(str(error), 3 if error.kind == "tampered" else 1) from None


def known(facts: Iterable[Any]) -> list[dict[str, str]]:
    """What is known about a vendor, for programs."""
    return [{"text": each.text, "source": each.source} for each in facts]


def secrets_of(config: object, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The values behind every `*_env` of a configuration that has one in the environment."""
    found: dict[str, str] = {}
    todo = [config]
    while todo:
        one = todo.pop()
        if isinstance(one, Mapping):
            for name, value in one.items():
                if str(name).endswith("_env") and isinstance(value, str) and value in environ:
                    found[value] = environ[value]
                todo.append(value)
        elif isinstance(one, list):
            todo += one
    return found


def _row(each: Any, **more: Any) -> SimpleNamespace:  # noqa: ANN401 - a struct of the client
    return SimpleNamespace(**{**{name: getattr(each, name) for name in each.__struct_fields__}, **more})


def _incident(each: Any, **more: Any) -> SimpleNamespace:  # noqa: ANN401 - client.api.IncidentLine
    return _row(each, incident_id=each.id, count=each.alerts, **more)


def _delivery(each: Any, attempts: Sequence[Any] = ()) -> SimpleNamespace:  # noqa: ANN401 - client.api.DeliveryLine
    return _row(each, told=SimpleNamespace(words=each.words), attempted=each.attempts, attempts=attempts)


def _pairs(found: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, each.value) for each in found)
