"""Check the Python version that packages a stage. The functions run the same version."""

from __future__ import annotations

from infra.deploy.packaging.errors import PackagingFailed

EARLIEST = (3, 12)
"""Lambda's python3.11 uses Amazon Linux 2 (glibc 2.26); Pillow 13's wheels need glibc 2.27."""


class RuntimeTooOld(PackagingFailed):
    """Functions of this Python version cannot import Pillow; the message names the version to install."""


def demand(command: str, stage: str, is_embedded: bool, version: tuple[int, int]) -> None:
    """Check that the Lambda runtime of this Python version can run the bundle.

    An older version may package `dev`, and deploy it to the embedded AWS (`is_embedded`), to test the templates.
    Raises RuntimeTooOld if an older version packages `prod` or deploys to an account.
    """
    if version >= EARLIEST:
        return
    if stage == "prod" or (command == "deploy" and not is_embedded):
        found = ".".join(map(str, version))
        raise RuntimeTooOld(
            f"{command} --stage {stage}: Python {found} cannot package it, because Lambda's python{found} has glibc 2.26 "
            "and Pillow needs 2.27. Install Python 3.13 (3.12 and 3.14 also work), then: rm -r .venv && "
            f"make {command} STAGE={stage} PYTHON=python3.13"
        )
