"""The logging filter as an application meets it: whatever is logged, the handlers write tokens."""

from __future__ import annotations

import io
import json
import logging
import pickle
import subprocess
import sys
from dataclasses import dataclass
from uuid import UUID

import pytest

from router.privacy.scrubbers import (
    KeyedHash,
    Scrubber,
    TokenizingFilter,
    harmless,
    install,
    log_error,
    new_error_id,
    unguarded,
)
from router.privacy.scrubbers.logs import all_handlers
from router.privacy.tokens import find_tokens, is_token
from tests.scrubbers.canary import EMAIL, KEY, MRN, NAME, SSN, leaked

SCRUBBER = Scrubber(key=KEY)


@dataclass
class Patient:
    name: str
    mrn: str


class Everything(logging.Formatter):
    """Writes a record as the most talkative JSON formatter would."""

    def format(self, record: logging.LogRecord) -> str:
        super().format(record)
        return json.dumps({key: str(value) for key, value in record.__dict__.items()})


class Log:
    """A logger with a handler of its own, and what that wrote."""

    def __init__(self, *, guarded: bool = True) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(Everything())
        self.logger = logging.Logger("claims.intake")  # noqa: LOG001 - of this test's own, in no tree
        self.logger.addHandler(self.handler)
        if guarded:
            install(SCRUBBER, [self.handler])

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.text.splitlines()[-1])
        return found


@pytest.fixture
def log() -> Log:
    return Log()


def test_without_the_filter_the_canary_is_in_the_log() -> None:
    bare = Log(guarded=False)
    bare.logger.info("mail for %s", NAME)
    assert leaked(bare.text)


def test_message_and_arguments_are_tokenized_and_the_sentence_stays_readable(log: Log) -> None:
    log.logger.info("could not send mail to %s for patient %s after %d attempts", EMAIL, MRN, 3)
    assert not leaked(log.text)
    message = log.last["message"]
    assert message.startswith("could not send mail to <EMAIL_")
    assert message.endswith("> after 3 attempts")


def test_objects_and_dictionaries_as_arguments_are_tokenized_by_their_keys(log: Log) -> None:
    log.logger.info("loaded %s", Patient(NAME, MRN))
    log.logger.info("loaded %s and %s", {"surname": "Quackenbush", "given": "Zebulon"}, [MRN])
    log.logger.info("%(who)s is here", {"who": NAME})
    assert not leaked(log.text)


def test_extra_is_tokenized_and_gives_values_away_that_the_message_repeats(log: Log) -> None:
    log.logger.info("intake of quackenbush failed", extra={"patient_name": NAME, "retries": 3, "service": "intake"})
    assert not leaked(log.text)
    assert log.last["retries"] == "3"
    assert log.last["service"] == "intake"
    assert log.last["patient_name"].startswith("<PERSON_")


def test_exception_text_cause_and_traceback_are_sealed_and_frames_stay(log: Log) -> None:
    def lookup() -> None:
        row = {"name": NAME}
        raise KeyError(row["name"], SSN)

    try:
        try:
            lookup()
        except KeyError as missing:
            raise ValueError(f"no row for\n{NAME}") from missing
    except ValueError:
        log.logger.exception("lookup failed", stack_info=True)
    assert not leaked(log.text)
    text = log.last["exc_text"]
    assert "KeyError: <TEXT_" in text
    assert "ValueError: <TEXT_" in text
    assert "in lookup" in text
    assert log.last["exc_info"] == "None"


def test_an_exception_group_and_notes_are_sealed(log: Log) -> None:
    inner = ValueError(f"bad row for {NAME}")
    inner.add_note(f"while reading {EMAIL}")
    log.logger.error("batch failed", exc_info=ExceptionGroup(f"batch of {MRN}", [inner]))
    assert not leaked(log.text)
    assert log.last["exc_text"].count("<TEXT_") == 3


def test_what_cannot_be_formatted_is_tokenized_all_the_same(log: Log) -> None:
    log.logger.error("%d for %s", NAME)  # noqa: PLE1206 - too few arguments on purpose
    log.logger.error(NAME)
    log.logger.error("%s", Hostile())
    assert not leaked(log.text)
    assert len(log.text.splitlines()) == 3


