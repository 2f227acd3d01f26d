"""The locked packages: those of the bundle and its layers, and those that only tools and tests run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.deploy.packaging import layers, lock_files

SHIPPED = "requirements.txt"
TOOLS = ("requirements-dev.txt", "requirements-lock.txt", "infra/local/requirements-aws.txt")


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package in its locked version. One that is shipped runs in an account."""

    name: str
    version: str
    is_shipped: bool


def read_locked_packages(root: Path) -> list[Package]:
    """Return the packages of all lock files below `root` by name. A version that is shipped and tested is one package."""
    layered = {name for packages in layers.PACKAGES.values() for name in packages}
    tools = [pin for file in TOOLS for pin in lock_files.read(root / file)]
    shipped = {(pin.name, pin.version) for pin in lock_files.read(root / SHIPPED)}
    shipped |= {(pin.name, pin.version) for pin in lock_files.read(root / TOOLS[0]) if pin.name in layered}
    every = shipped | {(pin.name, pin.version) for pin in tools}
    return sorted(Package(name, version, (name, version) in shipped) for name, version in every)
