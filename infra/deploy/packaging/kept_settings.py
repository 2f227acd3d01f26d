"""The settings that a deployment takes from the stage if this process does not set them: they are part of the templates.

Without that, a deployment from another shell turns e-mails off or lets a model be imitated. An empty value is set: it removes
the stage's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from infra.deploy import live_stage
from infra.deploy.packaging.names import API, API_STACK, logical

NAMES = (
    "ANALYTICS_ROWS",
    "BEDROCK_IMAGE_MODEL",
    "BEDROCK_REGION",
    "BEDROCK_UPSCALE_MODEL",
    "IMAGE_HTTP_URL",
    "IMAGE_MODEL",
    "MAIL_FROM",
    "REPORTING_CURRENCY",
    "TEXT_MODEL",
)
FORMER_DEFAULTS = ("stability.sd3-5-large-v1:0", "stability.stable-fast-upscale-v1:0")
"""Models that 0.1.0 had by default and that cannot be called by these ids: a stage does not keep them."""


def find() -> dict[str, str]:
    """Return the values of the deployed API's function by name; empty if there is none."""
    found = live_stage.function_settings()
    return {name: found[name] for name in NAMES if found.get(name) and found[name] not in FORMER_DEFAULTS}


def iterate_changes(out: Path) -> Iterator[str]:
    """Yield a line for each setting that the packaged API's function has otherwise than the deployed one; none at first."""
    resources = json.loads((out / f"{API_STACK}.json").read_text())["Resources"]
    packaged = resources[logical(API)]["Properties"]["Environment"]["Variables"]
    for name, value in find().items():
        if packaged.get(name, "") != value:
            yield f"setting {name}: {value} becomes {packaged.get(name) or 'unset'}"
