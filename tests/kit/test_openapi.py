"""The API document, of the sample app and of the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kit import docs_page, openapi
from infra.deploy import handlers
from tests.kit import sample_app


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(sample_app.create().routes, "Sample", "1.2.3")


def references(value: Any) -> Iterator[str]:
    """Every $ref inside."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


@pytest.mark.parametrize("which", ["sample", "bundle"])
def test_every_reference_resolves_and_every_operation_is_complete(which: str) -> None:
    app = sample_app.create() if which == "sample" else handlers.chalice_app()
    document = openapi.document(app.routes, "x", "1")
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= schemas
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert {name for need in operation["security"] for name in need} <= set(
            document["components"]["securitySchemes"]
        )


def test_the_document_has_a_title_and_a_version(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"] == {"title": "Sample", "version": "1.2.3"}


def test_operations_have_bodies_responses_and_problems(document: dict[str, Any]) -> None:
    post = document["paths"]["/notes"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/NoteCreate")
    assert post["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].endswith("/NoteRead")
    assert "application/problem+json" in post["responses"]["default"]["content"]
    assert post["summary"] == "Create a note, unless its name is taken."
    assert post["security"] == [{"accessToken": []}]


def test_schemas_match_the_validated_models(document: dict[str, Any]) -> None:
    create = document["components"]["schemas"]["NoteCreate"]
    assert create["required"] == ["name"]
    assert create["additionalProperties"] is False


def test_parameters_of_path_query_and_headers(document: dict[str, Any]) -> None:
    def named(path: str, method: str) -> dict[str, tuple[str, bool]]:
        operation = document["paths"][path][method]
        return {entry["name"]: (entry["in"], entry["required"]) for entry in operation["parameters"]}

    assert named("/shops/{shop}/logs", "get") == {
        "shop": ("path", True),
        "limit": ("query", False),
        "cursor": ("query", False),
        "newest_first": ("query", False),
    }
    assert named("/large", "get") == {"size": ("query", True)}
    assert named("/drafts/{name}", "get")["If-None-Match"] == ("header", False)
    assert named("/drafts/{name}", "put")["If-Match"] == ("header", True)
    assert named("/notes", "post") == {"Idempotency-Key": ("header", False)}


def test_methods_that_are_always_refused_are_omitted(document: dict[str, Any]) -> None:
    assert set(document["paths"]["/drafts/{name}"]) == {"get", "put", "delete"}


def test_the_page_shows_every_operation_with_an_example(document: dict[str, Any]) -> None:
    page = docs_page.render(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()}</span><code>{path}</code>" in page.html
            assert f'id="{operation["operationId"]}"' in page.html
    assert page.html.count("<h3>Example</h3>") == len(
        [each for methods in document["paths"].values() for each in methods]
    )
    assert "http://" not in page.html
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_example_of_each_request_body_is_valid() -> None:
    routes = handlers.chalice_app().routes
    document = openapi.document(routes, "x", "1")
    bodies = 0
    for path, methods in routes.items():
        for method, entry in methods.items():
            contract = getattr(entry.view_function, "contract", None)
            if contract is not None and contract.body is not None:
                body = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
                contract.body.model_validate(body["example"])
                bodies += 1
    assert bodies > 20


def test_responses_have_examples_without_references(document: dict[str, Any]) -> None:
    created = document["paths"]["/notes"]["post"]["responses"]["201"]["content"]["application/json"]
    assert set(created["example"]) == set(document["components"]["schemas"]["NoteRead"]["properties"])
    assert "$ref" not in str(created["example"])


def test_the_page_escapes_its_texts(document: dict[str, Any]) -> None:
    hostile = {**document, "info": {"title": "<img src=x>", "version": "1"}}
    assert "<img" not in docs_page.render(hostile).html
