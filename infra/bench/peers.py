"""The peers, in an environment of their own: pyvips in .venv-bench, sharp in build/bench. Absent ones are told of."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from infra.bench.runs import ROOT

VENV = ROOT / ".venv-bench"
NODE = ROOT / "build" / "bench" / "node"
_HERE = Path(__file__).parent


def pyvips() -> Path | None:
    """The Python that has pyvips, installed if it was not; None where that cannot be."""
    python = VENV / "bin" / "python"
    if not (VENV / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        requirements = _HERE / "requirements-peers.txt"
        if subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements]).returncode:
            return None
        (VENV / ".installed").touch()
    return python


def sharp() -> Path | None:
    """The folder in which Node finds sharp, installed if it was not; None without Node or npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    if not (NODE / "node_modules" / "sharp").exists():
        NODE.mkdir(parents=True, exist_ok=True)
        shutil.copy(_HERE / "package.json", NODE)
        if subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=NODE).returncode:
            return None
    return NODE
