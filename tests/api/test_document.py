"""The document is valid OpenAPI 3.1, complete, and what the server does agrees with it (schemathesis)."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # the library has none
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from router.core.access import ROLES
from router.flow.snapshot import Snapshots
from router.runtime import Runtime
from router.web import api
from router.web.api import OPERATIONS
from tests.api.conftest import OLGA, Machine, MachineOf, opened
from tests.flow.builder import Edge, Tenant

CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def document(runtime: Runtime) -> Any:  # noqa: ANN401 - JSON
    anybody = Machine(runtime)
    assert anybody.get("/openapi.json") == 200
    return anybody.json


def test_anybody_reads_a_valid_document(document: Any) -> None:  # noqa: ANN401 - JSON
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_it_holds_every_operation_with_examples_that_fit(document: Any) -> None:  # noqa: ANN401 - JSON
    told = [each for path in document["paths"].values() for each in path.values()]
    assert sorted(each["operationId"] for each in told) == sorted(each.name for each in OPERATIONS)
    examined = 0
    for each in told:
        for answer in [*each["responses"].values(), each.get("requestBody", {})]:
            found = (
                document["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
            )
            for media in found.get("content", {}).values():
                for example in media["examples"].values():
                    schema = {**media["schema"], "components": document["components"]}
                    jsonschema.Draft202012Validator(schema).validate(example["value"])
                    examined += 1
    assert examined > len(told)


def test_what_did_not_change_is_not_sent_again(runtime: Runtime) -> None:
    anybody = Machine(runtime)
    anybody.get("/openapi.json")
    assert anybody.get("/openapi.json", if_none_match=anybody.answer.headers["etag"]) == 304
    assert anybody.post("/openapi.json") == 405
    assert anybody.problem == "method"


@pytest.fixture
def described(runtime: Runtime, clinic: Tenant, edge: Edge, machine: MachineOf) -> tuple[Any, str]:
    """The schema as schemathesis reads it from the server, and a token with every role, made by an operator."""
    opened(clinic, edge)
    token = machine(*ROLES, by=OLGA).token
    app = Starlette(routes=[api.mount(runtime, Snapshots())])
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app), token


@pytest.mark.parametrize("mode", GenerationMode)
def test_what_the_server_does_agrees_with_the_document(described: tuple[Any, str], mode: GenerationMode) -> None:
    """Requests as the document allows them, and requests as it forbids them."""
    schema, token = described
    answered: Counter[int] = Counter()
    few = settings(
        max_examples=2,  # of each of ninety operations, in each mode
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )

    def agrees(case: Any) -> None:  # noqa: ANN401 - schemathesis' own
        answer = case.call_and_validate(headers={"authorization": f"Bearer {token}"}, checks=CHECKED)
        answered[answer.status_code] += 1

    for found in schema.get_all_operations():
        with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
            few(given(case=found.ok().as_strategy(generation_mode=mode))(agrees))()
    if mode is GenerationMode.POSITIVE:
        assert answered[401] == 0
        assert answered[200] > 0
    else:
        assert answered[400] > 0
        assert answered[422] > 0
