"""Bytecode that Python trusts unseen: Lambda's file system never changes, so nothing is compared at import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""Lambda's runtime: the bytecode is of the Python that packages, and so are the wheels."""


def compile_beside(root: Path) -> None:
    """Compile every module under `root` and keep the sources, so that tracebacks show lines."""
    _compile(root)


def compile_instead(root: Path) -> None:
    """Compile every module under `root` and remove the sources: half the size, and tracebacks still name lines."""
    _compile(root, "-b")
    for source in root.rglob("*.py"):
        source.unlink()


def _compile(root: Path, *options: str) -> None:
    """In a process of its own: what else a process holds shows in the bytecode it writes."""
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, *options, "-s", str(root), "-p", "/var/task", str(root)], check=True)
