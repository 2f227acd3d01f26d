"""Re-encryption of stored tokens while other processes change the row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.analytics.models import VisitorSalt
from chalicelib.kit import clock, config, locks, secrets
from chalicelib.kit.attributes import SecretAttribute
from chalicelib.shops import service
from chalicelib.shops.models import Session, Shop
from chalicelib.shops.repository import sessions, tokens
from chalicelib.shops.service import guests, key_rotation
from chalicelib.shops.service.key_rotation import ENCRYPTED_TABLES, RotationResult, reencrypt_row
from chalicelib.shops.service.oauth_install import token_lock_name
from infra.deploy import data_stack
from infra.ops import rotate
from infra.sandbox.shopify import ShopifySandbox

SHOP, SESSION = ENCRYPTED_TABLES
SHORT_LIVED = {(VisitorSalt, "salt")}
"""Columns that no rotation rewrites: nobody reads a salt after its date, so the runbook keeps the old key for 51 hours."""


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A separate key file."""
    path = tmp_path / "secrets.key"
    secrets.new_key_file(path)
    monkeypatch.setenv("SECRETS_KEY_FILE", str(path))
    config.forget_settings()
    yield path
    monkeypatch.undo()
    config.forget_settings()


def shop_row(shop: str) -> Shop:
    return Shop.get(shop, "studio", consistent_read=True)


def decrypted_tokens(row: Shop) -> tuple[str | None, str | None]:
    return tokens.decrypt_access_token(row), tokens.decrypt_refresh_token(row)


def test_every_encrypted_column_is_rotated() -> None:
    """A model with a new SecretAttribute must be listed in the ENCRYPTED_TABLES of its context."""
    encrypted_columns = {
        (model, name)
        for model in data_stack.models()
        for name, attribute in model.get_attributes().items()
        if isinstance(attribute, SecretAttribute)
    }
    rotated = {(kind.table, column) for kind in rotate.ENCRYPTED_TABLES for column in kind.columns}
    assert encrypted_columns == rotated | SHORT_LIVED
    assert not rotated & SHORT_LIVED


def test_tokens_are_reencrypted_with_the_current_key(installed_shop: str, key_file: Path) -> None:
    before = shop_row(installed_shop)
    plain = decrypted_tokens(before)
    assert reencrypt_row(SHOP, before) == RotationResult()
    key_id = secrets.add_key(key_file)
    assert reencrypt_row(SHOP, before) == RotationResult(reencrypted=2)
    after = shop_row(installed_shop)
    assert decrypted_tokens(after) == plain
    assert key_rotation.key_ids_of_row(SHOP, after) == {f"file:{key_id}"} == {key_rotation.current_key_id()}
    assert after.updated_at == shop_row(installed_shop).updated_at == before.updated_at
    session = Session.get(sessions.offline_session_id(installed_shop, "studio"))
    assert reencrypt_row(SESSION, session) == RotationResult(reencrypted=1)
    found = Session.get(session.id)
    assert secrets.is_current(found.access_token)
    assert secrets.decrypt(found.access_token, sessions.session_encryption_context(session.id)) == plain[0]


def test_guests_keep_their_pseudonyms(installed_shop: str, key_file: Path) -> None:
    pseudonym = guests.pseudonymize(installed_shop, "studio", "guest@example.com")
    key_id = secrets.add_key(key_file)
    assert reencrypt_row(SHOP, shop_row(installed_shop)) == RotationResult(reencrypted=3)
    secrets.drop_key(key_file, "k1")
    assert key_rotation.key_ids_of_row(SHOP, shop_row(installed_shop)) == {f"file:{key_id}"}
    assert guests.pseudonymize(installed_shop, "studio", "guest@example.com") == pseudonym is not None


def test_concurrently_refreshed_tokens_are_kept(shopify: ShopifySandbox, installed_shop: str, key_file: Path) -> None:
    stale = shop_row(installed_shop)
    secrets.add_key(key_file)
    Shop(installed_shop, "studio").update([Shop.token_expires_at.set(clock.now() + timedelta(minutes=1))])
    token = service.get_access_token(installed_shop, "studio")
    refreshed = shop_row(installed_shop)
    assert reencrypt_row(SHOP, stale) == RotationResult()
    assert shop_row(installed_shop).access_token == refreshed.access_token
    assert decrypted_tokens(shop_row(installed_shop))[0] == token


@pytest.mark.parametrize("kind", ENCRYPTED_TABLES, ids=lambda kind: str(kind.table.__name__))
def test_concurrently_deleted_tokens_stay_deleted(
    shopify: ShopifySandbox,
    installed_shop: str,
    key_file: Path,
    drain: Callable[[], list[Any]],
    kind: key_rotation.EncryptedTable,
) -> None:
    stale = next(iter(kind.table.scan()))
    secrets.add_key(key_file)
    shopify.uninstall("studio", installed_shop)
    assert drain() == []
    assert reencrypt_row(kind, stale) == RotationResult()
    assert shop_row(installed_shop).access_token is None
    assert shop_row(installed_shop).refresh_token is None
    assert Session.count() == 0


def test_a_refresh_in_progress_is_not_disturbed(shopify: ShopifySandbox, installed_shop: str, key_file: Path) -> None:
    """A refresh writes on condition that the stored tokens are unchanged, so key rotation must not rewrite them."""
    row = shop_row(installed_shop)
    lease = locks.acquire(token_lock_name(installed_shop, "studio"), 30)
    assert lease
    secrets.add_key(key_file)
    assert reencrypt_row(SHOP, row) == RotationResult(is_busy=True)
    assert shop_row(installed_shop).access_token == row.access_token
    locks.release(lease)
    assert reencrypt_row(SHOP, row) == RotationResult(reencrypted=2)


def test_an_undecryptable_value_does_not_block_the_other(installed_shop: str, key_file: Path) -> None:
    row = shop_row(installed_shop)
    foreign_value = secrets.encrypt(
        "shpat_x", tokens.token_encryption_context("another.myshopify.com", "studio", "access_token")
    )
    row.update([Shop.access_token.set(foreign_value)])
    refresh = tokens.decrypt_refresh_token(row)
    secrets.add_key(key_file)
    assert reencrypt_row(SHOP, row) == RotationResult(reencrypted=1, undecryptable=("access_token",))
    after = shop_row(installed_shop)
    assert after.access_token == foreign_value
    assert secrets.is_current(after.refresh_token)
    assert tokens.decrypt_refresh_token(after) == refresh
