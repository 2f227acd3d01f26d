"""Key rotation while tokens are in use."""

from __future__ import annotations

import base64
import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chalicelib.analytics.models import VisitorSalt
from chalicelib.analytics.repository import visitor_salts
from chalicelib.kit import aws, clock, config, locks, secrets
from chalicelib.kit.models import Lock
from chalicelib.shops import service
from chalicelib.shops.models import Session, Shop
from chalicelib.shops.repository import sessions, tokens
from chalicelib.shops.service import key_rotation
from chalicelib.shops.service.key_rotation import ENCRYPTED_TABLES
from infra.ops.rotate import LOCK
from infra.sandbox.shopify import ShopifySandbox
from tests.infra.ops.conftest import Ops, Start, expire_lease, extend_lease, wait_for_first_page
from tests.shops.conftest import install, listen
from tests.shops.factories import TOKEN, seed

__all__ = ["listen"]

Listen = Callable[[str], Callable[[], list[dict[str, Any]]]]


@pytest.fixture(autouse=True)
def _own_keys(key_file: Path) -> None:
    """Use a separate key file, so that no other test sees rotated keys."""


def used_key_ids() -> set[str]:
    """Return the ids of the keys that encrypt the stored values."""
    return {
        key for kind in ENCRYPTED_TABLES for row in kind.table.scan() for key in key_rotation.key_ids_of_row(kind, row)
    }


def assert_tokens_decryptable() -> None:
    """Assert that every seeded token can be decrypted in shop and session rows."""
    for row in Shop.scan():
        assert tokens.decrypt_access_token(row) == TOKEN
    for session in Session.scan():
        assert secrets.decrypt(session.access_token, sessions.session_encryption_context(session.id)) == TOKEN


def keys_in(path: Path) -> set[str]:
    return set(json.loads(path.read_text())["keys"])


def test_a_rotation_reencrypts_every_secret(ops: Ops, key_file: Path, listen: Listen) -> None:
    acts = listen("kit-operator_acted")
    seed(130, with_sessions=True)
    first = ops("rotate-secrets", "--new-key")
    assert first.code == 0
    assert "260 rows: 260 values encrypted with file:k2, 0 could not be decrypted" in first.out
    assert "--drop-old" in first.err
    assert used_key_ids() == {"file:k2"}
    assert_tokens_decryptable()
    assert "0 values encrypted" in ops("rotate-secrets").out
    assert keys_in(key_file) == {"k1", "k2"}
    assert "Key k1 dropped" in ops("rotate-secrets", "--drop-old").out
    assert keys_in(key_file) == {"k2"}
    assert_tokens_decryptable()
    assert sorted(act["action"] for act in acts()) == [
        "shops.add_key",
        "shops.drop_key",
        "shops.rotate_secrets",
        "shops.rotate_secrets",
        "shops.rotate_secrets",
    ]


def test_a_rotation_causes_no_downtime(ops: Ops, api: httpx2.Client, shopify: ShopifySandbox) -> None:
    """Run three rotations while tokens are continuously read and refreshed."""
    shops = [f"in-use-{number}.myshopify.com" for number in range(3)]
    for shop in shops:
        install(api, "studio", shop)
    seed(40, with_sessions=True)
    through = threading.Event()

    def read_token(shop: str) -> int:
        count = 0
        while not through.is_set():
            assert service.get_access_token(shop, "studio").startswith("shpat_")
            count += 1
        return count

    def refresh(shop: str) -> int:
        tokens_seen = set()
        while not through.is_set():
            Shop(shop, "studio").update([Shop.token_expires_at.set(clock.now() + timedelta(minutes=2))])
            tokens_seen.add(service.get_access_token(shop, "studio"))
        return len(tokens_seen)

    with ThreadPoolExecutor(6) as workers:
        work = [workers.submit(each, shop) for shop in shops for each in (read_token, refresh)]
        try:
            result = [ops("rotate-secrets", "--new-key") for _ in range(3)]
        finally:
            through.set()
        assert all(each.result() > 1 for each in work)
    assert [each.code for each in result] == [0, 0, 0]
    assert used_key_ids() == {"file:k4"}
    assert ops("rotate-secrets", "--drop-old").code == 0
    for shop in shops:
        row = Shop.get(shop, "studio")
        [session] = Session.by_shop.query(shop)
        token = secrets.decrypt(session.access_token, sessions.session_encryption_context(session.id))
        assert tokens.decrypt_access_token(row) == token == service.get_access_token(shop, "studio")
        assert tokens.decrypt_refresh_token(row)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_or_killed_command_resumes_at_its_checkpoint(
    ops: Ops, start: Start, key_file: Path, number: int, code: int
) -> None:
    seed(220, with_sessions=True)
    process = start("rotate-secrets", "--new-key", pauses="TransactWriteItems 150")
    wait_for_first_page(process, LOCK)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == code
    assert used_key_ids() == {"file:k1", "file:k2"}
    assert_tokens_decryptable()
    if number == signal.SIGKILL:
        extend_lease(LOCK)
        result = ops("rotate-secrets")
        assert (result.code, result.out) == (1, "")
        assert "another run is in progress" in result.err
        expire_lease(LOCK)
    else:
        assert "Resume with: backroom ops rotate-secrets" in err
        assert "Traceback" not in err
        assert Lock.get(LOCK).held_until is None
    assert "the last rotation is not complete" in ops("rotate-secrets", "--new-key").err
    assert keys_in(key_file) == {"k1", "k2"}
    behind = json.loads(locks.watermark(LOCK) or "")["counts"]["rows"]
    assert 0 < behind < 440
    command_result = ops("rotate-secrets")
    assert command_result.code == 0
    assert f"Resuming after {behind:,} rows" in command_result.err
    assert "440 rows: " in command_result.out
    assert used_key_ids() == {"file:k2"}
    assert_tokens_decryptable()
    assert not locks.watermark(LOCK)


