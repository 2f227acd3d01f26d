"""Clients of AWS, or of the local engine that emulates it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.kit import aws, config

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
