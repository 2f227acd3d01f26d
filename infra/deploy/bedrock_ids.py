"""Ids of Bedrock's models and inference profiles, and the ARNs that a caller of one needs.

Source: Amazon Bedrock user guide, "Prerequisites for inference profiles" and "Supported Regions and models for inference
profiles": a profile's id is the id of its model after a geography. A call through a profile needs the permission on the
profile and on the model in every region that the profile routes to.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

GEOGRAPHIES = {
    "apac": "ap-*",
    "au": "ap-southeast-*",
    "ca": "ca-*",
    "eu": "eu-*",
    "global": "*",
    "jp": "ap-northeast-*",
    "us": "us-*",
    "us-gov": "us-gov-*",
}
"""By the first part of a profile's id: the regions that it may route to, as IAM writes them."""


def is_profile(identifier: str) -> bool:
    """Return whether this is the id of an inference profile, not of a model."""
    return identifier.partition(".")[0] in GEOGRAPHIES


def model_of(identifier: str) -> str:
    """Return the id of the model: a profile's, or the id itself."""
    return identifier.partition(".")[2] if is_profile(identifier) else identifier


def callable_arns(identifier: str, region: str) -> list[str]:
    """Return the ARNs, with CloudFormation's variables, on which a caller in `region` needs `bedrock:InvokeModel`."""
    bedrock = "arn:${AWS::Partition}:bedrock:"
    if not is_profile(identifier):
        return [f"{bedrock}{region}::foundation-model/{identifier}"]
    regions = GEOGRAPHIES[identifier.partition(".")[0]]
    # a profile also routes to the caller's region, such as ca-central-1 with a profile of `us`
    destinations = [regions] if fnmatchcase(region, regions) else [regions, region]
    models = [f"{bedrock}{each}::foundation-model/{model_of(identifier)}" for each in destinations]
    return [f"{bedrock}{region}:${{AWS::AccountId}}:inference-profile/{identifier}", *models]
