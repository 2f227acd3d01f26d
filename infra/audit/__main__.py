"""`make audit`: report known advisories of the locked packages. Fail for those of packages that are shipped."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from infra.audit import osv
from infra.audit.findings import findings, read_ignored_advisories
from infra.audit.packages import read_locked_packages
from infra.deploy.handlers import ROOT


def main(arguments: list[str]) -> int:
    """Print the findings. Return 1 if a shipped package has a known advisory, else 0, even if OSV cannot be reached."""
    parser = argparse.ArgumentParser(prog="python -m infra.audit", description=__doc__)
    parser.add_argument("--url", default=osv.URL, help="another server with OSV's API")
    url = parser.parse_args(arguments).url
    packages, ignores = read_locked_packages(ROOT), read_ignored_advisories(ROOT / "pyproject.toml")
    try:
        found = osv.fetch_advisories(packages, url)
    except osv.AdvisoriesUnreachable as error:
        print(f"audit: {len(packages)} packages not checked, advisories cannot be reached: {error}")
        return 0
    reported = findings(found, ignores, datetime.now(UTC).date())
    for finding in reported:
        print(finding)
    print(f"audit: {len(packages)} packages checked, {len(reported)} known advisories")
    return int(any(finding.package.is_shipped for finding in reported))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
