"""`deploy`: deploy the output of `package` to the account of the AWS credentials (or to AWS_ENDPOINT_URL).

The data stack is deployed first, then the app stack, each by a change set. An unchanged stack is not updated; a failed
update rolls back.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config
from infra.deploy.packaging import app_stack, bundle, stacks
from infra.deploy.packaging.package import APP, BUNDLE, DATA, layer_file
from infra.deploy.packaging.stacks import Parameters


def account() -> str:
    """Return the account number of the credentials. Raises botocore's errors if there are no valid credentials."""
    return str(aws.client("sts").get_caller_identity()["Account"])


def deploy(out: Path, owner: str, alarm_email: str | None) -> None:
    """Create or update both stacks of this process's stage in account `owner`, and print their outputs.

    Raises DeploymentFailed if CloudFormation rejects or rolls back a stack.
    """
    namespace = config.settings().namespace
    bucket = _bucket(f"{namespace}-artefacts-{owner}")
    print(stacks.bring_up(f"{namespace}-data", _url(bucket, _upload(bucket, out / DATA)), {}))
    template = out / APP
    print(
        stacks.bring_up(
            f"{namespace}-app", _url(bucket, _upload(bucket, template)), _parameters(bucket, out, alarm_email)
        )
    )
    for name, value in sorted(stacks.outputs(f"{namespace}-app").items()):
        print(f"{name}  {value}")


def _parameters(bucket: str, out: Path, alarm_email: str | None) -> Parameters:
    """Upload the zips and return the app stack's parameters. None: the previous value or the default.

    A changed zip gets a new key, so CloudFormation detects the change.
    """
    layers = {
        bundle.layer_key(package): _upload(bucket, out / layer_file(package))
        for package in sorted(set(app_stack.layers().values()))
    }
    bundle_key = _upload(bucket, out / BUNDLE)
    return {"ArtefactBucket": bucket, "BundleKey": bundle_key, "AlarmEmail": alarm_email, **layers}


def _bucket(name: str) -> str:
    """Create the account's private bucket for templates and zips if it is missing, and return its name."""
    s3, region = aws.client("s3"), config.settings().region
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        # S3 rejects a location constraint in us-east-1 and requires one in every other region.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **place)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    return name


def _upload(bucket: str, path: Path) -> str:
    """Upload the file unless it is stored already, and return its key, which contains a hash of its content."""
    content = path.read_bytes()
    key = f"{hashlib.sha256(content).hexdigest()[:20]}/{path.name}"
    s3 = aws.client("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


def _url(bucket: str, key: str) -> str:
    """Return the path-style URL of the object, which works with S3 and with the embedded AWS."""
    return f"{aws.client('s3').meta.endpoint_url}/{bucket}/{key}"