def test_an_undecryptable_value_is_reported_and_kept(ops: Ops, key_file: Path) -> None:
    first, second, *_ = seed(4, with_sessions=True)
    row = Shop.get(first, "studio")
    head, _, text = row.access_token.rpartition(":")
    data = bytearray(base64.b64decode(text))
    data[-1] ^= 1
    tampered_value = f"{head}:{base64.b64encode(data).decode()}"
    row.update([Shop.access_token.set(tampered_value)])
    copied_value = Session.get(sessions.offline_session_id(first, "studio")).access_token
    Session(sessions.offline_session_id(second, "studio")).update([Session.access_token.set(copied_value)])
    result = ops("rotate-secrets", "--new-key")
    assert result.code == 1
    assert "6 values encrypted with file:k2, 2 could not be decrypted" in result.out
    assert "may be dropped" not in result.out
    assert f"cannot be decrypted: Shop.access_token of {first}, studio" in result.err
    assert f"cannot be decrypted: Session.access_token of {second}, studio" in result.err
    for secret in (TOKEN, tampered_value, text, copied_value):
        assert secret not in result.out + result.err
    assert Shop.get(first, "studio").access_token == tampered_value
    kept = ops("rotate-secrets", "--drop-old")
    assert kept.code == 1
    assert "Key k1 kept" in kept.out
    assert keys_in(key_file) == {"k1", "k2"}


def test_salts_of_visitors_are_encrypted_with_the_new_key(ops: Ops, key_file: Path) -> None:
    days = [clock.today() + timedelta(days=age) for age in (-2, -1, 0, 1)]
    salts = {day: visitor_salts.get_or_add(day) for day in days}
    assert "0 rows: 4 values encrypted with file:k2" in ops("rotate-secrets", "--new-key").out
    assert {row.salt.rpartition(":")[0] for row in VisitorSalt.scan()} == {"file:k2"}
    assert "Key k1 dropped" in ops("rotate-secrets", "--drop-old").out
    assert {day: visitor_salts.get_or_add(day) for day in days} == salts


def test_key_of_a_salt_that_cannot_be_decrypted_is_kept(ops: Ops, key_file: Path) -> None:
    visitor_salts.get_or_add(clock.today())
    [row] = VisitorSalt.scan()
    tampered = f"file:k1:{base64.b64encode(b'x' * 40).decode()}"
    row.update([VisitorSalt.salt.set(tampered)])
    result = ops("rotate-secrets", "--new-key")
    assert (result.code, f"the salt of visitors of {clock.today()}" in result.err) == (1, True)
    assert "Key k1 kept" in ops("rotate-secrets", "--drop-old").out
    assert keys_in(key_file) == {"k1", "k2"}


def test_another_key_during_a_rotation_restarts_it(ops: Ops, start: Start, key_file: Path) -> None:
    seed(220)
    process = start("rotate-secrets", "--new-key", pauses="TransactWriteItems 150")
    wait_for_first_page(process, LOCK)
    process.send_signal(signal.SIGINT)
    process.communicate()
    secrets.add_key(key_file)
    assert "220 rows: 220 values encrypted with file:k3" in ops("rotate-secrets").out
    assert used_key_ids() == {"file:k3"}


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Use a KMS key for encryption from now on."""
    key_id = str(aws.client("kms").create_key()["KeyMetadata"]["KeyId"])
    monkeypatch.setenv("KMS_KEY_ID", key_id)
    config.forget_settings()
    yield key_id
    monkeypatch.undo()
    config.forget_settings()


def test_secrets_move_from_the_key_file_to_kms(ops: Ops, key_file: Path, request: pytest.FixtureRequest) -> None:
    seed(3, with_sessions=True)
    key_id = request.getfixturevalue("kms")
    for option in ("--new-key", "--drop-old"):
        result = ops("rotate-secrets", option)
        assert result.code == 1
        assert "KMS holds the keys" in result.err
    assert f"6 values encrypted with kms:{key_id}" in ops("rotate-secrets").out
    assert used_key_ids() == {f"kms:{key_id}"}
    assert_tokens_decryptable()
    assert keys_in(key_file) == {"k1"}
