"""Clients of AWS, or of the local engine that emulates it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chalicelib.integrations import athena, storage
from chalicelib.integrations.multipart_uploads import MultipartUpload
from chalicelib.integrations.object_storage import clients
from chalicelib.kit import aws, config
from tests.object_storage import new_bucket

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
from chalicelib.kit import aws, config
client = aws.client("s3")
client.head_bucket(Bucket=config.settings().archive_bucket)
print(client._request_signer._credentials.access_key)
"""


@pytest.mark.parametrize(
    "exported",
    [
        {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_SESSION_TOKEN": "real"},
        {"AWS_PROFILE": "not-on-this-machine"},
        {"AWS_CONFIG_FILE": str(Path(__file__)), "AWS_SHARED_CREDENTIALS_FILE": str(Path(__file__))},
        {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""},
    ],
    ids=lambda exported: str(next(iter(exported))),
)
def test_exported_variables_do_not_change_the_embedded_aws(exported: dict[str, str]) -> None:
    command = [sys.executable, "-c", LOOK]
    process = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **exported}, capture_output=True, text=True, check=False
    )
    assert process.stdout.split() == ["test"], process.stderr


def test_concurrent_callers_share_one_client_per_service() -> None:
    aws.forget_clients()
    with ThreadPoolExecutor(8) as pool:
        clients = list(pool.map(aws.client, ["sqs", "sns"] * 8))
    assert len({id(client) for client in clients}) == 2
    assert {client.meta.endpoint_url for client in clients} == {config.settings().endpoint_url}


def _owner_headers() -> list[tuple[str, Any]]:
    """Return the operation and the owner header of each S3 request that is sent from now on."""
    sent: list[tuple[str, Any]] = []

    def record(request: Any, event_name: str, **_: Any) -> None:
        sent.append((event_name.rpartition(".")[2], request.headers.get("x-amz-expected-bucket-owner")))

    aws.client("s3").meta.events.register_first("before-send.s3", record)
    return sent


def test_every_call_of_s3_names_the_owner_of_our_bucket() -> None:
    """A bucket whose name somebody else took over is refused by S3 (403), for reads, writes and listings."""
    aws.forget_clients()
    sent, client, bucket = _owner_headers(), aws.client("s3"), config.settings().images_bucket
    url = storage.address(bucket, "payloads/x")
    storage.put(url, b"x", "text/plain")
    assert storage.get(url) == b"x"
    assert storage.size(url) == 1
    list(client.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    upload = MultipartUpload(bucket, "payloads/y", "text/plain")
    upload.write(b"y")
    upload.complete()
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "payloads/y"}]})
    storage.delete(url)
    client.head_bucket(Bucket=bucket)

    assert {operation for operation, _ in sent} >= {
        *("PutObject", "GetObject", "HeadObject", "DeleteObject", "DeleteObjects", "ListObjectsV2", "HeadBucket"),
        *("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
    }
    assert {owner for _, owner in sent} == {bytes(config.settings().account_id, "ascii")}
    aws.forget_clients()


def test_a_presigned_request_names_no_owner(api_url: str) -> None:
    """A browser would have to send the header, which it does not know."""
    url = storage.address(config.settings().images_bucket, "payloads/x")
    storage.put(url, b"x", "text/plain")
    link = storage.presigned_get(url, seconds=60)
    assert "owner" not in link
    assert httpx2.get(link).content == b"x"
    form = storage.presigned_post(url, content_type="text/plain", max_bytes=1, seconds=60)
    assert not any("owner" in name for name in form.fields)
    assert httpx2.post(form.url, data=form.fields, files={"file": b"y"}).status_code == 201


def test_a_bucket_of_a_store_owner_has_another_owner() -> None:
    """Their keys, not their account, are known to us."""
    sent: list[Any] = []
    bucket = new_bucket()
    client = clients.client_of(bucket)
    client.meta.events.register_first("before-send.s3", lambda request, **_: sent.append(request.headers))
    client.list_objects_v2(Bucket=bucket.name)
    assert len(sent) == 1
    assert "x-amz-expected-bucket-owner" not in sent[0]


def test_athena_writes_its_result_to_a_bucket_of_our_account_only() -> None:
    output, sent = storage.address(config.settings().images_bucket, "payloads/analytics/athena/"), []
    client = aws.client("athena")
    client.meta.events.register_first("before-call.athena", lambda params, **_: sent.append(params["body"]))
    athena.start_query("SELECT 1", output, "0" * 64)
    expected = {"OutputLocation": output, "ExpectedBucketOwner": config.settings().account_id}
    assert [json.loads(body)["ResultConfiguration"] for body in sent] == [expected]
    aws.forget_clients()
