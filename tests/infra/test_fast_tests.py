"""`make test-fast` selects all tests of kit and domains, and none that needs a browser, a database server or a package."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

from infra.deploy.handlers import ROOT

SLOW_FIXTURES = {
    "packaged",
    "mariadb_server",
    "mariadb_tls_server",
    "pgbouncer",
    "postgresql_server",
    "postgresql_tls_server",
}
LISTING = """
import json, os
def pytest_collection_finish(session):
    with open(os.environ["LISTING"], "w") as file:
        for item in session.items:
            marks = [mark.name for mark in item.iter_markers()]
            print(json.dumps({"file": item.location[0], "fixtures": list(item.fixturenames), "marks": marks}), file=file)
"""


@pytest.fixture(scope="module")
def selected(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The tests that the command of the Makefile would run."""
    folder = tmp_path_factory.mktemp("listing")
    (folder / "listing_plugin.py").write_text(LISTING)
    recipe = ["make", "-n", "-o", ".venv/.installed", "-o", ".venv-aws/.installed", "test-fast", "WORKERS=0"]
    shown = subprocess.run(recipe, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [line] = [line for line in shown.replace("\\\n", " ").splitlines() if "pytest" in line]
    command = [sys.executable, "-m", "pytest", *shlex.split(line)[1:], "--collect-only", "-p", "listing_plugin"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f".:{folder}", "LISTING": str(folder / "tests.jsonl")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return [json.loads(text) for text in (folder / "tests.jsonl").read_text().splitlines()]


def test_each_module_of_kit_and_domains_is_selected(selected: list[dict]) -> None:
    folders = [ROOT / "tests" / "kit", *(ROOT / "tests").glob("*/domain")]
    expected = {str(path.relative_to(ROOT)) for folder in folders for path in folder.rglob("test_*.py")}

    assert len(folders) > 6
    assert expected - {test["file"] for test in selected} == set()


def test_no_browser_no_database_server_and_no_package_is_needed(selected: list[dict]) -> None:
    assert {fixture for test in selected for fixture in test["fixtures"]} & SLOW_FIXTURES == set()
    assert {mark for test in selected for mark in test["marks"]} & {"slow", "browser"} == set()


def test_the_rules_of_the_house_are_selected(selected: list[dict]) -> None:
    files = {test["file"] for test in selected}
    assert {"tests/test_house.py", "tests/test_names.py", "tests/test_docs.py"} < files
