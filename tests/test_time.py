"""No test depends on time: waits poll with one generous limit, and `make bench` measures speed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import HealthCheck, settings

from infra.local.environment import ROOT
from tests.timeouts import LIMIT

TESTS = ROOT / "tests"
SOURCES = sorted(path.relative_to(ROOT).as_posix() for path in TESTS.rglob("*.py"))

CLOCKS = {"sleep", "monotonic", "perf_counter", "process_time", "thread_time"}
ALLOWED = {
    "tests/timeouts.py": "the one place that waits",
    "tests/kit/child_functions.py": "a function that hangs, for the parent that kills its process",
    "tests/infra/local/sample_handlers.py": "a handler that hangs, for the worker that kills it",
    "tests/infra/local/test_engine.py": "looks ten times that nothing happens; slowness makes it no redder",
    "tests/infra/ops/paused_command.py": "waits for a signal",
    "tests/shops/token_workers.py": "a worker that asks again, up to the limit",
}
"""Files that may sleep or read a stop watch, and why."""

NOW = {"now", "today", "time", "mint", "session_token"}
"""Calls whose result is stale when a test runs, if a module makes them on import."""


def parse_source(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text())


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def call_name(call: ast.Call) -> str:
    """`sleep` of both `sleep(…)` and `time.sleep(…)`."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def timed_lines(tree: ast.AST) -> list[int]:
    return [call.lineno for call in calls(tree) if call_name(call) in CLOCKS]


def literal_limits(tree: ast.AST) -> list[int]:
    """Return the lines where a wait has its own limit."""
    waits = {"wait", "join", "result", "communicate", "run", "get", "post", "put", "delete", "request", "Client"}
    waits |= {"HTTPConnection", "create_connection", "wait_for_url", "expect_response"}
    results = []
    for call in calls(tree):
        timeouts = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
        if call_name(call) in waits or call_name(call).startswith(("to_", "not_to_")):
            results += [call.lineno for value in timeouts if isinstance(value, ast.Constant)]
    return results


def import_time_calls(tree: ast.Module) -> list[int]:
    """Return the lines where a module reads the time or mints a token on import."""
    outside = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    parameters = [each for node in tree.body if isinstance(node, ast.FunctionDef) for each in node.decorator_list]
    bodies = {
        id(inner)
        for node in [*outside, *parameters]
        for lambda_ in ast.walk(node)
        if isinstance(lambda_, ast.Lambda)
        for inner in ast.walk(lambda_)
    }
    return [
        call.lineno
        for node in [*outside, *parameters]
        for call in calls(node)
        if call_name(call) in NOW and id(call) not in bodies
    ]


def hypothesis_deadlines(tree: ast.AST) -> list[int]:
    """Return the lines where Hypothesis gets a deadline or a slowness check."""
    results = []
    for call in calls(tree):
        if call_name(call) == "settings":
            for keyword in call.keywords:
                text = ast.unparse(keyword.value)
                is_slow_again = "too_slow" not in text and text != "list(HealthCheck)"
                if keyword.arg == "deadline" or (keyword.arg == "suppress_health_check" and is_slow_again):
                    results.append(call.lineno)
    return results


@pytest.mark.parametrize("source", SOURCES)
def test_no_test_depends_on_time(source: str) -> None:
    tree = parse_source(source)
    if source not in ALLOWED:
        assert timed_lines(tree) == [], "use tests.timeouts.eventually, or a clock that the test sets"
    assert literal_limits(tree) == [], "use tests.timeouts.LIMIT"
    assert import_time_calls(tree) == [], "ask in the test: the suite may take longer than a token lives"
    assert hypothesis_deadlines(tree) == [], "the profile in tests/conftest.py has no deadline"


def test_every_exception_is_needed() -> None:
    assert all(timed_lines(parse_source(source)) for source in ALLOWED)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (timed_lines, "import time\ntime.sleep(1)"),
        (timed_lines, "from time import monotonic\nmonotonic()"),
        (literal_limits, "process.communicate(timeout=60)"),
        (literal_limits, "expect(page).to_have_text('x', timeout=5_000)"),
        (import_time_calls, "NOW = int(time.time())"),
        (import_time_calls, "HEADERS = {'Authorization': auth.mint(role, 'op')}"),
        (import_time_calls, "@pytest.mark.parametrize('at', [clock.now()])\ndef test(at): ..."),
        (hypothesis_deadlines, "settings(deadline=200)"),
        (hypothesis_deadlines, "settings(suppress_health_check=[HealthCheck.filter_too_much])"),
    ],
)
def test_each_rule_finds_its_example(rule, code: str) -> None:
    assert len(rule(ast.parse(code))) == 1


def test_the_time_limits_are_generous_and_nested(pytestconfig: pytest.Config) -> None:
    """A wait that times out names its condition before pytest stops the test."""
    assert float(pytestconfig.getini("timeout")) >= 2 * LIMIT
    with httpx2.Client() as client:
        assert client.timeout == httpx2.Timeout(LIMIT)
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
