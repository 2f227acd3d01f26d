"""Commands that run without root: the database servers refuse to run as root."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from infra.local.databases.address import ServerUnavailable
from infra.local.databases.file_locks import locked

NOBODY = 65534
"""The user and group id of `nobody`."""
_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
_SETPRIV = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@cache
def prefix() -> tuple[str, ...]:
    """Return the words before a command that make it run without root; empty if we are not root.

    A user namespace is preferred: its `nobody` is root outside, and so reaches every directory. Raises
    ServerUnavailable if neither `unshare` nor `setpriv` works.
    """
    if os.geteuid() != 0:
        return ()
    for words in (_NAMESPACE, _SETPRIV):
        if shutil.which(words[0]) and _succeeds((*words, "true")):
            return words
    raise ServerUnavailable("Database servers refuse to run as root: run as another user or install util-linux.")


def runs(binary: Path, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether the unprivileged user can run the binary, which prints its version."""
    return _succeeds((*prefix(), str(binary), "--version"), {**os.environ, **(environment or {})})


def reachable(directory: Path, *siblings: str) -> Path:
    """Return the directory if the unprivileged user can enter it, else a copy of it and its siblings that it can.

    Raises ServerUnavailable if another user has put something in the copy's place.
    """
    if _succeeds((*prefix(), "test", "-x", str(directory))):
        return directory
    key = hashlib.sha256(f"{directory} {directory.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    root = Path(tempfile.gettempdir()) / f"backroom-programs-{key}"
    with locked(root.with_suffix(".lock")):
        if not root.exists():
            fresh = Path(tempfile.mkdtemp(prefix=f"{root.name}-"))
            for name in (directory.name, *siblings):
                shutil.copytree(directory.parent / name, fresh / name, symlinks=True)
            fresh.chmod(0o755)
            fresh.rename(root)
    check_owner(root)
    return root / directory.name


def check_owner(directory: Path) -> None:
    """Raise ServerUnavailable if a directory at a known place, such as /tmp, belongs to another user."""
    if directory.stat().st_uid != os.geteuid():
        raise ServerUnavailable(f"{directory} belongs to another user: remove it.")


def hand_over(directory: Path) -> None:
    """Give the directory to the unprivileged user.

    Raises ServerUnavailable if that user cannot write there, because a parent directory is closed.
    """
    if prefix() == _SETPRIV:
        os.chown(directory, NOBODY, NOBODY)
    if not _succeeds((*prefix(), "test", "-w", str(directory))):
        raise ServerUnavailable(
            f"The user nobody cannot write to {directory}: set LOCAL_STATE_DIR to another directory."
        )


def _succeeds(command: tuple[str, ...], environment: Mapping[str, str] | None = None) -> bool:
    try:
        return subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False
