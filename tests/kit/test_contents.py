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

IMPORTED = """
import json, sys
import app
{code}
chapters = [name for name in sys.modules if name.startswith("chalicelib.") and name.endswith((".routes", ".jobs"))]
print(json.dumps([answer, sorted(set(chapters) - {{"chalicelib.kit.jobs"}})]))
"""
ASK = """
event = {{"requestContext": {{"resourcePath": {path!r}, "httpMethod": {method!r}}}, "headers": {{}}, "body": None,
    "multiValueQueryStringParameters": None, "pathParameters": {{name: "1" for name in {names!r}}},
    "isBase64Encoded": False, "stageVariables": None}}
answer = app.app(event, None)["statusCode"]
"""
EVERYTHING = sorted(
    [f"chalicelib.{context}.routes" for context in ("kit", "shops", "billing", "studio", "retention")]
    + [f"chalicelib.{context}.jobs" for context in ("shops", "billing", "studio", "retention")]
)


def run(code: str) -> tuple[Any, list[str]]:
    """`answer` as the code leaves it, and the chapters that are imported then, of a fresh process."""
    command = [sys.executable, "-c", IMPORTED.format(code=code)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer, chapters = json.loads(done.stdout.splitlines()[-1])
    return answer, chapters


def ask(path: str, method: str = "GET", names: tuple[str, ...] = ()) -> str:
    return ASK.format(path=path, method=method, names=names)


@pytest.mark.parametrize(
    ("path", "status", "context"),
    [
        ("/health", 200, "kit"),
        ("/v1/shops/me", 401, "shops"),
        ("/v1/billing/subscription", 401, "billing"),
        ("/v1/operator/billing/credits", 405, "billing"),
        ("/studio/app", 200, "studio"),
        ("/v1/operator/privacy-requests", 401, "retention"),
    ],
)
def test_a_request_imports_its_own_chapter(path: str, status: int, context: str) -> None:
    assert run(ask(path)) == (status, [f"chalicelib.{context}.routes"])


def test_the_next_request_may_be_of_another_chapter() -> None:
    first, second = ask("/health"), ask("/v1/billing/plans", "DELETE")
    assert run(first + second) == (405, ["chalicelib.billing.routes", "chalicelib.kit.routes"])


def test_a_path_that_no_chapter_lists_is_looked_for_in_the_whole() -> None:
    assert run(ask("/v1/unheard-of")) == (405, EVERYTHING)


@pytest.mark.parametrize("look", ["routes", "event_sources", "handler_map"])
def test_whoever_looks_at_the_app_sees_it_whole(look: str) -> None:
    size, chapters = run(f"answer = len(app.app.{look})")
    assert chapters == EVERYTHING
    assert size == len(getattr(handlers.chalice_app(), look))


def test_a_view_that_tells_of_all_does_after_a_first_request_too() -> None:
    code = ask("/health") + ask("/openapi.json").replace('["statusCode"]', '["body"]')
    body, chapters = run(code)
    assert chapters == EVERYTHING
    assert {"/health", "/v1/billing/plans", "/v1/studio/styles"} <= set(json.loads(body)["paths"])


def test_every_route_is_in_exactly_the_chapter_that_lists_it() -> None:
    code = """
closed = dict(app.app._closed)
answer = {}
for path, methods in app.app.routes.items():
    named = [m for m, paths in closed.items() if any(f"{path}/".startswith(f"{prefix}/") for prefix in paths)]
    views = [entry.view_function for entry in methods.values()]
    answer[path] = [named, sorted({view.__module__ for view in views if hasattr(view, "contract")})]
"""
    answer, _ = run(code)
    assert len(answer) > 80
    for path, (named, homes) in answer.items():
        assert len(named) == 1, path
        assert all(home == named[0] or home.startswith(f"{named[0]}.") for home in homes), path
