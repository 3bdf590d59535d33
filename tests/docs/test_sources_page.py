"""The page that sets up each tool: its configuration applies, its payloads are read, its repeats fit the quiet rule."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import yaml

from channels.registry import CHANNELS
from router.core import config
from router.sources.registry import FORMATS
from router.sources.snippets import snippet
from tests.sources.canary import one

PAGE = (Path(__file__).resolve().parents[2] / "docs/sources.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
YAML = [text for kind, text in BLOCKS if kind == "yaml"]
JSON = [json.loads(text) for kind, text in BLOCKS if kind == "json"]


def test_the_file_with_a_source_of_every_format_can_be_applied() -> None:
    (text,) = (text for text in YAML if "\ntenants:" in text)
    found = config.parse(text, CHANNELS, FORMATS, lambda _, name: name.ljust(40, "x"), looks_like_phi=lambda _: False)
    (tenant,) = found.tenants
    assert {source.format for source in tenant.sources} == FORMATS.keys() - {"tokenized"}


def test_every_format_has_its_line_in_both_tables() -> None:
    beside = Path(__file__).resolve().parents[2] / "docs/configuration.md"
    for name in FORMATS.keys() - {"tokenized"}:
        assert f"\n| `{name}` |" in PAGE, name
        assert f"\n| `{name}` |" in beside.read_text(encoding="utf-8"), name


def test_the_repeats_that_it_sets_fit_the_quiet_time() -> None:
    repeats = re.findall(r"repeat_interval: (\S+)", PAGE)
    assert len(repeats) == 2
    assert all((config.duration(each) or timedelta.max) < config.QUIET_AFTER for each in repeats)
    assert all(yaml.safe_load(text) for text in YAML)


def test_the_payloads_that_it_shows_are_read() -> None:
    template, own = JSON
    filled = {
        name: value.replace("$ALERT_TRANSITION", "Triggered").replace("$", "of ") for name, value in template.items()
    }
    alert = one("datadog", filled)
    assert (alert.signal, alert.dedup_key, alert.title) == ("firing", "cycle of ALERT_CYCLE_KEY", "of ALERT_TITLE")
    assert {"$LOGS_SAMPLE", "$SNAPSHOT", "$EMAIL", "$USER"}.isdisjoint(template.values())
    assert (one("generic", own).dedup_key, one("generic", own).labels["service"]) == ("export-nightly", "export")


def test_the_page_of_a_source_shows_the_same_template_of_datadog() -> None:
    shown = snippet("datadog", "https://a.example", "t", "s", "k").text
    template = re.search(r"^\{.*?\}$", shown.partition("Payload\n")[2], re.MULTILINE | re.DOTALL)
    assert template is not None
    assert json.loads(template[0]) == JSON[0]
