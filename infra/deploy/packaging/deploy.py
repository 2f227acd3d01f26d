"""`deploy`: deploy the output of `package` to the account of the AWS credentials (or to AWS_ENDPOINT_URL).

The stacks are deployed in order (`names.stack_names`), each by change sets. An unchanged stack is not updated. A failed
update rolls back, and the stacks after it stay as they are. The data stack is changed twice: additions come first, removals
after all functions (`data_release`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import config
from infra.deploy.data_changes import data_release, retired_queues
from infra.deploy.data_changes.data_release import DataStack
from infra.deploy.live_stage import Target
from infra.deploy.packaging import (
    artefacts,
    concurrency,
    domain,
    failures,
    layers,
    preflight,
    preview,
    quotas,
    releases,
    stacks,
)
from infra.deploy.packaging.alarms import ALARM_EMAIL
from infra.deploy.packaging.names import (
    API_STACK,
    DATA,
    OLD_STACK,
    WATCH,
    function_name,
    functions,
    stack_name,
    stack_names,
)
from infra.deploy.packaging.package import BUNDLE, LAYER_SUFFIX
from infra.deploy.packaging.releases import Release
from infra.deploy.packaging.stacks import DeploymentFailed, Parameters


def demand_alarm_email(stage: str, alarm_email: str | None) -> None:
    """Raise DeploymentFailed if `prod` would have no address for alarms: none is given and its watch stack has none."""
    if stage != "prod" or alarm_email:
        return
    if not (stacks.parameters(stack_name(WATCH)) or {}).get(ALARM_EMAIL):
        raise DeploymentFailed(
            "prod needs an address for alarms: run `make deploy STAGE=prod ALARM_EMAIL=you@example.com`. Later deployments "
            "keep it"
        )


def deploy(out: Path, target: Target, given: Mapping[str, str | None], *, is_confirmed: bool) -> dict[str, str]:
    """Show the changes, ask unless `is_confirmed`, create or update the stacks, print and return their outputs.

    `given` are parameters of the templates by name; a stack keeps the value of one that is None.
    Raises NotReady, QuotaTooLow and Declined before anything is deployed, DeploymentFailed if CloudFormation rejects or rolls
    back a stack.
    """
    _refuse_old_stack()
    names = [function_name(name) for name in functions()]
    for line in preflight.check():
        print(line)
    for line in quotas.check(config.settings().stage, names, (out / BUNDLE).stat().st_size):
        print(line)
    bucket = artefacts.create_bucket(target.account)
    reservations = _reservations()
    zips = _zips(bucket, out)
    data_stack = DataStack(stack_name(DATA), bucket, target.account)
    new = json.loads((out / f"{DATA}.json").read_text())
    _refuse_loss(data_stack, new)
    for line in _preview(out, data_stack, zips | reservations, given):
        print(line)
    if not is_confirmed:
        preview.ask(target)
    outputs = _change_stacks(out, data_stack, zips, reservations, given)
    for key, value in sorted(outputs.items()):
        print(f"{key}  {value}")
    return outputs


def _change_stacks(
    out: Path,
    data_stack: DataStack,
    zips: Mapping[str, str],
    reservations: Mapping[str, str],
    given: Mapping[str, str | None],
) -> dict[str, str]:
    """Add to the data stack, create or update the others, remove from the data stack, and return all outputs."""
    bucket, changed = data_stack.bucket, list[str]()
    data_key = artefacts.upload(bucket, out / f"{DATA}.json")
    new = json.loads((out / f"{DATA}.json").read_text())
    _change_data(changed, lambda: data_release.add_resources(data_stack, new))
    outputs = stacks.outputs(stack_name(DATA))
    for name in stack_names()[1:]:
        template = artefacts.upload(bucket, out / f"{name}.json")
        declared = json.loads((out / f"{name}.json").read_text()).get("Parameters", {})
        parameters = _parameters(declared, {**zips, **reservations, **outputs}, given)
        result = _bring_up(name, artefacts.url(bucket, template), parameters, changed)
        print(result)
        if not result.endswith(stacks.NO_CHANGE):
            changed.append(name)
        released = {key: zips[key] for key in declared if key in zips}
        releases.record(bucket, name, {"template": template, "zips": released, "data": data_key})
        outputs |= stacks.outputs(stack_name(name))
        if name == API_STACK:
            domain.publish_changes(given, outputs["RestAPIId"])
    earlier = _data_before(bucket, data_key)
    _change_data(changed, lambda: data_release.remove_resources(data_stack, new, earlier))
    releases.record(bucket, DATA, {"template": data_key, "zips": {}})
    return outputs


def _parameters(declared: Iterable[str], values: Mapping[str, str], given: Mapping[str, str | None]) -> Parameters:
    """Return the values of a template's declared parameters; None for one that the stack keeps."""
    known = {**values, **{key: value for key, value in given.items() if value is not None}}
    return {key: known.get(key) for key in declared}


