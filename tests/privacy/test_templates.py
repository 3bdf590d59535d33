"""A plan made from earlier texts finds in the next one what reading it would have found, and holds no value."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from random import Random

import pytest

from router.privacy.rules import compile_rules
from router.privacy.spans import Span
from router.privacy.tokenizer import tokenize
from router.privacy.tokens import ThrowawayMint
from tests.effort import calls

SENTENCES = (
    "Last failure: patient {name}, MRN {number}, {mail}, after {few} attempts in {few}m",
    "2026-03-01 10:{two}:{two},120 WARN [pool-3-thread-{few}] {name} not found, retry {few} of 5",
    "[2026-{two}-{two}T10:{two}:{two}Z] ERROR lookup of {name} took {few} s, next at 2026-03-01 {two}:{two}:07",
    "login failed for {mail} from node-{two}: account {number} is locked",
    "Dr. {name} paged ({number}) by {word}; see /var/log/app-{few}.log",
    'user="{name}" phone=555-01{two}-{four} dob={four}-{two}-{two} status=404',
    "slow query: {few} rows of {four} took {four}ms, worker-{two} waited",
    "{word}: {number} failed, name {name}, zip {five}",
)
NAMES = (
    "Zebulon Quackenbush",
    "Maria Santos",
    "Bo Ng",
    "JAMES OKAFOR",
    "Grace Hill",
    "O'Flaherty",
    "J. Petrov",
    "Ward Story",
)
WORDS = ("ledger", "Kubelet", "foobarix", "metformin", "Quackenbush", "claims-worker", "HTTP", "Mar", "rd")


def sentence(random: Random) -> str:
    """One of SENTENCES with values of every kind in its places."""

    def digits(size: int) -> str:
        return "".join(random.choices("0123456789", k=size))

    def value(place: re.Match[str]) -> str:
        given: dict[str, Callable[[], str]] = {
            "name": lambda: random.choice(NAMES),
            "word": lambda: random.choice(WORDS),
            "mail": lambda: random.choice(("zq.canary@leakmail.test", "Joe@b.example.org", "x@y")),
            "few": lambda: digits(random.randint(1, 2)),
            "two": lambda: digits(2),
            "four": lambda: random.choice((digits(4), "2026", "1961")),
            "five": lambda: digits(5),
            "number": lambda: digits(random.randint(5, 16)),
        }
        return given[place[1]]()

    return re.sub(r"\{(\w+)\}", value, random.choice(SENTENCES))


def fields(spans: list[Span]) -> list[tuple[int, int, str]]:
    """Where the spans are and of which kind."""
    return [(span.start, span.end, span.kind) for span in spans]


@pytest.mark.parametrize("seed", range(2))
def test_a_plan_finds_what_reading_finds(seed: int) -> None:
    random = Random(seed)
    rules, bare = compile_rules("strict"), compile_rules("strict")
    read = 0

    def full(text: str) -> list[Span]:
        nonlocal read
        read += 1
        return rules.reader.read(text)

    texts = [sentence(random) for _ in range(1_000)]
    for text in texts:
        assert fields(rules.memory.templates.read(text, full)) == fields(bare.reader.read(text)), text
    assert read < len(texts) * 9 / 10, "plans were made and used"


def test_what_is_remembered_holds_no_value() -> None:
    rules = compile_rules("strict")
    for few in range(24):  # more than it takes to have an expression for them
        text = f"patient Zebulon Quackenbush, MRN-77341902, zq.canary@leakmail.test, failed {few % 8} times"
        out = tokenize({"message": text}, rules, {}, ThrowawayMint()).event["message"]
        assert "Quackenbush" not in out
    held = repr(_strings(rules))
    assert not re.search("Zebulon|Quackenbush|77341902|canary", held)


def _strings(root: object) -> set[str]:
    """Every text that can be reached from the memory of `root`."""
    found: set[str] = set()
    seen: set[int] = set()
    left = [root.memory, root.reader]  # type: ignore[attr-defined]  # Rules
    while left:
        each = left.pop()
        if id(each) in seen or isinstance(each, type) or callable(each):
            continue
        seen.add(id(each))
        if isinstance(each, str):
            found.add(each)
        else:
            left.extend(gc.get_referents(each))
    return found


def test_the_tenth_alert_of_a_kind_is_not_read_from_scratch() -> None:
    rules = compile_rules("strict")

    def one(number: int) -> None:
        text = (
            f"Last failure: patient Maria Santos, MRN {10_000_000 + number}, m.s{number}@example.org, after 12 attempts"
        )
        tokenize({"message": text}, rules, {}, ThrowawayMint())

    first = calls(lambda: one(1))
    for number in range(2, 9):
        one(number)
    assert calls(lambda: one(10)) < first / 2


def test_a_line_of_a_log_is_found_by_an_expression_whatever_its_time_and_a_birth_is_not() -> None:
    rules = compile_rules("strict")

    def one(day: str) -> str:
        line = f"{day} ERROR [main] lookup of patient Bogdan failed, 3 of 5"
        return str(tokenize(line, rules, {}, ThrowawayMint()).event)

    first = calls(lambda: one("2026-03-01 10:00:10,120"))
    for minute in range(10, 30):
        one(f"2026-03-01 10:{minute}:10,120")
    assert calls(lambda: one("2026-03-02 11:31:07,007")) < first / 4  # of which the lexicon is a tenth when it is cold
    assert one("2026-03-02 11:31:07,007").startswith("2026-03-02 11:31:07,007 ERROR [main] lookup of patient <PERSON_")
    assert "1942" not in one("1942-03-01 10:31:07,120")


def test_a_day_long_ago_does_not_pass_by_the_plan_of_a_day_of_today() -> None:
    rules = compile_rules("strict")
    for minute in range(10, 30):
        tokenize({"message": f"2026-03-01T10:{minute}:07.120Z"}, rules, {}, ThrowawayMint())
    assert "1942" not in tokenize({"message": "1942-03-01T10:31:07.120Z"}, rules, {}, ThrowawayMint()).event["message"]
