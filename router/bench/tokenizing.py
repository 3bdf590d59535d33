"""How fast and how well one process tokenizes: `python -m router.bench.tokenizing SECONDS [CORPUS.jsonl …]` prints it.

Speed: the whole of the edge's work on an alert but storage (parse, detect, propose tokens, put them in place), and
beside it, over the same bytes and in turns with it, six `re` substitutions as teams copy them. A labelled corpus
(one JSON object a line: payload, phi, benign) adds what leaked and what was destroyed. Other tools are timed on the
same texts when they are installed here.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from router.bench import alerts
from router.bench.scorer import score, serialise
from router.flow.intake import draft
from router.privacy.rules import compile_rules
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint
from router.sources.registry import FORMATS

SIX: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"\b\d{4}-\d{2}-\d{2}\b",
        r"\b\d{1,2}/\d{1,2}/\d{4}\b",
        r"\bMRN[-:\s]?\d+\b",
        r"\(?\d{3}\)?[-.\s]?\d{3}[-.\s]?\d{4}\b",
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    )
)
"""The filter that teams copy: SSN, two dates, MRN, phone, email."""
WORST: Final = (
    "a.",
    "123-",
    "a@",
    "ssn=",
    'name="',
    "%25",
    "PID|1||",
    "1 ",
    "a:",
    "Name: A ",
    "<b>x</b>",
    "a,b\n",
    "[",
    "1,",
    "c/o ",
    "LIKE @",
    "MSH|",
    "K1A 0B1",
    "\ufb01",
)
"""What quadratic readers choke on; each is repeated to the full size."""
SIZES: Final = (1_000, 8_000, 64_000, 256_000, 1_000_000)
_LARGE: Final = 256_000
_SLICE: Final = 50
_TEXTS_FOR_PEERS: Final = 100


class Size(msgspec.Struct, frozen=True):
    """Milliseconds of CPU for a text of so many characters in leaves of 4,000, ordinary log lines."""

    characters: int
    ms: float


class Accuracy(msgspec.Struct, frozen=True):
    """The issue's row for one corpus at one level, in percent."""

    corpus: str
    level: str
    values: int
    leaked: float
    leaked_or_part: float
    destroyed: float
    clean_changed: float
    beside_six: float


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """`payloads`: alerts a second, `findings` values taken out of each. `beside_six`: that speed over the six's."""

    payloads: float
    findings: float
    beside_six: float = 0.0
    sizes: list[Size] = []
    worst_ms: dict[str, float] = {}
    peers: dict[str, str] = {}
    accuracy: list[Accuracy] = []


def measure(seconds: float, corpora: Sequence[Path] = ()) -> Rate:
    """Tokenize distinct alerts, one a body, strictly, for `seconds`; then the tables."""
    form, rules, now = FORMATS["alertmanager"], compile_rules("strict"), datetime.now(UTC)
    bodies = alerts.bodies("tok", 20_000, 1)
    done = found = 0
    ours = six = 0.0
    while ours + six < seconds:
        part = bodies[done % len(bodies) :][:_SLICE]
        began = time.process_time()
        for body in part:
            for raw in form.parse(body, {}, now):
                found += len(draft(raw, rules, form).found)
                done += 1
        between = time.process_time()
        _six(body.decode() for body in part)
        ours, six = ours + between - began, six + time.process_time() - between
    texts = [body.decode() for body in bodies[:_TEXTS_FOR_PEERS]]
    return Rate(
        payloads=done / ours,
        findings=found / done,
        beside_six=six / ours,
        sizes=_sizes(),
        worst_ms={unit: _one((unit * _LARGE)[:_LARGE]) for unit in WORST},
        peers={name: _peer(make, texts) for name, make in _PEERS.items()},
        accuracy=[_accuracy(path, level) for path in corpora for level in ("strict", "detect")],
    )


def _six(texts: Iterable[str]) -> None:
    for text in texts:
        left = text
        for pattern in SIX:
            left = pattern.sub("[X]", left)


