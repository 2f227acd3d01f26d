"""`make run` never uses a remote account because of exported variables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.local.environment import ROOT, plan


def test_exported_aws_credentials_are_not_used(tmp_path: Path) -> None:
    exported_variables = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_PROFILE": "company"}
    local_plan = plan(exported_variables, tmp_path / ".env")
    assert local_plan.embedded_aws
    assert local_plan.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:8003"
    assert local_plan.environment["AWS_ACCESS_KEY_ID"] == "test"


def test_an_explicit_endpoint_is_used_instead_of_the_embedded_engine(tmp_path: Path) -> None:
    local_plan = plan({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, tmp_path / ".env")
    assert not local_plan.embedded_aws
    assert local_plan.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"


@pytest.mark.parametrize("stage", ["dev", "prod", "test"])
def test_make_run_accepts_the_local_stage_only(tmp_path: Path, stage: str) -> None:
    with pytest.raises(ValueError, match=stage):
        plan({"STAGE": stage}, tmp_path / ".env")


def test_sandboxes_run_for_vendors_without_credentials(tmp_path: Path) -> None:
    local_plan = plan({}, tmp_path / ".env")
    assert local_plan.sandbox_shopify
    assert local_plan.sandbox_stripe
    assert local_plan.environment["SHOPIFY_STUDIO_API_SECRET"]
    with_keys = plan({"SHOPIFY_STUDIO_API_KEY": "k", "STRIPE_SECRET_KEY": "sk_test_1"}, tmp_path / ".env")
    assert not with_keys.sandbox_shopify
    assert not with_keys.sandbox_stripe
    assert "STRIPE_API_BASE" not in with_keys.environment


def test_an_exported_variable_overrides_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9100\nMAIL_FROM=a@example.com\n")
    assert plan({}, tmp_path / ".env").port == 9100
    assert plan({"PORT": "9200"}, tmp_path / ".env").port == 9200
    assert plan({}, tmp_path / ".env").environment["MAIL_FROM"] == "a@example.com"


def test_chalice_local_uses_the_environment_of_make_run(tmp_path: Path) -> None:
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    environment = plan({}, tmp_path / ".env").environment
    for name, value in stages["local"]["environment_variables"].items():
        assert environment[name] == (str(ROOT / value) if name == "SECRETS_KEY_FILE" else value), name


@pytest.mark.parametrize("port", ["eighty", "80", "70000", ""])
def test_an_invalid_port_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(ValueError, match="PORT"):
        plan({"PORT": port}, tmp_path / ".env")


def test_every_service_has_a_port_of_its_own(tmp_path: Path) -> None:
    local_plan = plan({"PORT": "9100"}, tmp_path / ".env")
    assert sorted(local_plan.ports().values()) == list(range(9100, 9109))
    assert local_plan.environment["SUPABASE_API_BASE"] == f"http://127.0.0.1:{local_plan.supabase_port}"


def test_a_stack_keeps_the_buckets_of_an_earlier_version(tmp_path: Path) -> None:
    """They were named without account and region; a stored address contains the name."""
    given = {"LOCAL_STATE_DIR": str(tmp_path), "TABLE_PREFIX": "acme"}
    assert "IMAGES_BUCKET" not in plan(given, tmp_path / ".env").environment
    (tmp_path / "aws" / "objects" / "000000000000" / "acme-local-images").mkdir(parents=True)
    environment = plan(given, tmp_path / ".env").environment
    assert environment["IMAGES_BUCKET"] == "acme-local-images"
    assert "ARCHIVE_BUCKET" not in environment
