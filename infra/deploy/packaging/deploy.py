"""`deploy`: deploy the output of `package` to the account of the AWS credentials (or to AWS_ENDPOINT_URL).

The stacks are deployed in order (`names.stacks`), each by a change set. An unchanged stack is not updated. A failed
update rolls back, and the stacks after it stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws, config
from infra.deploy.packaging import artefacts, concurrency, domain, failures, layers, quotas, releases, stacks
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


def account() -> str:
    """Return the account number of the credentials. Raises botocore's errors if there are no valid credentials."""
    return str(aws.client("sts").get_caller_identity()["Account"])


def demand_alarm_email(stage: str, alarm_email: str | None) -> None:
    """Raise DeploymentFailed if `prod` would have no address for alarms: none is given and its watch stack has none."""
    if stage != "prod" or alarm_email:
        return
    if not (stacks.parameters(stack_name(WATCH)) or {}).get(ALARM_EMAIL):
        raise DeploymentFailed(
            "prod needs an address for alarms: run `make deploy STAGE=prod ALARM_EMAIL=you@example.com`. Later deployments "
            "keep it"
        )


def deploy(out: Path, owner: str, given: Mapping[str, str | None]) -> None:
    """Create or update the stacks of this process's stage in account `owner`, and print their outputs.

    `given` are parameters of the templates by name; a stack keeps the value of one that is None.
    Raises QuotaTooLow before anything is deployed, and DeploymentFailed if CloudFormation rejects or rolls back a stack.
    """
    _refuse_old_stack()
    names = [function_name(name) for name in functions()]
    for line in quotas.check(config.settings().stage, names, (out / BUNDLE).stat().st_size):
        print(line)
    bucket = artefacts.create_bucket(owner)
    reservations = _reservations()
    zips, outputs, changed = _zips(bucket, out), dict[str, str](), list[str]()
    for name in stack_names():
        values = zips | reservations | outputs | {key: value for key, value in given.items() if value is not None}
        template = artefacts.upload(bucket, out / f"{name}.json")
        declared = json.loads((out / f"{name}.json").read_text()).get("Parameters", {})
        parameters: Parameters = {key: values.get(key) for key in declared}
        result = _bring_up(name, artefacts.url(bucket, template), parameters, changed)
        print(result)
        if not result.endswith(stacks.NO_CHANGE):
            changed.append(name)
        released = {key: zips[key] for key in declared if key in zips}
        releases.record(bucket, name, {"template": template, "zips": released})
        outputs |= stacks.outputs(stack_name(name))
        if name == API_STACK:
            domain.publish_changes(given, outputs["RestAPIId"])
    for key, value in sorted(outputs.items()):
        print(f"{key}  {value}")


def roll_back(name: str | None, owner: str) -> None:
    """Deploy a stack's release before the last one, with its template and zips, and print the result.

    Values of other stacks are those of now: they change if a stack was taken down and built again.
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
    declared = artefacts.read_template(bucket, release["template"]).get("Parameters", {})
    values = stacks.outputs(stack_name(DATA)) | stacks.outputs(stack_name(API_STACK)) | release["zips"]
    parameters: Parameters = {key: values.get(key) for key in declared}
    print(stacks.bring_up(stack_name(name), artefacts.url(bucket, release["template"]), parameters))
    releases.remove_last(bucket, name)


def take_down(stage: str, confirmed: str | None) -> None:
    """Delete the stacks of this process's stage in reverse order, without the data stack, and print each result.

    Raises DeploymentFailed if `prod` is not confirmed, or if CloudFormation cannot delete a stack.
    """
    if stage == "prod" and confirmed != stage:
        raise DeploymentFailed("this takes the API of prod down; run `make teardown STAGE=prod CONFIRM=prod`")
    _data, *others = stack_names()
    for name in (*reversed(others), OLD_STACK):
        print(stacks.take_down(stack_name(name)))


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


def _bring_up(name: str, template_url: str, parameters: Parameters, changed: list[str]) -> str:
    """Create or update a stack and return a line with the result. The error says what was deployed and what to do."""
    try:
        return stacks.bring_up(stack_name(name), template_url, parameters)
    except (DeploymentFailed, BotoCoreError, ClientError) as error:
        raise DeploymentFailed(f"{error}\n{failures.describe(name, changed)}") from error
