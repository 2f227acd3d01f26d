"""The parts of a policy document: statements and ARNs with CloudFormation's variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.kit import config

Statement = dict[str, Any]


def allow(service: str, actions: Iterable[str], resources: list[Any]) -> Statement:
    """Return a statement that allows the actions of a service on the resources."""
    return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": resources}


def deny(service: str, actions: Iterable[str], resources: list[Any]) -> Statement:
    """Return a statement that forbids the actions, whatever other statements allow."""
    return allow(service, actions, resources) | {"Effect": "Deny"}


def arn(service: str, resource: str) -> dict[str, str]:
    """Return the ARN of a resource in our account and region."""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"}


def object_arn(path: str) -> dict[str, str]:
    """Return the ARN of a bucket, or of the objects of `bucket/prefix`."""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{path}"}


def physical(name: str) -> str:
    """Return the name of a table, topic or queue in this stage."""
    return f"{config.settings().namespace}-{name}"
