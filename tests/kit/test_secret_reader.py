"""Secrets from the environment and from Parameter Store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import aws, clock, secret_reader, signing
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


Wait = Callable[[timedelta], None]
MOMENT = timedelta(seconds=1)
CLOSED_PORT = "http://127.0.0.1:1"


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Let time pass in stage `prod`."""
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    clear_caches()
    now = clock.now()

    def pass_time(duration: timedelta) -> None:
        nonlocal now
        now += duration

    monkeypatch.setattr(clock, "now", lambda: now)
    return pass_time


def put(name: str, value: str) -> None:
    aws.client("ssm").put_parameter(Name=f"/backroom/prod/{name}", Value=value, Type="SecureString", Overwrite=True)


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect a name for each read of Parameter Store, which still happens."""
    reads: list[str] = []
    read = secret_reader._read_parameter

    def counted(name: str) -> str | None:
        reads.append(name)
        return read(name)

    monkeypatch.setattr(secret_reader, "_read_parameter", counted)
    return reads


def test_a_changed_secret_and_a_new_one_are_used_within_minutes(wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    put("ROTATED", "old")
    reads = count_reads(monkeypatch)
    assert secret_reader.secret("ROTATED") == "old"
    with pytest.raises(SettingMissing):
        secret_reader.secret("ADDED")
    put("ROTATED", "new")
    put("ADDED", "x")

    wait(secret_reader.LIFETIME - MOMENT)
    assert secret_reader.secret("ROTATED") == "old"
    with pytest.raises(SettingMissing):
        secret_reader.secret("ADDED")
    assert reads == ["ROTATED", "ADDED"]
    wait(MOMENT)
    assert (secret_reader.secret("ROTATED"), secret_reader.secret("ADDED")) == ("new", "x")
    assert reads == ["ROTATED", "ADDED"] * 2


def test_a_shared_server_gets_no_other_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED_LOGIN", "x")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "y")
    assert secret_reader.shared_password("SHARED_LOGIN") == "x"
    with pytest.raises(SettingMissing, match="STRIPE_SECRET_KEY is no secret of shared servers"):
        secret_reader.shared_password("STRIPE_SECRET_KEY")


def test_the_last_values_stay_in_use_while_parameter_store_is_away(wait: Wait, monkeypatch: pytest.MonkeyPatch) -> None:
    put("KEPT", "old")
    assert secret_reader.secret("KEPT") == "old"
    put("KEPT", "new")
    wait(secret_reader.LIFETIME)
    reads = count_reads(monkeypatch)
    client = aws.client
    monkeypatch.setattr(aws, "client", lambda service, **options: _unreachable(service, **options))

    for _ in range(3):
        assert secret_reader.secret("KEPT") == "old"
    assert len(reads) == 1
    wait(secret_reader.RETRY)
    assert secret_reader.secret("KEPT") == "old"
    assert len(reads) == 2

    monkeypatch.setattr(aws, "client", client)
    wait(secret_reader.RETRY)
    assert secret_reader.secret("KEPT") == "new"


def _unreachable(service: str, **_options: Any) -> Any:
    """A client of a closed port."""
    return aws.session().create_client(service, "us-east-1", endpoint_url=CLOSED_PORT)


def test_a_rotated_signing_key_signs_in_a_warm_process(wait: Wait) -> None:
    put("SIGNING_KEYS", "k1:a-key-of-sixteen-characters")
    old = signing.sign("test", b"x")
    put("SIGNING_KEYS", "k2:another-key-of-more-characters,k1:a-key-of-sixteen-characters")

    wait(secret_reader.LIFETIME)

    assert signing.key("test")[0] == "k2"
    assert signing.verify("test", old) == b"x"
