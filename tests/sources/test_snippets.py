"""The words that a page shows for a tool: every format has some, with address and key, and the tool can read them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import yaml

from router.sources.registry import FORMATS
from router.sources.snippets import snippet

BASE, KEY = "https://alerts.clinic.test", "0123456789abcdef" * 4


@pytest.mark.parametrize("name", [*FORMATS, "a format of tomorrow"])
def test_every_format_has_words_with_the_key_and_our_address(name: str) -> None:
    found = snippet(name, BASE, "clinic", "prod", KEY)
    assert KEY in found.text
    assert urlsplit(BASE).netloc in found.text
    assert not re.search(r"\$(url|key|base|host|scheme)\b", found.text)
    assert KEY not in repr(found)


def test_alertmanager_is_told_to_repeat_before_its_source_is_quiet() -> None:
    config = yaml.safe_load(snippet("alertmanager", BASE, "clinic", "prod", KEY).text)
    (hook,) = config["receivers"][0]["webhook_configs"]
    assert hook["url"] == f"{BASE}/ingest/clinic/prod"
    assert hook["http_config"]["authorization"]["credentials"] == KEY
    assert config["route"]["repeat_interval"] == "15m"


def test_the_body_of_the_first_try_is_one_that_its_format_reads() -> None:
    for name in ("generic", "pagerduty", "opsgenie"):
        text = snippet(name, BASE, "clinic", "prod", KEY).text
        body = re.search(r"--data '\s*(\{.*?\})'", text, re.DOTALL)
        assert body is not None
        (alert,) = FORMATS[name].parse(json.dumps(json.loads(body[1])).encode(), {}, datetime(2026, 11, 22, tzinfo=UTC))
        assert (alert.signal, alert.title) == ("firing", "Test from Alertveil")


def test_datadogs_template_is_read_once_it_is_filled_in() -> None:
    text = snippet("datadog", BASE, "clinic", "prod", KEY).text
    template = text[text.index('{"dd"') : text.index("}\n\nThen") + 1]
    filled = template.replace("$ALERT_TRANSITION", "Triggered").replace("$ALERT_TITLE", "disk full")
    (alert,) = FORMATS["datadog"].parse(filled.encode(), {}, datetime(2026, 11, 22, tzinfo=UTC))
    assert (alert.signal, alert.title) == ("firing", "disk full")
