"""The OpenAPI document as a reader, and a generator of clients, needs it: valid, complete, under names that stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from schemathesis.specs.openapi.definitions import OPENAPI_31
from support.web_app import shared_app

from streams.web.api.document import PROBLEM_CONTENT, document_of
from streams.web.api.samples import BODIES
from streams.web.problem_table import PROBLEM_TYPES
from streams.web.services import Services

#: Names that clients are made of: none of them goes away, or becomes another one.
OPERATIONS = """
addItem assignCase cancelBackwardSearch cancelJob createLibrary createPolicy decideCase decideCases deleteLibrary
deleteMedia deletePolicy followChanges getBackwardSearch getCase getDeadLetter getDelivery getDnaResult getDoctorReport
getFingerprint getItem getJob getLibrary getOutcome getPolicy getPolicyShadow getResult getTrace getUsage
listBackwardSearches listBoilerplate listBoilerplateLog getBoilerplate overruleBoilerplate withdrawBoilerplate
listAirings listCases listDeadLetters listDecisions listDeliveries listItems listJobs listLibraries listMatches
listPolicies
getCluster listClusters
listSettings pauseLibrary previewPolicy purgeLibrary removeItem reorderPolicies replacePolicy replayDeadLetter
replayDeliveries replayDelivery rerunJob resumeLibrary startBackwardSearch startDoctor submitJob sumAirings updateItem
updateLibrary uploadMedia
dismissRecurring getRecurring listRecurring promoteRecurring reopenRecurring
"""
SCHEMAS = """
Action Airing AiringForm AiringList AiringSum AiringSummary
AuditEntry AuditPage BackwardSearch BackwardSearchList BoilerplateEntry BoilerplateList BoilerplateLog
BoilerplateRuling Case CaseDecision CaseList CaseOrder CaseState Cause
Cluster ClusterDay ClusterDetail ClusterList ClusterMember ClusterSort
Conditions Coverage DeadLetter DeadLetterList DeadLetterSummary Decision DecisionKind DecisionResult DecisionResults
Delivery DeliveryAttempt DeliveryList DeliveryStatus Difference DifferenceKind DoctorReport Interval Item ItemChanges
ItemList Job JobList JobSource JobStatus Lane Library LibraryChanges LibraryList LibraryStatus Match MatchPage
MatchedBy Missed NewAssignee NewDecision NewDecisions NewExamination NewItem NewJob NewLibrary NewPolicy Outcome Policy
PolicyEffect PolicyExample PolicyList PolicyMode PolicyOrder PolicyState Problem Purpose Repair ReplayResult Result
RuledMatch RunState SaidOfBoilerplate SaveType Setting Track TrackCondition Unsearched Upload Usage UsageInterval
UsagePeriod UsageSum SumBy Trace TraceBecause TraceEdge TraceNode TraceReason YesNo
NewPromotion Occurrence Recurring RecurringDecision RecurringList RecurringState
"""
#: Path, method, and what is said of it.
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def app(services: Services) -> Litestar:
    return shared_app(services)


@pytest.fixture
def document(app: Litestar) -> dict[str, Any]:
    return document_of(app)


def operations(document: dict[str, Any]) -> list[Operation]:
    return [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def contents(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every content that goes in or out: what it is of, its media type, and what is said of it."""
    for _, _, operation in operations(document):
        name = operation["operationId"]
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} body", kind, content
        for status, answer in operation["responses"].items():
            whole = resolve(document, answer["$ref"]) if "$ref" in answer else answer
            for kind, content in whole.get("content", {}).items():
                yield f"{name} {status}", kind, content


def test_it_is_valid_by_the_schema_of_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    jsonschema.Draft202012Validator(OPENAPI_31).validate(document)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_in_it_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    used = set(references(document))
    assert len(used) > 60
    for reference in used:
        assert resolve(document, reference), reference
    unused = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} - used
    assert not unused