def _sizes() -> list[Size]:
    lines = "".join(
        f"2026-03-01 10:00:{number % 60:02d},120 WARN [pool-3-thread-{number % 16}] request {number} to ledger "
        f"timed out after 5000 ms, patient Aisha Okafor, retry {number % 5} of 5\n"
        for number in range(10_000)
    )
    return [Size(size, _one(lines[:size])) for size in SIZES]


def _one(text: str) -> float:
    """Milliseconds of CPU for one event that holds `text` in leaves of 4,000 characters."""
    rules = compile_rules("strict")
    event = [text[at : at + 4_000] for at in range(0, len(text), 4_000)]
    began = time.process_time()
    tokenize(event, rules, {}, ThrowawayMint())
    return round((time.process_time() - began) * 1e3, 1)


def _accuracy(path: Path, level: str) -> Accuracy:
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines() if line]
    rules, mint = compile_rules(level), ThrowawayMint()
    began = time.process_time()
    outputs = [tokenize(row["payload"], rules, {}, mint).event for row in rows]
    ours = time.process_time() - began
    began = time.process_time()
    _six(serialise(row["payload"]) for row in rows)
    six = time.process_time() - began
    answers = iter(outputs)
    total = score(rows, lambda _payload: next(answers))
    values, benign, clean = max(total.values, 1), max(total.benign, 1), max(total.clean, 1)
    return Accuracy(
        corpus=path.stem,
        level=level,
        values=total.values,
        leaked=round(100 * total.whole / values, 2),
        leaked_or_part=round(100 * (total.whole + total.part) / values, 2),
        destroyed=round(100 * total.destroyed / benign, 2),
        clean_changed=round(100 * total.clean_changed / clean, 1),
        beside_six=round(six / ours, 2),
    )


def _presidio() -> Callable[[str], Any]:
    engine = importlib.import_module("presidio_analyzer").AnalyzerEngine()
    return lambda text: engine.analyze(text=text, language="en")


def _datafog() -> Callable[[str], Any]:
    return importlib.import_module("datafog").DataFog().scan_text  # type: ignore[no-any-return]  # not ours


def _scrubadub() -> Callable[[str], Any]:
    scrubber = importlib.import_module("scrubadub").Scrubber()
    return scrubber.clean  # type: ignore[no-any-return]  # not ours


_PEERS: Final[dict[str, Callable[[], Callable[[str], Any]]]] = {
    "presidio": _presidio,
    "datafog": _datafog,
    "scrubadub": _scrubadub,
}


def _peer(make: Callable[[], Callable[[str], Any]], texts: Sequence[str]) -> str:
    """Payloads a second of another tool on the same texts, or why it was not run."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run = make()
            run(texts[0])
            began = time.process_time()
            for text in texts:
                run(text)
            taken = time.process_time() - began
    except ImportError:
        return "not run: not installed"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a foreign tool does, the bench goes on
        return f"not run: {type(error).__name__}"
    return f"{len(texts) / max(taken, 1e-9):.0f} payloads/s"


def lines(rate: Rate) -> list[str]:
    """The figures as lines of the report."""
    each_us = 1e6 / rate.payloads
    sizes = ", ".join(f"{each.characters:,} characters {each.ms}" for each in rate.sizes)
    worst = ", ".join(f"{unit!r} {ms}" for unit, ms in sorted(rate.worst_ms.items(), key=lambda pair: -pair[1]))
    found = [
        f"tokenizer: {rate.payloads:.0f} payloads/s in one process ({each_us:.0f} µs each)",
        f"tokenizer beside six re substitutions over the same bytes: {rate.beside_six:.2f} times as fast",
        f"tokenizer by size (CPU ms): {sizes}",
        f"tokenizer at its worst, {_LARGE:,} characters (CPU ms): {worst}",
        *(f"tokenizer beside {name}: {what}" for name, what in rate.peers.items()),
    ]
    for each in rate.accuracy:
        found += [
            f"accuracy, {each.corpus} at {each.level}, {each.values} values: leaked {each.leaked} %",
            f"  whole or part {each.leaked_or_part} %, harmless destroyed {each.destroyed} %",
            f"  PHI-free changed {each.clean_changed} %, speed {each.beside_six} times the six",
        ]
    return found


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(measure(float(sys.argv[1]), [Path(name) for name in sys.argv[2:]])))
