"""`deploy`: what `package` wrote, into the account that the AWS credentials name (or AWS_ENDPOINT_URL).

Data first, then the app, each by a change set: an unchanged stack stays untouched, a failed update rolls back.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config
from infra.deploy.packaging import bundle, stacks
from infra.deploy.packaging.package import APP, BUNDLE, DATA, layer_file
from infra.deploy.packaging.stacks import Parameters


def account() -> str:
    """The number of the account that the credentials are of. Raises botocore's errors where there are none."""
    return str(aws.client("sts").get_caller_identity()["Account"])


def deploy(out: Path, owner: str, alarm_email: str | None) -> None:
    """Create or update both stacks of this process's stage in the owner's account and print where the API is.

    Raises DeploymentFailed.
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
    """A changed zip has another key, by which CloudFormation notices the change. None: as it was, or the default."""
    declared = json.loads((out / APP).read_text())["Parameters"]
    layers = {
        bundle.layer_key(package): _upload(bucket, out / layer_file(package))
        for package in bundle.LAYERS.values()
        if bundle.layer_key(package) in declared
    }
    bundle_key = _upload(bucket, out / BUNDLE)
    return {"ArtefactBucket": bucket, "BundleKey": bundle_key, "AlarmEmail": alarm_email, **layers}


def _bucket(name: str) -> str:
    """The private bucket of this account that holds what CloudFormation reads."""
    s3, region = aws.client("s3"), config.settings().region
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        # S3 refuses a constraint for its first region and asks for one everywhere else.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **place)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    return name


def _upload(bucket: str, path: Path) -> str:
    """The key of the file: made of its content, so that it is sent once."""
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
    """By path, which CloudFormation reads from S3 and from the engine alike."""
    return f"{aws.client('s3').meta.endpoint_url}/{bucket}/{key}"
