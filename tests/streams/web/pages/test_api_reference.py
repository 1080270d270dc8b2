"""The reference of the API as pages: everything that the documents have, as text, whatever is in it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from litestar import Litestar
from litestar.testing import AsyncTestClient

from schemas.channels import CHANNELS
from streams.web.api.document import KEPT, document_of
from streams.web.app import create_app
from streams.web.pages.api_reference import operations_of, topics_of
from streams.web.pages.schema_rows import kind_of, rows_of
from streams.web.services import Services

PLACE = "http://127.0.0.1:6066"
EVIL = '<img src=x onerror="alert(1)"> `<b>code</b>` {{ 7 * 7 }} "quoted"'


async def test_the_page_lists_every_operation_with_what_it_takes_and_answers(client: AsyncTestClient[Any]) -> None:
    document = (await client.get("/api/openapi.json")).json()
    page = (await client.get("/api-reference")).text
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert f'id="{operation["operationId"]}"' in page
            assert f'data-method="{method.upper()}" data-path="{path}"' in page
            for parameter in operation.get("parameters", ()):
                if parameter["name"] != "If-None-Match":
                    assert f'id="{operation["operationId"]}-{parameter["name"]}"' in page
    assert "Takes the role" in page
    assert 'href="/problems#case-decided-meanwhile"' in page


async def test_every_subject_has_its_operations_and_none_is_left_out(client: AsyncTestClient[Any]) -> None:
    document = (await client.get("/api/openapi.json")).json()
    shown = [operation["operationId"] for _, found in operations_of(document) for _, _, operation in found]
    assert len(shown) == len(set(shown)) == sum(len(item) for item in document["paths"].values())


async def test_what_is_hostile_in_a_document_stays_text(services: Services) -> None:
    app = create_app(services)  # of its own: its document is changed
    document = json.loads(json.dumps(document_of(app)))
    operation = document["paths"]["/api/v1/jobs"]["get"]
    operation["summary"] = operation["description"] = operation["parameters"][0]["description"] = EVIL
    document["tags"][0]["description"] = EVIL
    document["components"]["schemas"]["Job"]["properties"]["job_id"]["description"] = EVIL
    document["components"]["schemas"]["JobStatus"]["enum"].append(EVIL)
    operation["responses"]["200"]["content"]["application/json"]["example"] = {"media_id": EVIL}
    app.state[KEPT] = document
    async with AsyncTestClient[Litestar](app, base_url=PLACE) as client:
        page = (await client.get("/api-reference")).text
    assert page.count("&lt;img src=x") > 5
    assert page.count("<code>&lt;b&gt;code&lt;/b&gt;</code>") > 3
    for wrong in ("<img", "<b>", 'onerror="alert', ">49<"):
        assert wrong not in page


async def test_every_topic_is_shown_with_direction_key_schema_and_example(client: AsyncTestClient[Any]) -> None:
    page = (await client.get("/api-reference/events")).text
    for channel in CHANNELS:
        assert f'id="{channel.name}"' in page
        assert channel.address in page
        for payload in channel.payloads:
            assert f"<strong>{payload.__name__}</strong>" in page
    assert page.count("<h3>Example</h3>") >= len(CHANNELS)
    assert "others write, the service reads" in page


async def test_topics_have_the_names_that_they_have_here(client: AsyncTestClient[Any]) -> None:
    document = (await client.get("/api-reference/asyncapi.json")).json()
    topics = topics_of(document, "staging")
    assert {topic["address"] for topic in topics} == {f"staging.{channel.name}" for channel in CHANNELS}
    assert [topic["direction"] for topic in topics] == sorted(
        (topic["direction"] for topic in topics), key=("in", "out", "internal").index
    )
    assert all(topic["key"] and topic["messages"] for topic in topics)


async def test_both_documents_of_topics_can_be_downloaded(client: AsyncTestClient[Any]) -> None:
    as_json = await client.get("/api-reference/asyncapi.json")
    as_yaml = await client.get("/api-reference/asyncapi.yaml")
    assert (as_json.headers["content-type"], as_yaml.headers["content-type"]) == (
        "application/json",
        "application/yaml",
    )
    assert msgspec.yaml.decode(as_yaml.content) == as_json.json()
    assert 'filename="asyncapi.json"' in as_json.headers["content-disposition"]
    for name in ("none", "jobs.json", "..%2Fjson%2Fjobs.json", "%2e%2e"):
        assert (await client.get(f"/api-reference/{name}")).status_code == 404


async def test_links_and_proxies_may_add_parameters(client: AsyncTestClient[Any]) -> None:
    for path in ("/api-reference", "/api-reference/events", "/problems"):
        assert (await client.get(path, params={"utm_source": "mail"})).status_code == 200


def test_rows_go_into_what_a_schema_holds_and_not_round_in_circles() -> None:
    schemas: dict[str, Any] = {
        "Tree": {
            "title": "Tree",
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "maxLength": 3},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                "leaf": {"anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"type": "null"}]},
            },
        },
        "Leaf": {"title": "Leaf", "type": "object", "properties": {"green": {"type": "boolean", "default": True}}},
    }
    rows = rows_of({"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, schemas)
    assert [(row.name, row.depth, row.kind, row.required, row.limits) for row in rows] == [
        ("name", 0, "string", True, "at most 3 characters"),
        ("children", 0, "list of Tree", False, ""),
        ("leaf", 0, "Leaf or null", False, ""),
        ("green", 1, "boolean", False, "otherwise True"),
    ]
    assert rows_of({"type": "string"}, schemas) == []
    assert kind_of({"type": "array", "items": [{"type": "integer"}, {"type": "string"}]}, schemas) == (
        "list of integer, string"
    )
