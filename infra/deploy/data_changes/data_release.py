"""Deploy the data stack around the deployment of the functions: additions before, removals after (ADR 43)."""

from __future__ import annotations

from dataclasses import dataclass

from infra.deploy.data_changes import imports, indexes, removals, retired_queues
from infra.deploy.data_changes.indexes import Template
from infra.deploy.packaging import artefacts, stacks
from infra.deploy.renamed_queues import DEAD

EMPTY: Template = {"Resources": {}}


@dataclass(frozen=True, slots=True)
class DataStack:
    """The data stack's name in the account, the bucket of templates, and the account number."""

    name: str
    bucket: str
    owner: str

    def live(self) -> Template | None:
        """Return the template that the stack has now, or None if there is no stack."""
        return stacks.template(self.name)


def add_resources(stack: DataStack, new: Template) -> list[str]:
    """Deploy the resources of the new functions, and keep those of the present ones. Return a line for each step.

    Kept resources of an earlier stack are imported first. Each step ends when its indexes are active. Raises
    DeploymentFailed if CloudFormation rejects or rolls back a step; the steps before it stay.
    """
    lines = imports.import_kept(stack.name, stack.bucket, stack.owner, new)
    live = stack.live()
    return lines + _deploy(stack, live, with_present(new, live))


def with_present(new: Template, live: Template | None) -> Template:
    """Return the template of the additions: `new`, and what only the live stack has."""
    return removals.merge_templates(removals.with_live_ids(new, live), live) if live else new


def describe(stack: DataStack, new: Template, previous: Template | None) -> list[str]:
    """Return lines about what the additions do not show: imports before them, and removals after the functions."""
    live = stack.live() or EMPTY
    kept = imports.find_kept(live, stack.owner, new)
    lines = [f"  {len(kept)} of them exist in the account and are imported"] if kept else []
    new = removals.with_live_ids(new, live)
    waiting = removals.trim_template(new, live, previous, removals.retired_queues(new, live))
    now, later = _absent(live, waiting), _absent(waiting, new)
    lines += [f"  after the functions, remove {', '.join(now)}"] if now else []
    return lines + ([f"  with a later release, remove {', '.join(later)}"] if later else [])


def add_for_rollback(stack: DataStack, earlier: Template) -> list[str]:
    """Add resources that an earlier release needs and the stack no longer has. Return a line for each step, or none.

    Resources of both stay as they are now: the functions that are not rolled back use them.
    """
    imported = imports.import_kept(stack.name, stack.bucket, stack.owner, earlier)
    live = stack.live() or EMPTY
    wanted = removals.merge_templates(live, removals.with_live_ids(earlier, live))
    return imported + (_deploy(stack, live, wanted) if wanted != live else [])


def remove_resources(stack: DataStack, new: Template, previous: Template | None) -> list[str]:
    """Remove resources that neither the new functions nor the release before use. Return a line for each change.

    Messages of renamed queues are moved. A queue that still has messages stays until a later deployment. Raises
    DeploymentFailed if CloudFormation rejects or rolls back a step.
    """
    live = stack.live() or EMPTY
    new = removals.with_live_ids(new, live)
    retired = removals.retired_queues(new, live)
    lines = _trim(stack, removals.trim_template(new, live, previous, retired))
    lines += retired_queues.move_messages(retired.values())
    waiting = retired_queues.count_messages(retired.values())
    lines += [retired_queues.describe_waiting(name, count) for name, count in waiting.items()]
    busy = {name.removesuffix(DEAD) for name in waiting}
    staying = {key for key, name in retired.items() if name.removesuffix(DEAD) in busy}
    wanted = removals.trim_template(new, live, previous, staying)
    lines += _trim(stack, wanted)
    retired_queues.delete_queues([name for key, name in retired.items() if key not in wanted["Resources"]])
    return lines


def _trim(stack: DataStack, wanted: Template) -> list[str]:
    """Deploy a template with fewer resources, and name those that were removed; do nothing if it is the stack's."""
    live = stack.live() or EMPTY
    if wanted == live:
        return []
    left = _absent(live, wanted)
    lines = _deploy(stack, live, wanted)
    return [*lines, f"{stack.name}: removed {', '.join(left)}"] if left else lines


def _absent(before: Template, after: Template) -> list[str]:
    """Return the logical ids of the resources that leave, and the indexes as `id.index`."""
    left = [name for name in before["Resources"] if name not in after["Resources"]]
    for name, body in after["Resources"].items():
        present = indexes.table_indexes(before["Resources"][name]) if name in before["Resources"] else {}
        left += [f"{name}.{index}" for index in present if index not in indexes.table_indexes(body)]
    return left


def _deploy(stack: DataStack, live: Template | None, wanted: Template) -> list[str]:
    """Deploy the template in as many steps as its indexes need, and wait for each."""
    lines = []
    for step in indexes.steps(live, wanted):
        key = artefacts.upload_template(stack.bucket, "data", step)
        lines.append(stacks.bring_up(stack.name, artefacts.url(stack.bucket, key), {}))
        indexes.wait_until_active(step)
    return lines
