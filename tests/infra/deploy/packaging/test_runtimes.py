"""The Python version of each package: Lambda's python3.11 cannot load Pillow."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from infra.deploy.handlers import ROOT
from infra.deploy.packaging import lock_files, runtimes
from infra.deploy.packaging.runtimes import RuntimeTooOld
from tests.infra.deploy.packaging.conftest import run_packaging


@pytest.mark.parametrize(
    ("command", "stage", "is_embedded"),
    [("package", "prod", False), ("package", "prod", True), ("deploy", "prod", True), ("deploy", "dev", False)],
)
def test_3_11_is_refused_where_lambda_would_run_it(command: str, stage: str, is_embedded: bool) -> None:
    with pytest.raises(RuntimeTooOld, match=r"Install Python 3\.13 .* PYTHON=python3\.13"):
        runtimes.demand(command, stage, is_embedded, (3, 11))


@pytest.mark.parametrize(("command", "is_embedded"), [("package", False), ("package", True), ("deploy", True)])
def test_3_11_packages_dev_for_this_machine(command: str, is_embedded: bool) -> None:
    runtimes.demand(command, "dev", is_embedded, (3, 11))


@pytest.mark.parametrize("version", [(3, 12), (3, 13), (3, 14)])
@pytest.mark.parametrize("command", ["package", "deploy"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_later_python_versions_are_accepted(command: str, stage: str, version: tuple[int, int]) -> None:
    runtimes.demand(command, stage, False, version)


@pytest.mark.skipif(sys.version_info >= runtimes.EARLIEST, reason="this Python may package prod")
@pytest.mark.parametrize("command", ["package", "deploy"])
def test_a_missing_python_is_named_and_nothing_is_written(command: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run_packaging(command, "--stage", "prod", "--out", str(out))

    assert result.returncode == 1
    assert "Install Python 3.13" in result.stderr
    assert "Traceback" not in result.stderr
    assert not out.exists()


def test_pillow_is_one_version_for_every_python() -> None:
    [pillow] = [pin for pin in lock_files.read(ROOT / "requirements.txt") if pin.name == "pillow"]

    assert re.match(r"pillow==13\.\d+\.\d+ \\", pillow.text)
