"""One version everywhere: the code's, the project's, the newest release of the changelog, and the API's."""

from __future__ import annotations

import re
import tomllib

import httpx2

from chalicelib.kit.version import VERSION
from infra.deploy.handlers import ROOT


def test_project_changelog_and_upgrade_page_have_the_version_of_the_code() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
    newest = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[:2]
    assert newest[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(VERSION)} - \d{{4}}-\d{{2}}-\d{{2}}", newest[1])
    assert f"to {VERSION}\n" in (ROOT / "docs" / "upgrading.md").read_text()


def test_the_api_states_the_version(api: httpx2.Client) -> None:
    assert api.get("/openapi.json").json()["info"]["version"] == VERSION
