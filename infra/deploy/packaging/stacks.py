"""Create, update or delete a CloudFormation stack."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws
from infra.deploy.packaging.errors import PackagingFailed

Parameters = dict[str, str | None]
"""None: the previous value, or the template's default in a new stack."""

PATIENCE_SECONDS = 1800
POLL_SECONDS = 5.0
CALL_SECONDS = 120
"""Upper limit of one call: the embedded AWS answers only once it has created the functions of a stack."""
NEVER_CREATED = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
"""States of a stack whose creation or first import did not complete. CloudFormation can only delete it."""
NO_CHANGE = ": unchanged"
"""Ends the result of a change set without changes."""
UNCHANGED = ("didn't contain changes", "No updates")


class DeploymentFailed(PackagingFailed):
    """CloudFormation rejected or rolled back a change; the message lists the failed resources and reasons."""


def bring_up(stack: str, template_url: str, values: Parameters) -> str:
    """Create or update the stack by a change set, wait for it, and return a line with the result.

    A stack whose creation failed is deleted first. Raises DeploymentFailed if CloudFormation rejects or rolls back the
    change, or takes over 30 minutes.
    """
    new = not _exists(stack)
    kept = {} if new else parameters(stack) or {}  # CloudFormation refuses to keep a value that the stack does not have
    change_set = _create_change_set(
        stack,
        ChangeSetType="CREATE" if new else "UPDATE",
        TemplateURL=template_url,
        Parameters=[_parameter(name, value) for name, value in values.items() if value is not None or name in kept],
    )
    if not _has_changes(stack, change_set):
        return f"{stack}{NO_CHANGE}"
    _execute(stack, change_set, ("CREATE_COMPLETE", "UPDATE_COMPLETE"))
    return f"{stack}: {'created' if new else 'updated'}"


def import_resources(stack: str, template_url: str, resources: list[dict[str, Any]]) -> None:
    """Import resources that exist into the stack, or into a new one. A new stack whose creation failed is deleted first.

    The template has the stack's present resources and those of `resources`, whose items have the shape of CloudFormation's
    ResourcesToImport. Raises DeploymentFailed if CloudFormation rejects or rolls back the import.
    """
    _exists(stack)
    change_set = _create_change_set(
        stack, ChangeSetType="IMPORT", TemplateURL=template_url, ResourcesToImport=resources
    )
    if not _has_changes(stack, change_set):
        raise DeploymentFailed(f"{stack}: nothing to import")
    _execute(stack, change_set, ("IMPORT_COMPLETE",))


def _exists(stack: str) -> bool:
    """Return whether the stack exists. Delete it if its creation failed: that takes nothing of value."""
    state = status(stack)
    if state in NEVER_CREATED:
        take_down(stack)
        return False
    return state is not None


def _create_change_set(stack: str, **arguments: Any) -> str:
    """Create a change set and return its name."""
    name = "deploy-" + hashlib.sha256(f"{arguments['TemplateURL']}{time.time()}".encode()).hexdigest()[:12]
    aws.client("cloudformation", read_timeout=CALL_SECONDS).create_change_set(
        StackName=stack, ChangeSetName=name, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"], **arguments
    )
    return name


def _execute(stack: str, change_set: str, successes: tuple[str, ...]) -> None:
    """Execute the change set and wait for it. Raises DeploymentFailed if the stack ends in another state."""
    before = _last_event(stack)
    aws.client("cloudformation", read_timeout=CALL_SECONDS).execute_change_set(
        StackName=stack, ChangeSetName=change_set
    )
    ended = _wait(lambda: status(stack) or "", running="IN_PROGRESS")
    if ended not in successes:
        raise DeploymentFailed(f"{stack} is {ended}:\n{_reasons(stack, before)}")


def take_down(stack: str) -> str:
    """Delete the stack, wait for it, and return a line with the result. Retained resources stay.

    Raises DeploymentFailed if CloudFormation cannot delete it, or takes over 30 minutes.
    """
    if status(stack) is None:
        return f"{stack}: does not exist"
    before = _last_event(stack)
    aws.client("cloudformation", read_timeout=CALL_SECONDS).delete_stack(StackName=stack)
    ended = _wait(lambda: status(stack) or "", running="IN_PROGRESS")
    if ended not in ("", "DELETE_COMPLETE"):
        raise DeploymentFailed(f"{stack} is {ended}:\n{_reasons(stack, before)}")
    return f"{stack}: deleted"


def outputs(stack: str) -> dict[str, str]:
    """Return the stack's outputs by key."""
    described = aws.client("cloudformation", read_timeout=CALL_SECONDS).describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def template(stack: str) -> dict[str, Any] | None:
    """Return the stack's template, or None if it was never created."""
    if status(stack) in (None, *NEVER_CREATED):
        return None
    cloudformation = aws.client("cloudformation", read_timeout=CALL_SECONDS)
    body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    return dict(json.loads(body) if isinstance(body, str) else body)


def parameters(stack: str) -> dict[str, str] | None:
    """Return the stack's parameters, or None if it does not exist."""
    if status(stack) is None:
        return None
    described = aws.client("cloudformation", read_timeout=CALL_SECONDS).describe_stacks(StackName=stack)["Stacks"][0]
    return {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}


def _parameter(name: str, value: str | None) -> dict[str, Any]:
    if value is None:
        return {"ParameterKey": name, "UsePreviousValue": True}
    return {"ParameterKey": name, "ParameterValue": value}


def status(stack: str) -> str | None:
    """Return the stack's status, or None if it does not exist."""
    try:
        return str(
            aws.client("cloudformation", read_timeout=CALL_SECONDS).describe_stacks(StackName=stack)["Stacks"][0][
                "StackStatus"
            ]
        )
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _has_changes(stack: str, change_set: str) -> bool:
    """Wait for the change set and return whether it has changes.

    CloudFormation reports an empty change set as failed; delete it. Raises DeploymentFailed for any other failure.
    """
    cloudformation = aws.client("cloudformation", read_timeout=CALL_SECONDS)
    described: dict[str, Any] = {}

    def current() -> str:
        described.update(cloudformation.describe_change_set(StackName=stack, ChangeSetName=change_set))
        return str(described["Status"])

    if _wait(current, running=("PENDING", "IN_PROGRESS")) != "FAILED":
        return True
    reason = described.get("StatusReason", "")
    cloudformation.delete_change_set(StackName=stack, ChangeSetName=change_set)
    if any(words in reason for words in UNCHANGED):
        return False
    raise DeploymentFailed(f"{stack}: {reason}")


def _wait(current: Any, running: str | tuple[str, ...]) -> str:
    deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
    while True:
        now = str(current())
        if not now.endswith(running):
            return now
        if time.monotonic() > deadline:
            raise DeploymentFailed(f"still {now} after {PATIENCE_SECONDS} s: see the stack's events in the console")
        time.sleep(pause)
        pause = min(2 * pause, POLL_SECONDS)


def _events(stack: str) -> Iterator[dict[str, Any]]:
    """Yield the stack's events, newest first."""
    for page in (
        aws.client("cloudformation", read_timeout=CALL_SECONDS)
        .get_paginator("describe_stack_events")
        .paginate(StackName=stack)
    ):
        yield from page["StackEvents"]


def _last_event(stack: str) -> str | None:
    """Return the id of the stack's newest event."""
    return next((str(event["EventId"]) for event in _events(stack)), None)


def _reasons(stack: str, before: str | None) -> str:
    """Return a line for each failure after the event `before`, oldest first. Earlier ones are of other changes."""
    events = list(takewhile(lambda event: event["EventId"] != before, _events(stack)))
    return "\n".join(
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    )
