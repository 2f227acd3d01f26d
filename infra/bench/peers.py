"""Libraries of the benchmarks, in separate environments: pyvips in .venv-bench, sharp and QuickJS in build/bench/node."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from infra.bench.runs import BUILD, ROOT, SUBJECTS, Subject

VENV = ROOT / ".venv-bench"
NODE = BUILD / "node"
HINTS = {
    "pyvips": "not installed: `make bench` installs it from PyPI into .venv-bench",
    "sharp": "not installed: install Node.js with npm, then run `make bench`",
}
QUICKJS_HINT = "not installed: install Node.js with npm, then run `make bench`"
_QUICKJS = "@jitl/quickjs-wasmfile-release-sync"
_HERE = Path(__file__).parent


def install() -> None:
    """Install the missing libraries; ignore those that cannot be installed."""
    if not (VENV / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [str(VENV / "bin" / "pip"), "install", "-q", "-r", str(_HERE / "requirements-peers.txt")]
        if subprocess.run(pip, capture_output=True).returncode == 0:
            (VENV / ".installed").touch()
    if shutil.which("npm") and not (_has_sharp() and quickjs_package()):
        NODE.mkdir(parents=True, exist_ok=True)
        shutil.copy(_HERE / "package.json", NODE)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=NODE, capture_output=True)


def previewing(photo: Path) -> list[Subject]:
    """Return the installed libraries as subjects that create a preview of `photo`."""
    found = []
    if (VENV / ".installed").exists():
        found.append(Subject("pyvips", [VENV / "bin" / "python", SUBJECTS / "image_vips.py", photo]))
    if shutil.which("node") and _has_sharp():
        found.append(Subject("sharp", ["node", SUBJECTS / "image_sharp.mjs", photo], folder=NODE))
    return found


def quickjs_package() -> Path | None:
    """Return the folder of QuickJS as WebAssembly, or None if it is not installed."""
    folder = NODE / "node_modules" / _QUICKJS
    return folder if folder.exists() else None


def _has_sharp() -> bool:
    return (NODE / "node_modules" / "sharp").exists()
