"""Reads an event once more when it turned out to be about a person: what ordinary words say of somebody."""

from __future__ import annotations

from router.privacy import care, clinical, shapes
from router.privacy.elsewhere import covered, spared
from router.privacy.fields import Fields
from router.privacy.items import TooLong
from router.privacy.keys import NOTHING
from router.privacy.memory import Place
from router.privacy.plans import Plan
from router.privacy.positional import segmented
from router.privacy.shadow import TooDeep
from router.privacy.spans import Span, settle
from router.privacy.tokens import TOKEN
from router.privacy.wards import stated

_READ: frozenset[str] = frozenset({"", "free"})
_SHAPED: frozenset[str] = frozenset({"url", "time", "id", "opaque", "bare"})
"""Roles whose values are no words that somebody chose."""
_VALUES: frozenset[str] = frozenset({"value", "val", "v", "text", "label", "display", "content", "answer", "data", "*"})
"""Keys that say less than those above them."""
_CODED: frozenset[str] = frozenset({"cid", "CID", "cie", "CIE", "cim", "CIM"})
"""What ICD-10 is called in Portuguese, Spanish and French; a `cid` is an id of a container or client as often."""
_WHY: frozenset[str] = frozenset(
    [
        "why", "reason", "indication", "problem", "cause", "condition", "complaint", "concern", "finding", "for", "dg",
        "category", "chapter", "motivo", "motif", "grund",
    ]
)  # fmt: skip
"""What somebody is seen for, when the value is a category of ICD-10."""
_LONGEST = 200
_READABLE = 4_000
_GONE: tuple[None, None, str, Place] = (None, None, "", Place((), NOTHING, "", exact=False, rule=""))
"""In the place of a leaf that passed, until it was told that it should not have."""


def _unquoted(text: str, kind: str) -> Span:
    """All of a value but the quotes that it stands in."""
    inner = text.strip(" \t'\"`")
    start = text.find(inner)
    return Span(start, start + len(inner), kind, "care", True)


