"""The table of contents: one request imports its own chapter, whoever looks at the app has it whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import handlers

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, sys
import app
chapters = dict(app.app._closed)
{code}
print(json.dumps([answer, sorted(set(chapters) & set(sys.modules)), len(chapters)]))
"""
ASK = """
event = {{"requestContext": {{"resourcePath": {path!r}, "httpMethod": {method!r}}}, "headers": {{}}, "body": None,
    "multiValueQueryStringParameters": None, "pathParameters": {{"product_id": "1"}}, "isBase64Encoded": False,
    "stageVariables": None}}
answer = app.app(event, None)["statusCode"]
"""


def run(code: str) -> tuple[Any, list[str], bool]:
    """Of a fresh process: `answer` as the code leaves it, the chapters that are imported then, whether that is all."""
    command = [sys.executable, "-c", PROGRAM.format(code=code)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer, chapters, count = json.loads(done.stdout.splitlines()[-1])
    return answer, chapters, len(chapters) == count


def ask(path: str, method: str = "GET") -> str:
    return ASK.format(path=path, method=method)


@pytest.mark.parametrize(
    ("path", "status", "chapter"),
    [
        ("/health", 200, "kit.routes"),
        ("/v1/shops/me", 401, "shops.routes.merchant"),
        ("/v1/billing/subscription", 401, "billing.routes.subscription"),
        ("/v1/billing/subscription/cancel", 405, "billing.routes.changes"),
        ("/v1/studio/products/{product_id}", 401, "studio.routes.products"),
    ],
)
def test_a_request_imports_its_own_chapter(path: str, status: int, chapter: str) -> None:
    assert run(ask(path)) == (status, [f"chalicelib.{chapter}"], False)


def test_the_next_request_may_be_of_another_chapter() -> None:
    status, chapters, _ = run(ask("/health") + ask("/v1/billing/plans", "DELETE"))
    assert (status, chapters) == (405, ["chalicelib.billing.routes.subscription", "chalicelib.kit.routes"])


def test_a_path_that_no_chapter_lists_is_looked_for_in_the_whole() -> None:
    status, _, is_whole = run(ask("/v1/unheard-of"))
    assert (status, is_whole) == (405, True)


@pytest.mark.parametrize("look", ["routes", "event_sources", "handler_map"])
def test_whoever_looks_at_the_app_sees_it_whole(look: str) -> None:
    size, _, is_whole = run(f"answer = len(app.app.{look})")
    assert (size, is_whole) == (len(getattr(handlers.chalice_app(), look)), True)


def test_a_view_that_tells_of_all_does_after_another_request_too() -> None:
    body, _, is_whole = run(ask("/health") + ask("/openapi.json").replace('["statusCode"]', '["body"]'))
    assert is_whole
    assert {"/health", "/v1/billing/plans", "/v1/studio/styles"} <= set(json.loads(body)["paths"])


def test_every_route_stands_in_the_chapter_that_lists_it() -> None:
    code = """
listed = {prefix: module for module, paths in chapters.items() for prefix in paths}
answer = []
for path, methods in app.app.routes.items():
    nearest = max((prefix for prefix in listed if f"{path}/".startswith(f"{prefix}/")), key=len, default=None)
    homes = {entry.view_function.__module__ for entry in methods.values()} - {"chalicelib.kit.http"}
    answer.append([path, listed.get(nearest), *sorted(homes)])
"""
    answer, _, _ = run(code)
    assert len(answer) > 80
    assert [places for places in answer if len(places) != 3 or places[1] != places[2]] == []
