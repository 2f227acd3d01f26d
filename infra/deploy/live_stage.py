"""The account, the names and the settings of a deployed stage: from STS, its stacks and its API, never from a default.

Call these functions before anything is imported that reads the settings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.kit import aws, config

STAGES = ("dev", "prod")
"""The stages that are deployed to an account; others run on this machine."""
BUCKETS = {"ImagesBucket": "IMAGES_BUCKET", "ArchiveBucket": "ARCHIVE_BUCKET"}
"""Resources and outputs of the data stack, and their settings."""
_SETTINGS = BUCKETS | {"KeyId": "KMS_KEY_ID"}
"""The outputs of the data stack that every process of the stage needs, and their settings."""


class StageRefused(RuntimeError):
    """The credentials belong to another account than expected, or the stage is not deployed there."""


@dataclass(frozen=True, slots=True)
class Target:
    """A stage, and where it is."""

    stage: str
    account: str
    region: str

    def __str__(self) -> str:
        return f"stage {self.stage} in account {self.account}, region {self.region}"


def select(stage: str) -> None:
    """Select a stage whose account is not needed: names of buckets contain pseudo parameters, as templates do."""
    os.environ.update(STAGE=stage, AWS_ACCOUNT_ID=config.PSEUDO_ACCOUNT)
    namespace = f"{os.environ.setdefault('TABLE_PREFIX', 'backroom')}-{stage}"
    for name in BUCKETS.values():
        purpose = name.removesuffix("_BUCKET").lower()
        bucket = config.bucket_name(namespace, purpose, config.PSEUDO_ACCOUNT, config.PSEUDO_REGION)
        os.environ.setdefault(name, bucket)
    _forget()


@contextmanager
def without_account(stage: str) -> Iterator[None]:
    """Let the block read the settings of a stage before its account is asked for."""
    before = dict(os.environ)
    os.environ.update(STAGE=stage, AWS_ACCOUNT_ID=config.PSEUDO_ACCOUNT)
    _forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget()


def find_target(stage: str) -> Target:
    """Return the stage in the account of the AWS credentials.

    Raises StageRefused if AWS_ACCOUNT_ID names another account, or if the credentials are those of the embedded AWS;
    botocore's errors if there are no valid credentials.
    """
    expected = os.environ.get("AWS_ACCOUNT_ID")
    os.environ.update(STAGE=stage, AWS_ACCOUNT_ID=config.PSEUDO_ACCOUNT)
    _forget()
    if region := _region_of_profile():
        os.environ["AWS_DEFAULT_REGION"] = region
        _forget()
    account = str(aws.client("sts").get_caller_identity()["Account"])
    if account == config.EMBEDDED_ACCOUNT:
        raise StageRefused(f"account {account} is the embedded AWS, which has no stage {stage}: set AWS credentials")
    if expected not in (None, "", config.PSEUDO_ACCOUNT, account):
        raise StageRefused(f"AWS_ACCOUNT_ID is {expected}, but the AWS credentials belong to account {account}")
    return Target(stage, account, config.settings().region)


def _region_of_profile() -> str | None:
    """Return the region of the AWS profile in use; None if it has none, or if a variable names the region."""
    if os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION"):
        return None
    os.environ.pop("AWS_DEFAULT_REGION", None)  # botocore would take an empty one for the region
    region = aws.session().get_config_variable("region")
    return str(region) if region else None


def use(target: Target) -> None:
    """Use the target's account from now on, with the bucket names of the settings or of the rule."""
    for name in BUCKETS.values():
        if config.PSEUDO_ACCOUNT in os.environ.get(name, ""):
            del os.environ[name]
    os.environ.update(STAGE=target.stage, AWS_ACCOUNT_ID=target.account)
    _forget()


def enter(stage: str) -> Target:
    """Set this process's settings to those of the deployed stage: account, buckets, key, public address.

    Other settings, such as the reporting currency, are those of the API's function, whatever is exported here.
    Raises StageRefused if the stage is not deployed in this account and region, or by an earlier release; see `find_target`.
    """
    target = find_target(stage)
    use(target)
    data = _outputs("data")
    if data is None:
        raise StageRefused(f"there is no {target}: set AWS_DEFAULT_REGION, or run `make deploy STAGE={stage}`")
    if missing := sorted(_SETTINGS.keys() - data.keys()):
        raise StageRefused(f"the data stack has no output {missing[0]}: deploy this version first")
    os.environ.update(function_settings())
    os.environ.update({name: data[output] for output, name in _SETTINGS.items()}, AWS_ACCOUNT_ID=target.account)
    if address := (_outputs("api") or {}).get("PublicUrl"):
        os.environ["PUBLIC_URL"] = address
    _forget()
    return target


def function_settings() -> dict[str, str]:
    """Return the environment variables of the API's function; none if there is no such function."""
    from botocore.exceptions import ClientError

    try:
        found = aws.client("lambda").get_function_configuration(FunctionName=config.settings().physical_name("api"))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return {}
    return dict(found.get("Environment", {}).get("Variables", {}))


def _outputs(name: str) -> dict[str, str] | None:
    """Return a stack's outputs; None if there is no such stack."""
    from infra.deploy.packaging import stacks

    stack = config.settings().physical_name(name)
    return stacks.outputs(stack) if stacks.status(stack) else None


def _forget() -> None:
    config.forget_settings()
    aws.forget_clients()