def _preview(
    out: Path, data_stack: DataStack, values: Mapping[str, str], given: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield lines about what each stack will change, with the present outputs of the stacks before it."""
    yield from _preview_data(out, data_stack)
    outputs = _present_outputs(DATA)
    for name in stack_names()[1:]:
        document = json.loads((out / f"{name}.json").read_text())
        url = artefacts.url(data_stack.bucket, artefacts.upload(data_stack.bucket, out / f"{name}.json"))
        parameters = _parameters(document.get("Parameters", {}), {**values, **outputs}, given)
        yield from preview.describe(stack_name(name), url, parameters, len(document["Resources"]))
        outputs |= _present_outputs(name)
    yield preview.UNKNOWN


def _preview_data(out: Path, data_stack: DataStack) -> Iterator[str]:
    """Yield lines about the additions to the data stack, then about its imports and removals."""
    key = artefacts.upload(data_stack.bucket, out / f"{DATA}.json")
    new = artefacts.read_template(data_stack.bucket, key)
    first = data_release.with_present(new, data_stack.live())
    url = artefacts.url(data_stack.bucket, artefacts.upload_template(data_stack.bucket, DATA, first))
    yield from preview.describe(data_stack.name, url, {}, len(new["Resources"]))
    yield from data_release.describe(data_stack, new, _data_before(data_stack.bucket, key))


def _present_outputs(name: str) -> dict[str, str]:
    return stacks.outputs(stack_name(name)) if stacks.status(stack_name(name)) else {}


def _data_before(bucket: str, key: str) -> dict[str, Any] | None:
    """Return the data stack's template of the release before the one with this key; None if there is none."""
    previous = releases.before(bucket, DATA, key)
    return artefacts.read_template(bucket, previous["template"]) if previous else None


def roll_back(name: str | None, owner: str) -> str:
    """Deploy a stack's release before the last one, with its template and zips; print and return the result.

    Values of other stacks are those of now: they change if a stack was taken down and built again. Indexes, queues and topics
    that the release needs and a later one removed are added to the data stack first.
    Raises DeploymentFailed for the data stack, whose tables and queues only change forwards, if there is no such
    release, if the stack does not run its last release, or if CloudFormation rejects or rolls back the change.
    """
    _data, *others = stack_names()
    if name not in others:
        raise DeploymentFailed(f"name the stack to roll back: CONTEXT={' or '.join(others)}")
    bucket = artefacts.bucket_name(owner)
    listed = releases.list_releases(bucket, name)
    if len(listed) < 2:
        raise DeploymentFailed(f"{stack_name(name)} has no earlier release: deploy an earlier version of the code")
    _refuse_unrecorded(name, listed[-1])
    release = listed[-2]
    if key := release.get("data"):
        earlier = artefacts.read_template(bucket, key)
        data_stack = DataStack(stack_name(DATA), bucket, owner)
        _change_data([], lambda: data_release.add_for_rollback(data_stack, earlier))
    declared = artefacts.read_template(bucket, release["template"]).get("Parameters", {})
    values = stacks.outputs(stack_name(DATA)) | stacks.outputs(stack_name(API_STACK)) | release["zips"]
    parameters: Parameters = {key: values.get(key) for key in declared}
    result = stacks.bring_up(stack_name(name), artefacts.url(bucket, release["template"]), parameters)
    print(result)
    releases.remove_last(bucket, name)
    return result


def take_down() -> list[str]:
    """Delete the stacks of this process's stage in reverse order, without the data stack; print and return each result.

    Raises DeploymentFailed if CloudFormation cannot delete a stack.
    """
    _data, *others = stack_names()
    results = []
    for name in (*reversed(others), OLD_STACK):
        results.append(stacks.take_down(stack_name(name)))
        print(results[-1], flush=True)
    return results


def _refuse_unrecorded(name: str, last: Release) -> None:
    """Raise DeploymentFailed if the stack runs other zips than its last release: the one before would be the wrong one.

    That happens if the command ended between the change and its record.
    """
    stack, zips = stack_name(name), last["zips"]
    current = stacks.parameters(stack)
    if current is None:
        raise DeploymentFailed(f"{stack} does not exist: deploy it first")
    if differing := [key for key in zips if current.get(key) != zips[key]]:
        found = ", ".join(f"{key} is {current.get(key)}, recorded is {zips[key]}" for key in differing)
        raise DeploymentFailed(
            f"{stack} does not run its last recorded release ({found}). Deploy the version that must run from its code"
        )


def _refuse_old_stack() -> None:
    """Raise DeploymentFailed if the single stack of an earlier release exists: its functions have the same names."""
    old, stage = stack_name(OLD_STACK), config.settings().stage
    if stacks.status(old):
        raise DeploymentFailed(
            f"{old} is of an earlier release, which had one stack for everything but data. Run `make teardown "
            f"STAGE={stage}`, then deploy again: data and messages stay, the API gets another address"
        )


def _reservations() -> dict[str, str]:
    """Return the templates' parameter for reserved concurrency. Print why there is none if the account is too small."""
    unreserved = concurrency.unreserved_executions()
    if not concurrency.fits(unreserved):
        print(concurrency.describe_lack(unreserved))
    return {concurrency.PARAMETER: str(concurrency.fits(unreserved)).lower()}


def _zips(bucket: str, out: Path) -> dict[str, str]:
    """Upload the zips and return the templates' parameters for them."""
    files = {path.name.removesuffix(LAYER_SUFFIX): path for path in out.glob(f"*{LAYER_SUFFIX}")}
    keys = {layers.layer_key(layer): artefacts.upload(bucket, path) for layer, path in files.items()}
    return {"ArtefactBucket": bucket, "BundleKey": artefacts.upload(bucket, out / BUNDLE), **keys}


def _refuse_loss(data_stack: DataStack, new: dict[str, Any]) -> None:
    """Raise DeploymentFailed if a queue with messages would lose its only consumer.

    The release that runs is the last one of the list. Without a list, every queue of the stack counts as consumed.
    """
    live, listed = data_stack.live(), releases.list_releases(data_stack.bucket, DATA)
    if live:
        running = artefacts.read_template(data_stack.bucket, listed[-1]["template"]) if listed else live
        retired_queues.refuse_loss(new, live, running)


def _change_data(changed: list[str], change: Callable[[], list[str]]) -> None:
    """Change the data stack and print what changed. The error says what was deployed and what to do."""
    try:
        lines = change()
    except (DeploymentFailed, BotoCoreError, ClientError) as error:
        raise DeploymentFailed(f"{error}\n{failures.describe(DATA, changed)}") from error
    for line in lines:
        print(line)
    if any(not line.endswith(stacks.NO_CHANGE) for line in lines) and DATA not in changed:
        changed.append(DATA)


def _bring_up(name: str, template_url: str, parameters: Parameters, changed: list[str]) -> str:
    """Create or update a stack and return a line with the result. The error says what was deployed and what to do."""
    try:
        return stacks.bring_up(stack_name(name), template_url, parameters)
    except (DeploymentFailed, BotoCoreError, ClientError) as error:
        raise DeploymentFailed(f"{error}\n{failures.describe(name, changed)}") from error
