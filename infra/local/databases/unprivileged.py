"""Commands that run without root: the database servers refuse to run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from infra.local.databases.address import ServerUnavailable

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
