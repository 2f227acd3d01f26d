"""Libraries of the benchmarks, in separate environments.

pyvips and django-tenants are in .venv-bench, sharp and QuickJS in build/bench/node.
"""

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
    "django-tenants": "not installed: `make bench` installs it from PyPI into .venv-bench",
    "sharp": "not installed: install Node.js with npm, then run `make bench`",
}
QUICKJS_HINT = "not installed: install Node.js with npm, then run `make bench`"
_QUICKJS = "@jitl/quickjs-wasmfile-release-sync"
_HERE = Path(__file__).parent
_REQUIREMENTS = _HERE / "requirements-peers.txt"
_INSTALLED = VENV / ".installed"
"""The requirements that are installed."""


def install() -> None:
    """Install the missing libraries; ignore those that cannot be installed."""
    if not _has_python_peers():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [str(VENV / "bin" / "pip"), "install", "-q", "-r", str(_REQUIREMENTS)]
        if subprocess.run(pip, capture_output=True).returncode == 0:
            shutil.copy(_REQUIREMENTS, _INSTALLED)
    if shutil.which("npm") and not (_has_sharp() and quickjs_package()):
        NODE.mkdir(parents=True, exist_ok=True)
        shutil.copy(_HERE / "package.json", NODE)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=NODE, capture_output=True)


def previewing(photo: Path) -> list[Subject]:
    """Return the installed libraries as subjects that create a preview of `photo`."""
    found = []
    if _has_python_peers():
        found.append(Subject("pyvips", [VENV / "bin" / "python", SUBJECTS / "image_vips.py", photo]))
    if shutil.which("node") and _has_sharp():
        found.append(Subject("sharp", ["node", SUBJECTS / "image_sharp.mjs", photo], folder=NODE))
    return found


def has_django_tenants() -> bool:
    """Return whether django-tenants is installed."""
    return _has_python_peers()


def quickjs_package() -> Path | None:
    """Return the folder of QuickJS as WebAssembly, or None if it is not installed."""
    folder = NODE / "node_modules" / _QUICKJS
    return folder if folder.exists() else None


def _has_python_peers() -> bool:
    return _INSTALLED.exists() and _INSTALLED.read_text() == _REQUIREMENTS.read_text()


def _has_sharp() -> bool:
    return (NODE / "node_modules" / "sharp").exists()
