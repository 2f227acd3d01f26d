"""The message of a failed deployment: what was changed, the state of the failed stack, and what to do."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import config
from infra.deploy.packaging import stacks
from infra.deploy.packaging.names import DATA, stack_name, stack_names


def describe(failed: str, changed: list[str]) -> str:
    """Return what the deployment changed before `failed`, the state of that stack, and the commands that help."""
    stage = config.settings().stage
    others = [name for name in stack_names() if name not in (failed, *changed)]
    lines = [
        f"Stacks changed by this deployment: {_listed(changed)}. Not changed: {_listed(others)}. {_state(failed)}.",
        f"Fix the cause and run `make deploy STAGE={stage}` again.",
    ]
    if back := [name for name in changed if name != DATA]:
        commands = ", ".join(f"`make rollback STAGE={stage} CONTEXT={name}`" for name in back)
        lines.append(f"To go back instead, run {commands}.")
    return "\n".join(lines)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _state(name: str) -> str:
    """Return a sentence about the stack by its status: an error can occur before, during and after a change."""
    try:
        status = stacks.status(stack_name(name))
    except (BotoCoreError, ClientError):
        return f"The status of {name} is unknown"
    if status in (None, "REVIEW_IN_PROGRESS"):
        return f"{name} was not created"
    if status.endswith("_IN_PROGRESS"):
        return f"CloudFormation is still changing {name} ({status}): wait until it ends"
    if status.endswith("FAILED"):
        return f"CloudFormation could not roll back {name} ({status}): see the stack's events in the console"
    if status.endswith("ROLLBACK_COMPLETE"):
        return f"{name} is rolled back ({status})"
    return f"{name} is as before ({status})"
