"""Show what a deployment will change, and ask, before any stack is changed.

Each existing stack gets a change set that is read and deleted. Its parameters are the present outputs of the stacks before
it, so what a changed output changes is not known in advance. A new stack has no change set: that would create an empty stack.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from chalicelib.kit import aws
from infra.deploy.live_stage import Target
from infra.deploy.packaging import stacks
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.stacks import CALL_SECONDS, NEVER_CREATED, NO_CHANGE, UNCHANGED, Parameters

UNKNOWN = "Later stacks are compared with the present outputs of data and api; a changed output may change more."
_WAIT = {"Delay": 2, "MaxAttempts": 300}
_ORDER = ("remove", "replace", "may replace", "add")
"""Changes that are listed one by one; the others are counted by type."""


class Declined(PackagingFailed):
    """The operator did not confirm the changes."""


def demand_answer(is_confirmed: bool) -> None:
    """Raise Declined if the changes are not confirmed and there is nobody to ask."""
    if not (is_confirmed or sys.stdin.isatty()):
        raise Declined("deploy asks before it changes a stack: run it in a terminal, or add --yes (make deploy YES=1)")


def ask(target: Target) -> None:
    """Ask for the stage's name. Raises Declined for any other answer."""
    try:
        answer = input(f"Type {target.stage} to deploy to {target}: ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
    if answer.strip() != target.stage:
        raise Declined("nothing was deployed")


def describe(stack: str, template_url: str, parameters: Parameters, resources: int) -> Iterator[str]:
    """Yield lines about what the template changes in a stack. `resources` is the number of those in the template."""
    if stacks.status(stack) in (None, *NEVER_CREATED):
        yield f"{stack}: new, {resources} resources"
        return
    try:
        changes = _changes(stack, template_url, parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        yield f"{stack}: not known in advance: {error.response['Error']['Message']}"
        return
    yield f"{stack}: {len(changes)} changes" if changes else f"{stack}{NO_CHANGE}"
    yield from _lines(changes)


def _changes(stack: str, template_url: str, parameters: Parameters) -> list[dict[str, Any]]:
    """Return CloudFormation's list of changes of resources. Raises its ClientError if it rejects the template."""
    cloudformation = aws.client("cloudformation", read_timeout=CALL_SECONDS)
    name = "preview-" + hashlib.sha256(f"{template_url}{time.time()}".encode()).hexdigest()[:12]
    known = stacks.parameters(stack) or {}
    given = [
        {"ParameterKey": key} | ({"UsePreviousValue": True} if value is None else {"ParameterValue": value})
        for key, value in parameters.items()
        if value is not None or key in known
    ]
    target = {"StackName": stack, "ChangeSetName": name}
    cloudformation.create_change_set(
        **target,
        ChangeSetType="UPDATE",
        TemplateURL=template_url,
        Parameters=given,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(**target, WaiterConfig=_WAIT)
        pages = cloudformation.get_paginator("describe_change_set").paginate(**target)
        return [change["ResourceChange"] for page in pages for change in page.get("Changes", [])]
    except WaiterError as error:
        reason = str(error.last_response.get("StatusReason", error))
        if any(words in reason for words in UNCHANGED):
            return []
        raise ClientError({"Error": {"Code": "ValidationError", "Message": reason}}, "CreateChangeSet") from error
    finally:
        cloudformation.delete_change_set(**target)


def _lines(changes: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each resource that is added, removed or replaced, then one that counts the others by type."""
    modified: Counter[str] = Counter()
    listed = []
    for change in changes:
        kind = _kind(change)
        if kind in _ORDER:
            listed.append((_ORDER.index(kind), f"  {kind} {change['ResourceType']} {change['LogicalResourceId']}"))
        else:
            modified[change["ResourceType"]] += 1
    yield from (line for _, line in sorted(listed))
    if modified:
        yield "  modify " + ", ".join(f"{count} {kind}" for kind, count in sorted(modified.items()))


def _kind(change: dict[str, Any]) -> str:
    if change["Action"] != "Modify":
        return str(change["Action"]).lower()
    return {"True": "replace", "Conditional": "may replace"}.get(change.get("Replacement", "False"), "modify")
