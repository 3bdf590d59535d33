"""The exam's own exam: its witness must hear what it is there to hear."""

from __future__ import annotations

import dataclasses
import logging
import sys

import pytest

from channels.contract import Delivered
from tests.channels import exam, test_webhook

TABLE = test_webhook.TestExam.table


def say(way: str, said: str, witness: exam.Witness) -> None:
    log = logging.getLogger("some.library")
    match way:
        case "message":
            log.debug(said)
        case "argument":
            log.info("%s", {"payload": said})
        case "exception":
            log.error("failed", exc_info=(ValueError, ValueError(said), None))
        case "output":
            sys.stderr.write(said)
        case "outcome":
            witness.saw(Delivered({"ref": said}))
        case _:
            witness.saw(dataclasses.make_dataclass("Sender", ["secret"])(said))


@pytest.mark.parametrize("word", [*exam.PATIENT, test_webhook.SECRET])
@pytest.mark.parametrize("way", ["message", "argument", "exception", "output", "outcome", "representation"])
def test_the_witness_hears_of_every_leak(word: str, way: str, capfd: pytest.CaptureFixture[str]) -> None:
    witness = exam.Witness(TABLE, capfd)
    witness.__enter__()
    say(way, f"before {word} after", witness)
    with pytest.raises(AssertionError, match="was said"):
        witness.__exit__()


def test_the_witness_lets_tokens_pass(capfd: pytest.CaptureFixture[str]) -> None:
    with exam.Witness(TABLE, capfd) as witness:
        logging.getLogger("some.library").warning(exam.TOKENS[0])
        witness.saw(Delivered({"ref": exam.TOKENS[1]}))
