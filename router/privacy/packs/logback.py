"""Logback: an included file with an appender whose pattern replaces shapes and `key=value` in message and exception."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape

from router.privacy.packs.base import PackRules, Shape, assignments, header

TOOL: Final = "Logback"
_BRACES: Final = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]")
_NUMBERS: Final = str.maketrans({"{": r"\x7b", "}": r"\x7d"})


def write(rules: PackRules) -> str:
    """A file for `<include file="alertveil-logback.xml"/>`."""
    how = (
        'Include it: <include file="alertveil-logback.xml"/>, and use <appender-ref ref="ALERTVEIL"/>.',
        "It writes time, level, logger, message and exception.",
    )
    cannot = rules.cannot(
        "key-value pairs and the MDC: the pattern writes neither; do not add %mdc or %kvp outside of %replace",
        "expressions in linear time: Java's engine goes back, so the shapes below are bounded",
        *rules.unsaid_in("Java"),
    )
    text = "%msg%n%ex"
    for shape, keep in [
        *((each, "$1") for each in assignments(rules.keys())),
        *((each, "") for each in rules.shapes_in("Java")),
    ]:
        text = f"%replace({text}){{'{_option(shape)}','{keep}[{shape.kind}]'}}"
    pattern = f"%d{{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}} %-5level %logger{{36}} - {text}%nopex"
    comment = header(TOOL, rules, how, cannot, mark="  ").replace("--", "- -")
    return (
        f"<!--\n{comment}-->\n"
        "<included>\n"
        '  <appender name="ALERTVEIL" class="ch.qos.logback.core.ConsoleAppender">\n'
        "    <encoder>\n"
        f"      <pattern>{escape(pattern)}</pattern>\n"
        "    </encoder>\n"
        "  </appender>\n"
        "</included>\n"
    )


def _option(shape: Shape) -> str:
    r"""An expression inside the quotes of an option, which a `'` ends.

    Logback counts braces before it reads options, so one that stands for itself is written by its number.
    """
    return _BRACES.sub(
        lambda found: found[0].translate(_NUMBERS), shape.regex.replace(r"\{", "[{]").replace(r"\}", "[}]")
    ).replace("'", r"\x27")
