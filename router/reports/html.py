"""A document as one HTML file: no script, nothing fetched, readable on a screen, on paper and aloud."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from router.reports.document import Document


def render(document: Document) -> str:
    """The document as HTML5."""
    return _template().render(document=document)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("router.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawing"] = Markup  # charts are made by router.reports.chart, which escapes what it is given
    return environment.get_template("report.html")