class Hostile:
    """An object whose own text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError(NAME)

    __repr__ = __str__


def test_a_record_that_cannot_be_judged_is_withheld_and_counted(log: Log) -> None:
    guard = next(each for each in log.handler.filters if isinstance(each, TokenizingFilter))
    record = log.logger.makeRecord("claims", logging.ERROR, "x.py", 1, NAME, (), None)
    record.exc_info = (ValueError, "no exception at all", None)  # type: ignore[assignment]  # wrong on purpose
    record.__dict__["extra"] = {}
    record.__dict__[1] = NAME  # type: ignore[index]  # nothing a formatter would survive, either
    log.handler.handle(record)
    assert not leaked(log.text)
    assert guard.withheld <= 1


def test_thread_and_logger_names_are_looked_at(log: Log) -> None:
    record = log.logger.makeRecord(f"chart.{EMAIL}", logging.INFO, "x.py", 1, "ready", (), None)
    record.threadName = f"reader of {NAME}"
    log.handler.handle(record)
    assert not leaked(log.text)


def test_the_same_value_is_the_same_token_in_every_line_and_in_every_process_with_the_key(log: Log) -> None:
    log.logger.info("first %s", MRN)
    log.logger.info("then %s again", MRN)
    first, second = (find_tokens(json.loads(line)["message"]) for line in log.text.splitlines())
    assert first == second
    assert find_tokens(Scrubber(key=KEY).text(f"elsewhere {MRN}")) == first
    assert find_tokens(Scrubber(key=KEY[::-1]).text(f"elsewhere {MRN}")) != first
    assert find_tokens(Scrubber().text(f"elsewhere {MRN}")) != first


def test_install_covers_every_handler_once_and_says_which_are_not() -> None:
    log = Log(guarded=False)
    logger = logging.getLogger("tests.scrubbers.later")
    logger.addHandler(log.handler)
    try:
        assert log.handler in unguarded()
        install(SCRUBBER)
        install(SCRUBBER)
        assert log.handler not in unguarded()
        assert sum(isinstance(each, TokenizingFilter) for each in log.handler.filters) == 1
    finally:
        logger.removeHandler(log.handler)
        for handler in all_handlers():
            handler.filters[:] = [each for each in handler.filters if not isinstance(each, TokenizingFilter)]
    with pytest.raises(ValueError, match="no log handler"):
        install(SCRUBBER, [])


def test_a_message_passes_only_for_the_very_class_that_declares_it(log: Log) -> None:
    @harmless
    class QuotaReachedError(Exception):
        pass

    class OfTenantError(QuotaReachedError):
        pass

    for error in (
        QuotaReachedError("zonked quota of widgets"),
        OfTenantError(f"quota of {NAME}"),
        QuotaReachedError(f"mail {EMAIL}"),
    ):
        log.logger.error("refused", exc_info=error)
    assert not leaked(log.text)
    lines = [json.loads(line)["exc_text"].splitlines()[-1] for line in log.text.splitlines()]
    assert lines[0].endswith("QuotaReachedError: zonked quota of widgets")
    assert is_token(lines[1].rsplit(" ", 1)[-1])
    assert "mail <EMAIL_" in lines[2]


def test_what_the_system_says_of_an_errno_passes_and_the_path_does_not(log: Log) -> None:
    try:
        open(f"/nowhere/{MRN}.pdf", "rb").close()  # noqa: PTH123 - the builtin's own error is the point
    except OSError:
        log.logger.exception("cannot read")
    assert not leaked(log.text)
    assert "FileNotFoundError: [ENOENT] No such file or directory" in log.last["exc_text"]


def test_log_error_has_no_place_for_a_message(log: Log) -> None:
    kept: dict[str, BaseException] = {}
    error = ValueError(NAME)
    who = SCRUBBER.hash("MRN", MRN)
    request = UUID(int=7)
    error_id = log_error(log.logger, error, keep=kept.__setitem__, patient=who, request=request)
    assert kept == {error_id: error}
    assert not leaked(log.text)
    line = log.last
    assert line["message"] == f"ValueError {error_id}"
    assert (line["error_class"], line["error_id"], line["patient"], line["error_kept"]) == (
        "ValueError",
        error_id,
        str(who),
        "True",
    )
    with pytest.raises(TypeError, match="neither"):
        log_error(log.logger, error, patient=MRN)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(TypeError, match="positional"):
        log_error(log.logger, error, "a message")  # type: ignore[call-arg,arg-type]  # wrong on purpose


def test_log_error_still_logs_when_the_store_is_down(log: Log) -> None:
    def down(error_id: str, error: BaseException) -> None:
        raise ConnectionError(error_id, error)

    log_error(log.logger, ValueError(NAME), keep=down)
    assert log.last["error_kept"] == "False"
    assert not leaked(log.text)


def test_error_ids_do_not_repeat() -> None:
    assert len({new_error_id() for _ in range(1000)}) == 1000


def test_a_keyed_hash_is_the_token_of_the_logs_and_holds_nothing_else(log: Log) -> None:
    found = SCRUBBER.hash("MRN", MRN)
    log.logger.info("intake of %s", MRN)
    assert str(found) in log.last["message"]
    assert SCRUBBER.hash("PHONE", "702.555.0192") == SCRUBBER.hash("PHONE", "(702) 555-0192")
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - our own
    assert not leaked(repr(found) + str(found) + found.hex + str(pickle.dumps(found)))
    for given in ((MRN,), (None, MRN, b"x" * 32)):
        with pytest.raises(TypeError):
            KeyedHash(*given)
    with pytest.raises(AttributeError):
        setattr(found, "value", MRN)  # noqa: B010 - a checker would refuse the plain spelling
    with pytest.raises(TypeError):
        type("Sub", (KeyedHash,), {})


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Scrubber(key=b"short")


def test_the_package_brings_no_database_no_broker_and_no_integration() -> None:
    code = (
        "import sys, router.privacy.scrubbers;"
        "print([m for m in ('celery','kombu','redis','psycopg','sqlalchemy','alembic','httpx','starlette','typer',"
        "'sentry_sdk','structlog','opentelemetry','ddtrace') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
