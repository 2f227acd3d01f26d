"""The console script, in its own process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from infra.cli.commands import COMMANDS
from infra.deploy.handlers import ROOT
from tests.timeouts import eventually


def start(*arguments: str, folder: Path = ROOT) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "infra.cli", *arguments]
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(*arguments: str) -> tuple[int, str, str]:
    process = start(*arguments)
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_main_and_a_help(name: str) -> None:
    assert callable(import_module(COMMANDS[name].module).main)
    code, out, err = run(name, "--help")
    assert (code, err) == (0, "")
    assert "--json" in out or name == "ops"  # each operator command has it


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=" ".join)
def test_the_help_lists_every_command(arguments: list[str]) -> None:
    code, out, _ = run(*arguments)
    assert code == 0
    assert all(f"  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["--stage", "nowhere", "ops"],
        ["run", "--stage", "prod"],
        ["deploy", "--stage", "local"],
        ["ops", "no-such-command"],
        ["ops", "token", "member"],
        ["tick", "one", "two"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "error:" in err


def test_a_failure_exits_with_1() -> None:
    code, out, err = run("ops", "dead-letters", "no-such-queue")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("backroom: no such queue")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "ops", "token", "member", "ada"],
        ["ops", "--json", "token", "member", "ada"],
        ["ops", "token", "member", "ada", "--json"],
        ["--stage=local", "ops", "token", "member", "ada", "--json"],
    ],
    ids=" ".join,
)
def test_common_options_may_stand_anywhere(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    if arguments[0].startswith("--stage"):
        monkeypatch.setenv("SIGNING_KEYS", "one:" + "k" * 32)
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert json.loads(out).keys() == {"access_token"}


def test_text_with_a_dollar_sign_reaches_the_command() -> None:
    """Make expands `$`; the console script leaves it alone."""
    code, _, err = run("ops", "dead-letters", "$HOME $(x) `y`")
    assert code == 1
    assert "no such queue: $HOME $(x) `y`" in err


def test_the_stage_must_fit_the_command() -> None:
    code, _, err = run("tick", "--stage", "dev")
    assert code == 2
    assert "tick: --stage dev: choose from local" in err


def test_ctrl_c_exits_with_130_and_says_what_to_know(tmp_path: Path) -> None:
    out = tmp_path / "build"
    process = start("package", "--stage", "dev", "--out", str(out))
    eventually(lambda: any(tmp_path.iterdir()) or process.poll() is not None, "the packaging has begun")
    process.send_signal(signal.SIGINT)
    printed, err = process.communicate()
    assert (process.returncode, printed) == (130, ""), err
    assert err.splitlines()[-1] == "backroom: interrupted."


def test_the_console_script_is_declared() -> None:
    assert 'backroom = "infra.cli.__main__:main"' in (ROOT / "pyproject.toml").read_text()
