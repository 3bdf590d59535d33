"""Coverage-guided fuzzing of the privacy engine: python tools/fuzz_privacy.py [SECONDS] (default 300).

Atheris mutates texts, JSON documents and their encodings; each run checks what must hold for any input: no judge
stumbles, the structure stays, tokens survive a second pass, and a known name, number and address put into the midst of
the input cannot be read in the output, whatever stands round them and however it is encoded. Seeds are the payloads of
tests/privacy/data. Says so, and does nothing, where atheris is not installed (it has wheels for CPython 3.11 and 3.12
on Linux x86-64).
"""

# ruff: noqa: ANN401 - JSON is Any
from __future__ import annotations

import base64
import gzip
import html
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None:
    with atheris.instrument_imports(include=["router.privacy"]):
        from router.privacy import shadow
        from router.privacy.rules import compile_rules
        from router.privacy.tokenizer import tokenize
        from router.privacy.tokens import TOKEN, ThrowawayMint
    from router.bench.scorer import readings

LONGEST: Final = 4096
CANARIES: Final = ("Quackenbush", "219-09-9999", "zq.canary@leakmail.test")
ENCODERS: Final[tuple[Callable[[str], str], ...]] = (
    lambda text: text,
    json.dumps,
    lambda text: json.dumps({"body": text}),
    lambda text: quote(text, safe=""),
    lambda text: base64.b64encode(text.encode("utf-8", "replace")).decode(),
    lambda text: base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode().rstrip("="),
    lambda text: text.encode("utf-8", "replace").hex(),
    lambda text: base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), mtime=0)).decode(),
    html.escape,
)


class Broken(Exception):  # noqa: N818 - a promise is, not the code
    """An input for which a promise does not hold."""


def shape(value: object) -> object:
    """The structure of a value without its leaves and keys."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return None


def check(event: Any, level: str) -> str:
    """Tokenize `event` twice, check what holds for every event, and return the first output as text."""
    rules = compile_rules(level)
    first = tokenize(event, rules, {}, ThrowawayMint())
    if first.counters.get("error"):
        raise Broken("a judge stumbled")
    if shape(first.event) != shape(event):
        raise Broken("the structure changed")
    text = json.dumps(first.event, ensure_ascii=False)
    again = tokenize(first.event, rules, {}, ThrowawayMint())
    after = json.dumps(again.event, ensure_ascii=False)
    if {match[0] for match in TOKEN.finditer(text)} - {match[0] for match in TOKEN.finditer(after)}:
        raise Broken("a token did not survive a second pass")
    return text


def one(data: bytes) -> None:
    """One input: a text, a document, or both round canaries behind encodings."""
    provider = atheris.FuzzedDataProvider(data)
    mode = provider.ConsumeIntInRange(0, 3)
    level = ("strict", "strict", "detect", "sealed")[provider.ConsumeIntInRange(0, 3)]
    chain = [provider.ConsumeIntInRange(0, len(ENCODERS) - 1) for _ in range(provider.ConsumeIntInRange(0, 3))]
    text = provider.ConsumeUnicodeNoSurrogates(LONGEST)
    if mode == 0:
        try:
            shadow.cast(text)
        except shadow.TooDeep:
            return
        check(text, level)
        return
    if mode == 1:
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            event = {"message": text, text[:40]: [text]}
        check(event, level)
        return
    middle = len(text) // 2
    body = f"{text[:middle]} Zebulon Quackenbush 219-09-9999 zq.canary@leakmail.test {text[middle:]}"
    for step in chain:
        body = ENCODERS[step](body)
    out = check({"message": body} if mode == 2 else body, "strict")  # noqa: PLR2004 - the modes above
    for seen in readings(out, depth=5):
        if any(canary in seen for canary in CANARIES):
            raise Broken("a canary can be read")


def seeds(folder: Path) -> None:
    """The labelled payloads, each behind the bytes that choose mode, level and chain."""
    for path in sorted((ROOT / "tests" / "privacy" / "data").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            payload = json.loads(line)["payload"]
            text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
            # integers are read from the end, text from the front after a byte for its width
            (folder / f"{path.stem}-{number}").write_bytes(
                b"\x01" + text.encode()[:LONGEST] + bytes([0, 0, number % 4])
            )


def main() -> None:
    """Fuzz for the seconds of the first argument; exit 1, and keep the input, when a promise breaks."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    if atheris is None:
        print("atheris is not installed here (it has wheels for CPython 3.11 and 3.12 on Linux x86-64): not fuzzed")
        return
    with tempfile.TemporaryDirectory() as work:
        corpus = Path(work)
        seeds(corpus)
        os.environ.setdefault("PYTHONHASHSEED", "0")
        atheris.Setup(
            [sys.argv[0], f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=2048",
             "-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={Path(tempfile.gettempdir()) / 'fuzz-'}", work],
            one,
        )  # fmt: skip
        atheris.Fuzz()


if __name__ == "__main__":
    main()
