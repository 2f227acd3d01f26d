"""Compile bytecode that Python does not check at import, because Lambda's file system never changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""Lambda's runtime. Bytecode and wheels have the version of the Python that packages them."""


def compile_instead(root: Path) -> None:
    """Compile every module under `root` and remove the sources: less to load, and tracebacks still name files and lines.

    In a new process, because the state of a process affects the bytecode that it writes.
    """
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "-b", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(root), "-p", "/var/task", str(root)], check=True)
    for source in root.rglob("*.py"):
        source.unlink()
