"""Secrets from the environment and from Parameter Store."""

from __future__ import annotations

import pytest

from chalicelib.kit import aws, secret_reader
from chalicelib.kit.config import SettingMissing
from tests.kit.conftest import clear_caches


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "x")
    assert secret_reader.secret("A_SECRET") == "x"
    assert secret_reader.secret("NO_SECRET", "otherwise") == "otherwise"
    with pytest.raises(SettingMissing, match="NO_SECRET"):
        secret_reader.secret("NO_SECRET")


def test_secrets_of_an_account_come_from_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    ssm = aws.client("ssm")
    for stage, value in (("prod", "right"), ("dev", "wrong")):
        ssm.put_parameter(Name=f"/backroom/{stage}/A_SECRET", Value=value, Type="SecureString")
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    clear_caches()
    assert secret_reader.secret("A_SECRET") == "right"
    with pytest.raises(SettingMissing):
        secret_reader.secret("NO_SECRET")
    monkeypatch.setenv("A_SECRET", "mine")
    assert secret_reader.secret("A_SECRET") == "mine"
