"""The packaged stages, each built once a run by the command of the Makefile."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.deploy.handlers import ROOT
from infra.deploy.packaging import runtimes
from infra.deploy.packaging.names import DATA, WATCH, stack_names

Packaged = Callable[[str], Path]

EXPAND = """
import json, sys
from samtranslator.translator.transform import transform
loader = type("Loader", (), {"load": lambda self: {}})()
print(json.dumps([transform(template, {}, loader) for template in json.load(sys.stdin)]))
"""


def run_packaging(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m infra.deploy.packaging …` in a clean environment, without the AWS settings of the tests."""
    return run_python("-m", "infra.deploy.packaging", *arguments, **environment)


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STAGE", "TABLE_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**inherited, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


PAST_THE_COMMAND = """
import sys
from pathlib import Path
from infra.deploy import live_stage
stage, out = sys.argv[1:]
live_stage.select(stage)
from infra.deploy.packaging.package import package
package(Path(out))
"""


def _package(stage: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Package a stage by the command, or by its functions if the command refuses this Python."""
    if stage == "prod" and sys.version_info[:2] < runtimes.EARLIEST:
        return run_python("-c", PAST_THE_COMMAND, stage, str(out))
    return run_packaging("package", "--stage", stage, "--out", str(out))


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """Return the directory of a packaged stage, built once and shared by the workers of this run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def build(stage: str) -> Path:
        out = shared / f"packaged-{stage}"
        with (shared / "packaged.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not out.exists():
                unfinished = shared / f"unfinished-{stage}"
                process = _package(stage, unfinished)
                assert process.returncode == 0, process.stderr
                unfinished.rename(out)
        return out

    return build


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def expanded(*templates: dict[str, Any]) -> list[dict[str, Any]]:
    """The templates as AWS's own translator, which CloudFormation runs, makes them."""
    python = ROOT / ".venv-aws" / "bin" / "python"
    process = subprocess.run(
        [str(python), "-c", EXPAND],
        input=json.dumps(templates),
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(process.stdout))


def united(out: Path) -> dict[str, Any]:
    """The templates of the functions and the API as one, as Chalice made it."""
    parts = [read(out / f"{name}.json") for name in stack_names() if name not in (DATA, WATCH)]
    whole = dict(parts[0])
    for key in ("Parameters", "Conditions", "Resources", "Outputs"):
        whole[key] = {name: body for part in parts for name, body in part.get(key, {}).items()}
    return whole


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    return {name: body["Properties"] for name, body in template["Resources"].items() if body["Type"] == kind}