def test_operations_have_plain_names_that_stay(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name) for name in names), names
    assert set(names) >= set(OPERATIONS.split())


def test_schemas_have_plain_names_that_stay(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert all(re.fullmatch(r"([A-Z][a-z]+)+", name) for name in schemas), list(schemas)
    assert not [name for name in schemas if name.endswith("View")]
    assert set(schemas) >= set(SCHEMAS.split())
    assert all(schema["title"] == name and schema["description"] for name, schema in schemas.items())


def test_every_operation_says_what_it_does_and_takes_and_who_may(document: dict[str, Any]) -> None:
    texts = {tag["name"]: tag.get("description") for tag in document["tags"]}
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"].partition("\n\nTakes the role")[0], where
        assert operation["x-role"] in operation["description"], where
        (tag,) = operation["tags"]
        assert texts[tag], f"{where}: give the tag {tag!r} a text in TAGS"
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], f"{where}: describe {parameter['name']!r} in PARAMETERS"
            assert "null" not in str(parameter["schema"].get("type")), where
        named = set(re.findall(r"\{(\w+)\}", path))
        told = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert named == told, where


def test_every_answer_that_is_a_problem_is_documented_as_one_with_its_codes(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        statuses = {int(status) for status in operation["responses"]}
        assert statuses >= {400, 401, 403, 429, 500, 503}, (method, path)
        for status, answer in operation["responses"].items():
            whole = resolve(document, answer["$ref"]) if "$ref" in answer else answer
            assert whole["description"], (method, path, status)
            if int(status) < 400:
                continue
            ((kind, content),) = whole["content"].items()
            assert kind == PROBLEM_CONTENT
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["examples"]
            for code in content["examples"]:
                assert PROBLEM_TYPES[code].status == int(status), (method, path, code)


def test_every_json_that_goes_in_or_out_has_an_example_that_is_valid(document: dict[str, Any]) -> None:
    checked = 0
    for where, kind, content in contents(document):
        if not kind.endswith("json"):
            continue
        given = content.get("examples", {})
        examples = [resolve(document, one["$ref"])["value"] for one in given.values()] or [content["example"]]
        schema = {**content["schema"], "components": document["components"]}
        for example in examples:
            errors = list(jsonschema.Draft202012Validator(schema).iter_errors(example))
            assert not errors, (where, example, errors[0])
            checked += 1
    assert checked > 300


def test_every_body_to_send_is_one_that_its_route_takes(app: Litestar, document: dict[str, Any]) -> None:
    taken = set()
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/api/v1"):
            continue
        for handler in route.route_handlers:
            data = handler.parsed_fn_signature.parameters.get("data")
            name = getattr(data.annotation, "__name__", "") if data else ""
            if data is None or name == "Upload":
                continue
            assert msgspec.convert(BODIES[name], data.annotation), name
            taken.add(name)
    assert taken == set(BODIES) - {"Upload"}
    assert set(BODIES) <= set(document["components"]["schemas"])


def test_what_is_answered_with_a_tag_says_so(document: dict[str, Any]) -> None:
    tagged = [one for _, _, one in operations(document) if "304" in one["responses"]]
    assert len(tagged) > 5
    for operation in tagged:
        assert "ETag" in operation["responses"]["200"]["headers"]
        assert "If-None-Match" in {one["name"] for one in operation["parameters"]}
        assert "content" not in operation["responses"]["304"]


def test_fields_that_are_not_known_are_none_of_a_body(document: dict[str, Any]) -> None:
    for where, _, content in contents(document):
        if where.endswith("body"):
            schema = resolve(document, content["schema"]["$ref"])
            assert schema["additionalProperties"] is False, where


def test_most_fields_say_what_they_are(document: dict[str, Any]) -> None:
    fields = [
        field for one in document["components"]["schemas"].values() for field in one.get("properties", {}).values()
    ]
    assert sum("description" in field or "$ref" in field for field in fields) > 0.8 * len(fields)
