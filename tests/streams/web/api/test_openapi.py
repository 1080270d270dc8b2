"""The OpenAPI document holds for whatever a caller sends."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from streams.settings import Settings
from streams.web.app import create_app
from streams.web.services import Services

pytestmark = pytest.mark.unmeasured

HEADERS = {"Host": "127.0.0.1:6066", "X-Requested-With": "tests"}
#: Not all that a schema allows can be done: a cursor comes from the list itself, a time is written in many ways.
LEFT_OUT = [positive_data_acceptance]
#: Forms have no types: what is no text in the document's eyes is sent as its text, and an empty list not at all.
UNTYPED = "multipart/form-data"
#: Answers without an end.
ENDLESS = "/api/v1/events"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, rate_limit="1000000/second")


def is_wrong_in_a_form(case: Case) -> bool:
    """Whether the body of a case is wrong, and loses its types on the way."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is not None and body.mode is GenerationMode.NEGATIVE and case.media_type == UNTYPED


@pytest.mark.parametrize("mode", GenerationMode)
def test_every_answer_is_as_the_document_says(services: Services, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(services), headers=HEADERS)
    operations = [found.ok() for found in document.exclude(path=ENDLESS).get_all_operations()]
    assert len(operations) > 30
    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis_settings(
            max_examples=15,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Case) -> None:
            left_out = [*LEFT_OUT, negative_data_rejection] if is_wrong_in_a_form(case) else LEFT_OUT
            case.call_and_validate(headers=HEADERS, excluded_checks=left_out)

        with suppress(Unsatisfiable):  # a route that takes nothing cannot be sent anything wrong
            check()
