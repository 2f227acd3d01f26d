"""The stack of the API on the engine: its address with the path of the stage, then a custom domain, then the first again."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from chalicelib.kit import aws, config
from infra.deploy.packaging import artefacts, domain, stacks
from infra.deploy.packaging.package import BUNDLE, LAYER_SUFFIX
from infra.local.engine import Engine
from tests.infra.deploy.packaging.conftest import Packaged
from tests.timeouts import LIMIT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (sys.platform, platform.machine(), platform.libc_ver()[0]) != ("linux", "x86_64", "glibc"),
        reason="the engine runs the bundle itself, whose native modules are for Linux on x86_64",
    ),
]
STACK, NAME = "backroom-dev-api", "api.example.com"
ACCOUNT = "123456789012"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/6f4c1a52-0000-4d2e-9a3e-3d0b0a1f0c11"
SNIPPET = "/analytics/snippet.js"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine with an account of its own, which this process uses as the stage `dev`: functions refuse the tests' one."""
    with Engine.start(account=ACCOUNT) as engine:
        for name, value in {**engine.environment, "STAGE": "dev", "AWS_ACCOUNT_ID": ACCOUNT}.items():
            monkeypatch.setenv(name, value)
        config.forget_settings()
        aws.forget_clients()
        yield engine
        monkeypatch.undo()
        config.forget_settings()
        aws.forget_clients()


def test_an_api_moves_to_a_domain(packaged: Packaged, account: Engine) -> None:
    """The engine finds the domain by the Host header; a client would by the record that `DnsTarget` is for."""
    out, bucket, engine = packaged("dev"), artefacts.create_bucket(ACCOUNT), account
    url = artefacts.url(bucket, artefacts.upload(bucket, out / "api.json"))
    values: dict[str, str | None] = {
        "ArtefactBucket": bucket,
        "BundleKey": artefacts.upload(bucket, out / BUNDLE),
        "SqlLayerKey": artefacts.upload(bucket, out / f"sql{LAYER_SUFFIX}"),
        "KeyId": "none",
    }
    assert stacks.bring_up(STACK, url, values) == f"{STACK}: created"
    first = stacks.outputs(STACK)
    assert first["PublicUrl"].endswith(".execute-api.us-east-1.amazonaws.com/api")
    assert "DnsTarget" not in first
    below_the_stage = f"{engine.endpoint_url}/restapis/{first['RestAPIId']}/api/_user_request_"
    assert f"{first['PublicUrl']}{SNIPPET}" in httpx2.get(f"{below_the_stage}/analytics/app", timeout=LIMIT).text

    given = {domain.DOMAIN: NAME, domain.CERTIFICATE: CERTIFICATE}
    assert stacks.bring_up(STACK, url, {**values, **given}) == f"{STACK}: updated"
    moved = stacks.outputs(STACK)
    deployments = _deployments(moved["RestAPIId"])
    domain.publish_changes(given, moved["RestAPIId"])

    assert _deployments(moved["RestAPIId"]) == deployments + 1  # else API Gateway would not close the old address
    described = aws.client("apigateway").get_domain_name(domainName=NAME)
    assert (moved["PublicUrl"], moved["DnsTarget"]) == (f"https://{NAME}", described["regionalDomainName"])
    assert (described["securityPolicy"], described["endpointConfiguration"]["types"]) == ("TLS_1_2", ["REGIONAL"])
    assert _public_urls() == {f"https://{NAME}"}
    page = httpx2.get(f"{engine.endpoint_url}/analytics/app", headers={"Host": NAME}, timeout=LIMIT)
    assert f"https://{NAME}{SNIPPET}" in page.text


def _deployments(api: str) -> int:
    return len(aws.client("apigateway").get_deployments(restApiId=api)["items"])


def _public_urls() -> set[str]:
    functions: list[dict[str, Any]] = aws.client("lambda").list_functions()["Functions"]
    return {each["Environment"]["Variables"]["PUBLIC_URL"] for each in functions}
