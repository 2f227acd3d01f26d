"""The recipes of docs/extending.md, applied in their order to a copy of the checkout, make a context that works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deploy.handlers import ROOT

PAGE = ROOT / "docs" / "extending.md"
COPIED = ("app.py", "chalicelib", "infra", "tests", "docs", ".chalice", "pyproject.toml", "Makefile", "README.md")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "previous_version", "photos")
RECIPES = ("A context", "A table", "A topic", "A route", "A job", "A Shopify app")


def sections() -> dict[str, str]:
    """Return the text of each recipe by its heading."""
    title, *rest = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    assert title.startswith("# ")
    return dict(zip(rest[::2], rest[1::2], strict=True))


def blocks(text: str) -> Iterator[str]:
    for match in re.finditer(r"^( *)```\w+\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        yield textwrap.dedent(match[2])


def apply(block: str, folder: Path) -> None:
    """Create the file that the block names, or change it."""
    first, _, rest = block.partition("\n")
    path = folder / first.removeprefix("# ").removeprefix("--- ")
    if first.startswith("# "):
        assert not path.exists(), path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rest)
        return
    lines = rest.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if line[:1] in (" ", "-"))
    after = "".join(f"{line[1:]}\n" for line in lines if line[:1] in (" ", "+"))
    text = path.read_text()
    assert text.count(before) == 1, f"{path} has not exactly one:\n{before}"
    path.write_text(text.replace(before, after))


def run(folder: Path, *command: str) -> None:
    completed = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert completed.returncode == 0, completed.stdout[-6_000:] + completed.stderr[-3_000:]


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with every recipe applied."""
    folder = tmp_path_factory.mktemp("extended")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / name, folder / name)
    for name in (".venv-aws", ".local"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    for text in sections().values():
        for block in blocks(text):
            apply(block, folder)
    (folder / "tests" / "notes" / "__init__.py").touch()
    return folder


def test_every_recipe_has_five_steps() -> None:
    assert tuple(sections()) == RECIPES
    for title, text in sections().items():
        assert re.findall(r"^(\d)\. ", text, re.MULTILINE) == list("12345"), title


def test_the_tests_of_the_page_pass(extended: Path) -> None:
    run(extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", "tests/notes")


def test_the_extended_code_is_clean(extended: Path) -> None:
    run(extended, "-m", "ruff", "check", "--no-cache", "app.py", "chalicelib/notes", "tests/notes")
    run(extended, "-m", "ruff", "format", "--no-cache", "--check", "chalicelib/notes", "tests/notes")
    run(extended, "-c", "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])")


LOOK = """
import os
os.environ.update(STAGE="dev", AWS_ACCOUNT_ID="123456789012", AWS_DEFAULT_REGION="us-east-1")
from infra.deploy import data_stack
from infra.deploy.packaging import policies
from chalicelib.retention import rules

resources = data_stack.template()["Resources"]
assert {"TableNotesNotes", "TopicNotesNoteAdded", "QueueNotesLogNote", "DeadLettersNotesLogNote"} <= set(resources)
assert "notes/notes" in rules.TABLE_POLICIES
documents = policies.documents()
assert "notes-note_added" in str(documents["api_handler"])
assert "notes-note_added" not in str(documents["notes-log_note"])
"""


def test_stack_rights_and_retention_follow_from_the_code(extended: Path) -> None:
    run(extended, "-c", LOOK)
