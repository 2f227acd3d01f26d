"""Routes of the bundle and house rules that no linter checks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx2

from infra.deploy import handlers

ROOT = Path(__file__).resolve().parents[1]


def test_health_reads_no_store(api: httpx2.Client) -> None:
    response = api.get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert response.headers["x-request-id"]


def test_ready_reads_the_stores(api: httpx2.Client) -> None:
    assert api.get("/ready").status_code == 200


def test_unknown_routes_and_methods_are_problems(api: httpx2.Client) -> None:
    for response, status in ((api.get("/nowhere"), 404), (api.delete("/health"), 405)):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status


def test_a_head_response_has_the_headers_of_get_without_a_body(api: httpx2.Client) -> None:
    head = api.head("/health")
    assert (head.status_code, head.content, api.head("/nowhere").status_code) == (200, b"", 404)
    get = api.get("/health")  # on the same connection
    assert get.json() == {"status": "ok"}
    own = {"date", "x-request-id", "content-length"}
    assert {name: head.headers[name] for name in set(head.headers) - own} == {
        name: get.headers[name] for name in set(get.headers) - own
    }
    refused = api.head("/v1/together/accounts")
    assert (refused.status_code, refused.headers["allow"], refused.content) == (405, "POST", b"")
    assert api.put("/health").headers["allow"] == "GET, HEAD"


def test_a_body_of_20_mb_is_refused(api: httpx2.Client) -> None:
    response = api.post("/health", content=b"x" * 20_000_000)
    assert response.status_code == 413
    assert response.json()["code"] == "PayloadTooLarge"


def test_the_api_serves_its_openapi_document(api: httpx2.Client) -> None:
    document = api.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert "/health" in document["paths"]
    assert "/health" in api.get("/docs").text


def test_handler_names_are_unique_and_start_with_their_context() -> None:
    entries = [*handlers.consumers(), *handlers.schedules()]
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.entry.startswith(f"chalicelib.{entry.context}.jobs."), entry.name


def test_no_file_is_over_400_lines() -> None:
    listing = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    sizes = {name: len((ROOT / name).read_text().splitlines()) for name in listing.stdout.split()}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert len((ROOT / "app.py").read_text().splitlines()) < 60
