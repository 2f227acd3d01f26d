"""Import resources that outlived their stack, so that a deployment continues with their data."""

from __future__ import annotations

from itertools import islice
from typing import Any

from infra.deploy.data_changes.indexes import Template
from infra.deploy.data_changes.kept_resources import Account, KeptResource
from infra.deploy.packaging import artefacts, stacks

MOST = 200
"""Resources in one import (API reference of CreateChangeSet, ResourcesToImport)."""


def find_kept(current: Template, owner: str, template: Template) -> dict[str, KeptResource]:
    """Return what the template names, the account has and the stack's `current` template lacks, by logical id."""
    missing = {name: body for name, body in template["Resources"].items() if name not in current["Resources"]}
    if not missing:
        return {}
    account = Account(owner)
    return {name: found for name, body in missing.items() if (found := account.find(body, template))}


def import_kept(stack: str, bucket: str, owner: str, template: Template) -> list[str]:
    """Import what the template names, the account has and the stack lacks. Return a line about it, or none.

    Raises DeploymentFailed if CloudFormation refuses: for example, another stack has the resource.
    """
    current = stacks.template(stack) or {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}
    kept, bodies = find_kept(current, owner, template), template["Resources"]
    remaining = iter(kept.items())
    while batch := dict(islice(remaining, MOST)):
        imported: dict[str, Any] = {
            name: {"Type": bodies[name]["Type"], "DeletionPolicy": "Retain", "Properties": found.properties}
            for name, found in batch.items()
        }
        current = current | {"Resources": current["Resources"] | imported}
        key = artefacts.upload_template(bucket, "import", current)
        resources = [
            {
                "ResourceType": bodies[name]["Type"],
                "LogicalResourceId": name,
                "ResourceIdentifier": found.identifier,
            }
            for name, found in batch.items()
        ]
        stacks.import_resources(stack, artefacts.url(bucket, key), resources)
    return [f"{stack}: {len(kept)} kept resources imported"] if kept else []