class Told(Fields):
    """An event that may be about a person."""

    __slots__ = ()

    def tell(self) -> None:  # noqa: C901 - one pass over the plans, one over what passed
        """After the walk: narrow what passed, where the event is about a person or a key speaks of care."""
        if self.level == "sealed":
            return
        sure = about = self._about()
        if self.strict and not about:
            about = any(clinical.speaks(plan.text) for _, _, plan in self.plans) or self._spoken()
        if about:
            settled = self.memory.templates.settled
            for _, _, plan in self.plans:
                if (plan.sign is None or plan.sign not in settled) and not (
                    len(plan.spans) == 1 and plan.spans[0].end - plan.spans[0].start == len(plan.text)
                ):
                    # Where nothing is anybody's, a text of systems stays one, whatever word for patients it has.
                    told = self._told(plan, narrow=sure or not care.of_systems(plan.text))
                    if plan.sign is not None and sure and told == plan.spans:
                        self.memory.templates.settle(plan.sign)
                    plan.spans = told
        elif not self.strict:
            return
        taken = False
        for at, (box, key, text, place) in enumerate(self.plain):
            if about and key in _CODED and not place.rule and shapes.ICD10.fullmatch(text):
                coded = Plan(text, [Span(0, len(text), "DIAGNOSIS", "care", True)], place.path)
                self.plans.append((box, key, coded))
                self.late.append((box, key, coded))
                self.learn(coded)
                self.plain[at] = _GONE
                taken = True
                continue
            if place.rule or place.role in _SHAPED:
                continue
            quiet = place.quiet or self._quiet(place)
            if text in quiet[about]:
                continue
            said = place.said or ""
            found = self._narrowed(text, place, said, about=about)
            if found is None:
                self.memory.settle((said, place.role, place.exact, about), text)
            else:
                self.plans.append((box, key, found))
                self.late.append((box, key, found))
                self.learn(found)
                self.plain[at] = _GONE
                taken = True
        if taken:
            self.plain = [leaf for leaf in self.plain if leaf is not _GONE]

    def _about(self) -> bool:
        """Is something in the event sure to be a person's."""
        for _, _, plan in self.plans:
            for _, _, kind, rule, sure in plan.spans:
                if sure and (kind in clinical.OF_PERSONS or (kind == "DATE" and rule == "key")):
                    return True
        return False

    def _quiet(self, place: Place) -> tuple[set[str], set[str]]:
        """The texts of `place` that are known to say nothing of a person."""
        said = place.said = next((part for part in reversed(place.path) if part not in _VALUES), "")
        place.quiet = (
            self.memory.settled((said, place.role, place.exact, False)),
            self.memory.settled((said, place.role, place.exact, True)),
        )
        return place.quiet

    def _spoken(self) -> bool:
        """Does a text that passed speak of patients; what does not is remembered."""
        silent = self.memory.slot("silent")
        for _, _, text, place in self.plain:
            if place.role in _READ and text not in silent and " " in text:
                if clinical.speaks(text):
                    return True
                self.memory.keep("silent", text)
        return False

    def _narrowed(self, text: str, place: Place, key: str, *, about: bool) -> Plan | None:
        """The plan of a leaf that had none, when it says something of a person. `key`: what says most of it."""
        spoken = care.alone(key)
        if not about and not spoken:
            return None
        told = "<" in text and TOKEN.search(text) is not None  # what a first reading left stays
        if about and not place.exact and len(text) <= _LONGEST and not told:
            kind = "" if text.isalnum() and care.vague(key) else care.kind_of(key)
            if kind == "DIAGNOSIS" and not self.strict and care.a_status(text):
                kind = ""
            if kind and (
                (care.ordinary(text, kind) and (self.strict or care.clinical(key) or care.telling(text, kind)))
                or (care.clinical(key) and care.worded(text))
            ):
                return Plan(text, spared([_unquoted(text, kind)], text), place.path)
            if care.calls_ward(key, text):
                return Plan(text, spared([_unquoted(text, "WARD")], text), place.path)
        if about and self.strict and key.lower() in _WHY and shapes.ICD10.fullmatch(text):
            return Plan(text, [Span(0, len(text), "DIAGNOSIS", "care", True)], place.path)
        if about and clinical.is_result(text, key) and place.role != "name":
            return Plan(text, spared([Span(0, len(text), "DIAGNOSIS", "care", True)], text), place.path)
        if about and self.strict and place.role in _READ and (brief := stated(text)):
            return Plan(text, brief, place.path)
        if place.role not in _READ or not (" " in text or text.isalpha() or "=" in text):
            return None
        found = Plan(text, [], place.path)
        found.spans = self._told(found, narrow=not care.of_systems(text), about=about)
        return found if found.spans else None

    def _told(self, plan: Plan, *, narrow: bool = True, about: bool = True) -> list[Span]:
        """The spans of a text about a person, with what else it says of that person; `narrow`: in ordinary words."""
        text, spans = plan.text, plan.spans
        if any(span.rule == "segment" for span in spans) or segmented(text):
            return spans
        if about and self.strict and len(text) <= _READABLE:
            starts = [span.start for span in spans]
            said = [span for span in spared(stated(text), text) if not covered(span, spans, starts)]
            if said:
                spans = settle([*spans, *said])
        own = any(span.sure and span.kind in clinical.OF_PERSONS for span in spans)
        taken = settle([*spans, *(Span(start, end, "TEXT", "inner", True) for start, end, _ in plan.inner)])
        rest: list[str] = []
        at = 0
        for span in taken:
            rest.append(text[at : span.start])
            at = span.end
        rest.append(text[at:])
        left = "\x00".join(rest)
        if not any(map(str.isalnum, left)):
            return spans  # all of it is taken: a text that was too much is not read after all
        calm = self.memory.slot("calm words of persons" if own else "calm words")
        if (self.strict or not own) and not (
            (narrow or own or self.strict)
            and (clinical.restless(left, text, calm, own=own) or (self.strict and clinical.cares(text)))
        ):
            return spans
        try:
            found = self.reader.told(text, taken, self.kept, narrow=narrow, own=own)
        except (TooDeep, TooLong):
            return [Span(0, len(text), "TEXT", "budget", True)]
        if not found:
            return spans
        found = spared(found, text)
        added = Plan(text, found, plan.path)
        self.learn(added)
        return settle([*spans, *found])
