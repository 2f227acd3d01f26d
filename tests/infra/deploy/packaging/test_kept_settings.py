"""A deployment keeps the settings that the deploying process does not set."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from chalicelib.kit import aws, config
from infra.deploy.packaging import app_stack, kept_settings
from infra.deploy.packaging.names import API, logical

DEPLOYED = {
    "MAIL_FROM": "Shop <shop@example.com>",
    "IMAGE_MODEL": "bedrock",
    "BEDROCK_IMAGE_MODEL": kept_settings.FORMER_DEFAULTS[0],
    "IMAGE_HTTP_URL": "",
    "PUBLIC_URL": "https://api.example.com",
}


@pytest.fixture
def deployed() -> None:
    """Create the function of the API with these settings, as a deployment does."""
    role = aws.client("iam").create_role(RoleName="kept-settings", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "")
    aws.client("lambda").create_function(
        FunctionName=config.settings().physical_name("api"),
        Runtime="python3.13",
        Handler="app.app",
        Role=role,
        Code={"ZipFile": content.getvalue()},
        Environment={"Variables": DEPLOYED},
    )


def write_template(out: Path, **values: str) -> None:
    properties = {"Environment": {"Variables": values}}
    (out / "api.json").write_text(json.dumps({"Resources": {logical(API): {"Properties": properties}}}))


def test_a_new_stage_keeps_nothing(tmp_path: Path) -> None:
    assert kept_settings.find() == {}
    write_template(tmp_path, MAIL_FROM="")
    assert not list(kept_settings.iterate_changes(tmp_path))


def test_the_deployed_settings_are_kept_without_former_defaults(deployed: None) -> None:
    assert kept_settings.find() == {"MAIL_FROM": "Shop <shop@example.com>", "IMAGE_MODEL": "bedrock"}


def test_a_changed_setting_is_named_before_the_deployment(deployed: None, tmp_path: Path) -> None:
    write_template(tmp_path, MAIL_FROM="", IMAGE_MODEL="bedrock")
    assert list(kept_settings.iterate_changes(tmp_path)) == ["setting MAIL_FROM: Shop <shop@example.com> becomes unset"]


def test_each_setting_in_the_templates_is_kept_or_has_another_source() -> None:
    """Stacks, parameters and the table prefix give the others."""
    others = {"AWS_ACCOUNT_ID", "ARCHIVE_BUCKET", "CORS_ORIGINS", "IMAGES_BUCKET", "KMS_KEY_ID", "PUBLIC_URL"}
    assert set(app_stack._environment(API)) == {*kept_settings.NAMES, *others, "TABLE_PREFIX"}
