"""Decide which advisories are reported: one finding per flaw and package, without those that pyproject.toml ignores."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infra.audit.osv import Advisory
from infra.audit.packages import Package


@dataclass(frozen=True, slots=True)
class IgnoredAdvisory:
    """An advisory that does not concern us, by its id or an alias, with the reason. It is reported again from `until` on."""

    id: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A flaw of a locked package."""

    package: Package
    names: tuple[str, ...]
    summary: str
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        where = "shipped" if self.package.is_shipped else "tool"
        fixed = f"fixed in {', '.join(self.fixed)}" if self.fixed else "no fixed version"
        return f"{where}: {self.package.name} {self.package.version}: {', '.join(self.names)}: {self.summary} ({fixed})"


def read_ignored_advisories(pyproject: Path) -> list[IgnoredAdvisory]:
    """Return the entries of `[[tool.backroom.ignored-advisories]]`. Raises TypeError if one lacks a reason or a date."""
    table = tomllib.loads(pyproject.read_text()).get("tool", {}).get("backroom", {})
    return [IgnoredAdvisory(**entry) for entry in table.get("ignored-advisories", [])]


def findings(
    by_package: Mapping[Package, Iterable[Advisory]], ignores: Iterable[IgnoredAdvisory], today: date
) -> list[Finding]:
    """Return one finding for each flaw of a package. Several databases name the same flaw, which their aliases show."""
    accepted = {each.id for each in ignores if today < each.until}
    result = []
    for package, advisories in sorted(by_package.items()):
        for flaw in _by_flaw(each for each in advisories if not each.is_withdrawn):
            names = frozenset[str]().union(*(each.names for each in flaw))
            if names & accepted:
                continue
            fixed = {version for each in flaw for version in each.fixed.get(package.name, [])}
            summary = next((each.summary for each in flaw if each.summary), "no summary")
            result.append(Finding(package, tuple(sorted(names)), summary, tuple(sorted(fixed))))
    return result


def _by_flaw(advisories: Iterable[Advisory]) -> list[list[Advisory]]:
    flaws: list[list[Advisory]] = []
    for advisory in advisories:
        same = [flaw for flaw in flaws if any(each.names & advisory.names for each in flaw)]
        flaws = [flaw for flaw in flaws if flaw not in same]
        flaws.append([each for flaw in same for each in flaw] + [advisory])
    return flaws
