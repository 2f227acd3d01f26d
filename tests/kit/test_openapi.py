"""The API document, of the sample app and of the bundle."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from chalicelib.kit import config, docs_page, openapi, routes
from chalicelib.kit.openapi_names import operation_ids
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
    assert named("/drafts/{name}", "patch")["If-Match"] == ("header", False)
    assert named("/notes", "post") == {"Idempotency-Key": ("header", False)}


def test_methods_that_are_always_refused_are_omitted(document: dict[str, Any]) -> None:
    assert set(document["paths"]["/drafts/{name}"]) == {"get", "put", "patch", "delete"}


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


def test_operations_have_the_names_of_their_functions(document: dict[str, Any]) -> None:
    assert document["paths"]["/notes"]["post"]["operationId"] == "create_note"


def _view(name: str, module: str) -> Any:
    return SimpleNamespace(__name__=name, __module__=module)


def test_operations_of_one_name_have_their_context() -> None:
    views = {
        ("/a", "GET"): _view("list_sessions", "chalicelib.together.routes.sessions"),
        ("/b", "GET"): _view("list_sessions", "chalicelib.platform.routes.sessions"),
        ("/c", "GET"): _view("list_styles", "chalicelib.studio.routes.styles"),
    }
    assert list(operation_ids(views).values()) == ["together_list_sessions", "platform_list_sessions", "list_styles"]
    views["/d", "GET"] = _view("list_sessions", "chalicelib.together.routes.others")
    with pytest.raises(ValueError, match="together_list_sessions"):
        operation_ids(views)


def test_schemas_have_plain_unique_names() -> None:
    schemas = openapi.document(handlers.chalice_app().routes, "x", "1")["components"]["schemas"]
    assert [name for name in schemas if not name.isalnum()] == []
    page = schemas["StylePage"]["properties"]["items"]["items"]
    assert page == {"$ref": "#/components/schemas/StyleRead"}
    assert set(schemas["ShopsSessionRead"]["properties"]) != set(schemas["KitSessionRead"]["properties"])
    assert schemas["ShopsSessionPage"]["properties"]["items"]["items"]["$ref"].endswith("/ShopsSessionRead")


def test_a_query_has_the_parameters_of_its_own_class() -> None:
    """Two contexts have a RevenueQuery."""
    paths = openapi.document(handlers.chalice_app().routes, "x", "1")["paths"]
    for path, entries in handlers.chalice_app().routes.items():
        for method, entry in entries.items():
            query = vars(entry.view_function)["contract"].query
            parameters = paths[path][method.lower()]["parameters"]
            names = {each["name"] for each in parameters if each["in"] == "query"}
            fields = query.model_fields.items() if query else ()
            assert names == {field.alias or name for name, field in fields}


def test_operations_name_the_problems_of_their_own_checks(document: dict[str, Any]) -> None:
    def codes(path: str, method: str) -> set[str]:
        responses = document["paths"][path][method]["responses"]
        return {f"{status} {code}" for status, each in responses.items() for code in each.get("x-error-codes", ())}

    always = {"429 TooManyRequests", "500 InternalError", "503 Unavailable"}
    draft = {"404 NotFound", "413 PayloadTooLarge"}
    body = {"400 MalformedRequest", "422 InvalidInput"}
    assert codes("/drafts/{name}", "get") == {"404 NotFound", *always}
    assert codes("/drafts/{name}", "put") == {*draft, *body, *always, "428 PreconditionRequired"}
    assert codes("/drafts/{name}", "patch") == {*draft, *always}
    assert codes("/large", "get") == {"422 InvalidInput", *always}
    assert {"409 IdempotencyConflict", "409 StillInProgress"} <= codes("/notes", "post")


def test_the_server_is_the_public_url(api: httpx2.Client, api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.get("/openapi.json").json()["servers"] == [{"url": api_url}]
    live = dataclasses.replace(config.settings(), stage="prod")
    monkeypatch.setattr(config, "settings", lambda: live)
    assert routes.server_url() == "/"
    public = dataclasses.replace(live, public_url="https://api.example.com/shop")
    monkeypatch.setattr(config, "settings", lambda: public)
    assert routes.server_url() == "https://api.example.com/shop"


def test_a_deprecated_operation_says_so(document: dict[str, Any], sample: httpx2.Client) -> None:
    assert document["paths"]["/drafts/{name}"]["delete"]["deprecated"] is True
    assert "deprecated" not in document["paths"]["/drafts/{name}"]["get"]
    headers = sample.delete("/drafts/x").headers
    assert headers["Deprecation"] == "@1767225600"
    assert headers["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert headers["Link"] == '</notes>; rel="successor-version"'
    assert "Deprecation" not in sample.get("/drafts/x").headers


def test_deprecated_operations_keep_the_rule() -> None:
    """docs/api.md: a year from the deprecation to the removal."""
    entries = [entry for methods in handlers.chalice_app().routes.values() for entry in methods.values()]
    for deprecation in (vars(entry.view_function)["contract"].deprecated for entry in entries):
        assert deprecation is None or deprecation.sunset - deprecation.since >= timedelta(days=365)
