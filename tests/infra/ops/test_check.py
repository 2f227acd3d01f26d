"""`check` tells what a stage lacks, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chalicelib.kit import aws, config
from infra.deploy.packaging import preflight
from infra.deploy.packaging.preflight import NotReady
from infra.ops.checks import Finding, account_quotas, iterate_findings, resources, secrets, settings
from tests.infra.ops.conftest import Ops
from tests.kit.conftest import clear_caches

DISCOUNTS = ("SHOPIFY_DISCOUNTS_API_KEY", "SHOPIFY_DISCOUNTS_API_SECRET", "SHOPIFY_DISCOUNTS_SCOPES")
SENDER = "Backroom <backroom@example.com>"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Stage `prod` on the engine: no parameters, no sender, no image model."""
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    for name in ("IMAGE_MODEL", "TEXT_MODEL", "MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    clear_caches()
    yield monkeypatch
    monkeypatch.undo()
    clear_caches()


def put(*names: str, kind: str = "SecureString", stage: str = "prod") -> None:
    for name in names:
        aws.client("ssm").put_parameter(Name=f"/backroom/{stage}/{name}", Value="not-shown", Type=kind)


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def statuses(findings: Iterator[Finding]) -> dict[str, str]:
    return {finding.name: finding.status for finding in findings}


def test_the_stack_of_the_tests_has_its_resources(ops: Ops) -> None:
    result = ops("check", "--json")

    found = {each["name"]: each["status"] for each in json.loads(result.out)}
    assert (found["tables"], found["queues"], found[config.settings().images_bucket]) == ("ok", "ok", "ok")
    assert result.code == 0, result.out


def test_a_missing_table_queue_and_bucket_are_named_and_fail_the_command(ops: Ops) -> None:
    namespace, bucket = config.settings().namespace, config.settings().archive_bucket
    aws.client("dynamodb").delete_table(TableName=f"{namespace}-shops-sessions")
    queue = aws.client("sqs").get_queue_url(QueueName=f"{namespace}-studio-make_final-dead")["QueueUrl"]
    aws.client("sqs").delete_queue(QueueUrl=queue)
    aws.client("s3").delete_bucket(Bucket=bucket)

    result = ops("check")

    assert result.code == 1
    lines = [line for line in result.out.splitlines() if line.startswith("failed")]
    missing = (f"{namespace}-shops-sessions", f"{namespace}-studio-make_final-dead", bucket)
    assert [name in line for name, line in zip(missing, lines, strict=True)] == [True] * 3


def test_a_disabled_key_is_a_failure(stage: pytest.MonkeyPatch) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    stage.setenv("KMS_KEY_ID", key)
    clear_caches()
    assert by_name(resources.check())["KMS_KEY_ID"].status == "ok"

    aws.client("kms").disable_key(KeyId=key)

    assert "enable it" in by_name(resources.check())["KMS_KEY_ID"].advice


def test_each_missing_secret_is_named_with_its_command(stage: pytest.MonkeyPatch) -> None:
    found = by_name(secrets.check())

    assert {each.status for each in found.values()} == {"failed"}
    assert {"SIGNING_KEYS", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", *DISCOUNTS} < set(found)
    assert "aws ssm put-parameter" in found["SIGNING_KEYS"].advice
    assert "--name /backroom/prod/SIGNING_KEYS " in found["SIGNING_KEYS"].advice


def test_secrets_of_this_stage_count_and_their_values_are_not_shown(stage: pytest.MonkeyPatch) -> None:
    put("SIGNING_KEYS", *DISCOUNTS)
    put("STRIPE_SECRET_KEY", stage="dev")
    put("STRIPE_WEBHOOK_SECRET", kind="String")

    found = by_name(secrets.check())

    assert found["SIGNING_KEYS"].status == "ok"
    assert found["STRIPE_SECRET_KEY"].status == "failed"
    assert found["STRIPE_WEBHOOK_SECRET"].status == "warning"
    assert "not-shown" not in str(found)


def test_an_app_may_be_absent_but_not_half_configured(stage: pytest.MonkeyPatch) -> None:
    put(*DISCOUNTS[:2])
    found = statuses(secrets.check())
    assert (found["SHOPIFY_DISCOUNTS_SCOPES"], found["SHOPIFY_STUDIO_API_KEY"]) == ("failed", "warning")


def test_the_http_image_model_needs_its_secrets(stage: pytest.MonkeyPatch) -> None:
    assert "IMAGE_HTTP_TOKEN" not in statuses(secrets.check())
    stage.setenv("IMAGE_MODEL", "http")
    clear_caches()
    assert statuses(secrets.check())["IMAGE_HTTP_TOKEN"] == "failed"


def test_the_sender_must_be_verified(stage: pytest.MonkeyPatch) -> None:
    assert statuses(settings.check())["MAIL_FROM"] == "warning"
    stage.setenv("MAIL_FROM", "Backroom <new@unverified.example>")
    clear_caches()
    assert statuses(settings.check())["MAIL_FROM"] == "failed"
    aws.client("ses").verify_domain_identity(Domain="unverified.example")
    assert statuses(settings.check())["MAIL_FROM"] == "ok"


def test_the_sandbox_of_ses_is_a_warning(stage: pytest.MonkeyPatch) -> None:
    stage.setenv("MAIL_FROM", SENDER)
    clear_caches()
    details = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com"}
    aws.client("sesv2").put_account_details(**details, ProductionAccessEnabled=False)
    assert statuses(settings.check())["SES"] == "warning"
    aws.client("sesv2").put_account_details(**details, ProductionAccessEnabled=True)
    assert statuses(settings.check())["SES"] == "ok"


def test_local_models_are_a_warning(stage: pytest.MonkeyPatch) -> None:
    assert statuses(settings.check())["IMAGE_MODEL"] == "warning"
    stage.setenv("IMAGE_MODEL", "bedrock")
    clear_caches()
    assert statuses(settings.check())["IMAGE_MODEL"] == "ok"


def test_quotas_are_checked_in_an_account_only(stage: pytest.MonkeyPatch) -> None:
    assert "reserved concurrency" in statuses(account_quotas.check())
    stage.setenv("STAGE", "test")
    clear_caches()
    assert list(account_quotas.check()) == []


def test_a_call_that_aws_refuses_is_a_warning_with_its_name() -> None:
    def check() -> Iterator[Finding]:
        aws.client("dynamodb").describe_table(TableName="absent")
        yield Finding("never", "ok", "")

    [finding] = iterate_findings("tables", check)

    assert (finding.name, finding.status) == ("tables", "warning")
    assert "DescribeTable answers ResourceNotFoundException" in finding.advice


def test_prod_is_not_deployed_without_secrets_and_an_image_model(stage: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReady) as refused:
        preflight.check()
    for name in ("SIGNING_KEYS", "STRIPE_SECRET_KEY", "SHOPIFY_STUDIO_SCOPES", "IMAGE_MODEL"):
        assert f"\n  {name}: " in str(refused.value)

    put(*secrets.NEEDED, *DISCOUNTS)
    with pytest.raises(NotReady, match=r"nothing was deployed\.\n  IMAGE_MODEL: "):
        preflight.check()

    stage.setenv("IMAGE_MODEL", "local")
    clear_caches()
    assert any(line.startswith("SHOPIFY_STUDIO_API_KEY: not set") for line in preflight.check())


def test_dev_is_deployed_with_warnings(stage: pytest.MonkeyPatch) -> None:
    stage.setenv("STAGE", "dev")
    clear_caches()

    lines = preflight.check()

    assert any(line.startswith("SIGNING_KEYS: not set") for line in lines)
    assert any(line.startswith("IMAGE_MODEL: ") for line in lines)
