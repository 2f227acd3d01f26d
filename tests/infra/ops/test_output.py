"""Every operator command can write its result as JSON, and writes it by `infra/ops/output.py` only."""

from __future__ import annotations

import argparse
import ast
import io
import json
from pathlib import Path

import pytest

from infra.ops import __main__ as command_line
from infra.ops import output
from tests.infra.ops.conftest import Ops

FOLDER = Path(output.__file__).parent
ON_AN_EMPTY_STACK = (
    "active-shops --app studio",
    "archive-query",
    "dead-letters",
    "dead-letters shops-apply_webhook",
    "dead-letters shops-apply_webhook --redrive",
    "estimate --shops 10 --orders 100",
    "jobs",
    "migrate-stores",
    "perks",
    "performance",
    "platform-audit",
    "privacy-requests",
    "recompute --scope member --from 2026-01-01",
    "recompute-measures revenue --from 2026-01 --to 2026-02",
    "replay --status failed",
    "replay --status failed --dry-run",
    "replay-events --unfinished",
    "retention-runs",
    "revenue",
    "rotate-secrets",
    "send-due",
    "send-due --dry-run",
    "sessions example.myshopify.com",
    "sizes",
    "staff add ada@example.com --role support",
    "stores --status failed",
    "sync-plans",
    "timeline --app studio --from 2026-01-01 --to 2026-01-02",
    "token member ada",
    "rebuild-usage example.myshopify.com",
)


@pytest.mark.parametrize("command", ON_AN_EMPTY_STACK)
def test_a_command_writes_json(command: str, ops: Ops, key_file: Path, stripe_sandbox: object) -> None:
    result = ops(*command.split(), "--json")
    assert result.code == 0, result.err
    json.loads(result.out)


def test_every_command_takes_json() -> None:
    for leaf in command_line._leaves(command_line._parser()):
        assert "--json" in leaf.format_help(), leaf.prog


def test_csv_and_json_exclude_each_other(ops: Ops, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        ops("active-shops", "--app", "studio", "--csv", "--json")
    assert error.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_only_output_prints(path: Path) -> None:
    """Another print would not follow `--json`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    printed = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    streams = {ast.unparse(word.value) for call in printed for word in call.keywords if word.arg == "file"}
    assert path.stem in ("output",) or streams <= {"sys.stderr"}
    assert path.stem in ("output",) or all(any(word.arg == "file" for word in call.keywords) for call in printed)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_rows_are_one_array_even_if_the_command_fails(count: int) -> None:
    file = io.StringIO()
    arguments = argparse.Namespace(json=True, stdout=file)
    with pytest.raises(RuntimeError), output.lines(arguments) as write:
        for number in range(count):
            write({"number": number}, "text")
        raise RuntimeError
    assert json.loads(file.getvalue()) == [{"number": number} for number in range(count)]


def test_rows_are_lines_of_text_without_json() -> None:
    file = io.StringIO()
    with output.lines(argparse.Namespace(json=False, stdout=file)) as write:
        write({"number": 1}, "one")
    assert file.getvalue() == "one\n"
