"""Which Python may package a stage: the functions run the version that packaged them."""

from __future__ import annotations

from infra.deploy.packaging.errors import PackagingFailed

EARLIEST = (3, 12)
"""Lambda's python3.11 stands on Amazon Linux 2 (glibc 2.26); Pillow 13's wheels need glibc 2.27."""


class RuntimeTooOld(PackagingFailed):
    """The functions of this Python could not import Pillow; says what to install."""


def demand(command: str, stage: str, is_embedded: bool, version: tuple[int, int]) -> None:
    """Refuse a Python whose Lambda runtime cannot run the bundle, for `prod` and for whatever goes into an account.

    `dev` may be packaged with it, and deployed to an engine on this machine (`is_embedded`): both prove the templates.
    Raises RuntimeTooOld.
    """
    if version >= EARLIEST:
        return
    if stage == "prod" or (command == "deploy" and not is_embedded):
        found = ".".join(map(str, version))
        raise RuntimeTooOld(
            f"{command} --stage {stage}: Python {found} cannot package it, because Lambda's python{found} has glibc 2.26 "
            "and Pillow needs 2.27. Install Python 3.13 (3.12 and 3.14 will do), then: rm -r .venv && "
            f"make {command} STAGE={stage} PYTHON=python3.13"
        )
