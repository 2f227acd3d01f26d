"""Compile bytecode that Python does not check at import, because Lambda's file system never changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""Lambda's runtime. Bytecode and wheels have the version of the Python that packages them."""


def compile_beside(root: Path) -> None:
    """Compile every module under `root` and keep the sources, so that tracebacks show lines."""
    _compile(root)


def compile_instead(root: Path) -> None:
    """Compile every module under `root` and remove the sources: half the size, and tracebacks still name lines."""
    _compile(root, "-b")
    for source in root.rglob("*.py"):
        source.unlink()


def _compile(root: Path, *options: str) -> None:
    """Compile in a new process, because the state of a process affects the bytecode that it writes."""
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, *options, "-s", str(root), "-p", "/var/task", str(root)], check=True)
