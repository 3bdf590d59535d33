"""The structlog processor in a real structlog chain, and on a handler's formatter."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import structlog

from router.privacy.scrubbers import Scrubber, structured
from tests.scrubbers.canary import EMAIL, KEY, MRN, NAME, SSN, leaked

SCRUBBER = Scrubber(key=KEY)


def chain(*processors: Any, out: io.StringIO) -> Any:  # noqa: ANN401 - structlog's own types
    return structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[structlog.processors.add_log_level, *processors, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.BoundLogger,
        cache_logger_on_first_use=False,
    )


def test_event_and_values_are_tokenized_together() -> None:
    out = io.StringIO()
    log = chain(structured.Processor(SCRUBBER), out=out)
    log.info("intake failed for quackenbush", patient={"name": NAME, "mrn": MRN}, attempts=2, service="intake")
    assert not leaked(out.getvalue())
    line = json.loads(out.getvalue())
    assert (line["attempts"], line["service"], line["level"]) == (2, "intake", "info")
    assert line["patient"]["mrn"].startswith("<MRN_")


def test_exceptions_are_sealed_before_and_after_they_became_text() -> None:
    for processors in (
        [structured.Processor(SCRUBBER)],
        [structlog.processors.format_exc_info, structured.Processor(SCRUBBER)],
        [structlog.processors.dict_tracebacks, structured.Processor(SCRUBBER)],
    ):
        out = io.StringIO()
        log = chain(*processors, out=out)
        log.error("lookup failed", exc_info=ValueError(f"no row\nfor {NAME}: {SSN}"))
        assert not leaked(out.getvalue()), processors
        assert "exception" in json.loads(out.getvalue())


def test_only_allowed_keys_keep_their_values() -> None:
    out = io.StringIO()
    chain(structured.Processor(SCRUBBER, allowed=["attempts"]), out=out).info("done", attempts=2, other="fine words")
    line = json.loads(out.getvalue())
    assert line["attempts"] == 2
    assert line["other"].startswith("<TEXT_")
    assert line["event"] == "done"


def test_on_a_handler_it_sees_records_of_other_libraries_too() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structured.Processor(SCRUBBER),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
        )
    )
    logger = logging.Logger("somebody.elses")  # noqa: LOG001 - of this test's own, in no tree
    logger.addHandler(handler)
    logger.warning("mail to %s bounced", EMAIL, extra={"mrn": MRN})
    assert not leaked(out.getvalue())
    assert json.loads(out.getvalue())["logger"] == "somebody.elses"


class Broken:
    """A mapping that cannot be read."""

    def __iter__(self) -> Any:  # noqa: ANN401 - never returns
        raise RuntimeError(NAME)


def test_what_cannot_be_judged_is_withheld() -> None:
    processor = structured.Processor(SCRUBBER)
    done = processor(None, "info", {"event": NAME, "exc_info": (1, Broken(), 3), "value": Broken()})
    assert not leaked(str(done))
