"""Which advisories are reported: one finding per flaw, without those ignored with a reason and a date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from infra.audit.findings import IgnoredAdvisory, findings, read_ignored_advisories
from infra.audit.osv import Advisory
from infra.audit.packages import SHIPPED, Package, read_locked_packages
from infra.deploy.handlers import ROOT
from infra.deploy.packaging import lock_files

PILLOW = Package("pillow", "13.0.0", True)
TODAY = date(2026, 12, 1)


def advisory(name: str, *aliases: str, fixed: str = "13.0.1", is_withdrawn: bool = False) -> Advisory:
    return Advisory(name, frozenset({name, *aliases}), f"flaw {name}", {"pillow": [fixed]}, is_withdrawn)


def test_entries_of_two_databases_about_one_flaw_are_one_finding() -> None:
    same = [advisory("GHSA-1", "CVE-1"), advisory("PYSEC-1", "CVE-1", fixed="13.0.2"), advisory("GHSA-2")]
    first, second = findings({PILLOW: same}, [], TODAY)

    assert (first.names, first.fixed) == (("CVE-1", "GHSA-1", "PYSEC-1"), ("13.0.1", "13.0.2"))
    assert str(second) == "shipped: pillow 13.0.0: GHSA-2: flaw GHSA-2 (fixed in 13.0.1)"


def test_an_entry_that_joins_two_flaws_makes_them_one() -> None:
    parts = [advisory("A", "CVE-1"), advisory("B", "CVE-2"), advisory("C", "CVE-1", "CVE-2")]

    assert [finding.names for finding in findings({PILLOW: parts}, [], TODAY)] == [("A", "B", "C", "CVE-1", "CVE-2")]


def test_a_withdrawn_advisory_is_not_reported() -> None:
    assert findings({PILLOW: [advisory("GHSA-1", is_withdrawn=True)]}, [], TODAY) == []


@pytest.mark.parametrize(("until", "count"), [(date(2026, 12, 2), 0), (date(2026, 12, 1), 1), (date(2026, 11, 30), 1)])
def test_an_advisory_is_ignored_by_any_of_its_names_until_a_date(until: date, count: int) -> None:
    ignores = [IgnoredAdvisory("CVE-1", "we do not decode that format", until)]

    assert len(findings({PILLOW: [advisory("GHSA-1", "CVE-1")]}, ignores, TODAY)) == count


def test_an_ignored_advisory_has_a_reason_and_a_date(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[[tool.backroom.ignored-advisories]]\nid = "CVE-1"\nreason = "not used"\nuntil = 2027-01-31\n')
    assert read_ignored_advisories(file) == [IgnoredAdvisory("CVE-1", "not used", date(2027, 1, 31))]

    file.write_text('[[tool.backroom.ignored-advisories]]\nid = "CVE-1"\nuntil = 2027-01-31\n')
    with pytest.raises(TypeError, match="reason"):
        read_ignored_advisories(file)


def test_every_locked_package_is_checked_and_those_of_bundle_and_layers_are_shipped() -> None:
    packages = read_locked_packages(ROOT)
    names = {package.name for package in packages if package.is_shipped}

    assert {pin.name for pin in lock_files.read(ROOT / SHIPPED)} < names
    assert {"duckdb", "sqlalchemy", "pymysql", "psycopg", "psycopg-binary"} < names
    assert {package.name for package in packages if not package.is_shipped} >= {"pytest", "ministack", "uv"}
    assert len(packages) == len({(package.name, package.version) for package in packages})
