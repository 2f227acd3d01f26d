"""The buckets of a stage that an earlier release named by another rule. The stage keeps them, with their objects (ADR 42)."""

from __future__ import annotations

import json
from pathlib import Path

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config
from infra.deploy.live_stage import BUCKETS, Target
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import DATA, stack_name


class BucketsDiffer(PackagingFailed):
    """The packaged data stack would replace a bucket by an empty one."""


def find(target: Target) -> dict[str, str]:
    """Return the stage's buckets that the rule names otherwise, by the name of their setting.

    They are read from the resources: the stacks of earlier releases have no such outputs.
    """
    return {name: bucket for name, bucket in _deployed().items() if bucket != _rule(target, name)}


def demand(target: Target, out: Path) -> None:
    """Raise BucketsDiffer unless the template in `out` names the buckets that the stage has."""
    resources = json.loads((out / f"{DATA}.json").read_text())["Resources"]
    settings = {name: resource for resource, name in BUCKETS.items()}
    for name, bucket in _deployed().items():
        given = resources[settings[name]]["Properties"]["BucketName"]
        text = given["Fn::Sub"] if isinstance(given, dict) else given
        packaged = text.replace(config.PSEUDO_ACCOUNT, target.account).replace(config.PSEUDO_REGION, target.region)
        if packaged != bucket:
            raise BucketsDiffer(
                f"the stage keeps its objects in {bucket}, but {packaged} is packaged: run `make package "
                f"STAGE={target.stage} {name}={bucket}`"
            )


def _rule(target: Target, name: str) -> str:
    """Return the bucket name that the rule gives for a setting."""
    purpose = name.removesuffix("_BUCKET").lower()
    return config.bucket_name(config.settings().namespace, purpose, target.account, target.region)


def _deployed() -> dict[str, str]:
    """Return the names of the deployed buckets by the name of their setting; empty if there is no data stack."""
    buckets = {}
    for resource, name in BUCKETS.items():
        try:
            detail = aws.client("cloudformation").describe_stack_resource(
                StackName=stack_name(DATA), LogicalResourceId=resource
            )["StackResourceDetail"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            continue
        if detail.get("PhysicalResourceId"):
            buckets[name] = str(detail["PhysicalResourceId"])
    return buckets
