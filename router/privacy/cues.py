"""Whose or what a number or a code is, by the words that stand before it or in brackets behind it."""

# ruff: noqa: C901, PLR2004 - decision tables; splitting a rule hides it
from __future__ import annotations

from router.privacy.codes import Codes
from router.privacy.items import Item
from router.privacy.keys import AGED, judge, kind_of_words
from router.privacy.made import SOURCE_FILE
from router.privacy.programs import of_thing, program
from router.privacy.words import CLINICAL_CUES, FILLERS, WHOSE


class Cues(Codes):
    """Reads the words before an item as the name of its kind."""

    __slots__ = ()

    def _clause(self, text: str, items: list[Item], index: int) -> str:
        """`member lookup miss: 8CFC68BC7B`: whose number a colon announces, by the clause before it."""
        if index < 2 or text[items[index - 1].end : items[index].start] not in {": ", ": '", ': "'}:
            return ""
        for back in range(index - 1, max(index - 6, -1), -1):
            item = items[back]
            if item.type != "w" or (back < index - 1 and text[item.end : items[back + 1].start] != " "):
                return ""
            low = item.text.lower()
            kind = WHOSE.get(low, "") or WHOSE.get(low.removesuffix("s"), "")
            if kind:
                return kind
        return ""

    def _cue(self, text: str, items: list[Item], index: int) -> str:
        """The kind that the words right before (or in brackets right after) an item name."""
        back = index - 1
        if back >= 0 and text[items[back].end : items[index].start] == ":" and SOURCE_FILE.match(items[back].text):
            return ""
        if back >= 0:
            nearest = items[back].text
            if (
                nearest in self.idle
                and nearest not in FILLERS
                and nearest not in CLINICAL_CUES
                and not kind_of_words((nearest,))
            ) and index + 1 >= len(items):
                return ""
        skipped = 0
        trail: tuple[str, ...] = ()
        words: list[str] = []
        while back >= 0 and len(words) < 3 and skipped < 4:
            item = items[back]
            gap = text[item.end : items[back + 1].start]
            if item.type not in {"w", "c"} or gap.strip(" #:=([\"'./-_\\>") or "\n" in gap:
                break
            if item.type == "c" and "-" in item.text and program(item.text):
                return ""  # `rollback mpi-matcher 336`
            low = item.text.lower().replace(".", "")
            if low == "mr" and "#" in gap:
                return "MRN"
            if low == "child" and gap == " (":
                return ""  # a process: `Child (4412) died`
            if item.type == "c" and of_thing(low.partition("@")[0]):
                return ""  # `rollback ward-dashboard 197`
            if low in FILLERS and not words:
                skipped += 1
                trail = (low, *trail)
                found = ""
            else:
                if words and gap not in {" ", "-", "_", "."}:
                    break
                words.insert(0, low)
                found = (
                    kind_of_words(tuple(words))
                    or (kind_of_words((*words, trail[0])) if trail else "")
                    or (CLINICAL_CUES.get(low, "") if len(words) == 1 else "")
                )
                if not found and item.type == "c" and len(words) == 1 and gap != ":" and "/" not in low:
                    found = judge(low).kind
                    found = "" if found == "PERSON" else found
                if not found and len(words) == 1 and low.endswith("s") and len(low) > 4:
                    found = kind_of_words((low[:-1],))
            if found == "AGE" and back > 0 and items[back - 1].text.lower() in AGED:
                return ""  # `queue age is 5809`
            if found:
                longer = ""
                if back > 0 and items[back - 1].type == "w" and text[items[back - 1].end : item.start] == " ":
                    longer = kind_of_words((items[back - 1].text.lower(), *words))
                found = longer or found
                return (
                    {
                        "PERSON": "PATIENT_ID",
                        "USERNAME": "",
                        "URL": "",
                        "SECRET": "",
                        "DIAGNOSIS": "",
                        "MEDICATION": "",
                        "IP": "IP",
                    }.get(found, found)
                    if found != "ADDRESS" or low in CLINICAL_CUES
                    else ""
                )
            back -= 1
        if index + 1 < len(items):
            following = items[index + 1]
            gap = text[items[index].end : following.start]
            if (
                gap in {" (", "(", " [", " is the ", " - "}
                and following.type == "w"
                and following.text.lower()
                in {
                    "mrn",
                    "ssn",
                    "npi",
                    "dea",
                    "dob",
                    "dod",
                    "zip",
                    "phone",
                    "fax",
                    "cell",
                    "mobile",
                    "member",
                    "account",
                }
            ):
                return kind_of_words((following.text.lower(),))
        return ""
