"""Tokens of an installation, encrypted with a context that binds them to their row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.integrations.shopify.oauth import Grant
from chalicelib.kit import clock, secrets
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.tables import Table, Transaction, update_if
from chalicelib.shops.models import EventType, Shop
from chalicelib.shops.repository import sessions
from chalicelib.shops.repository.installation_logs import are_scopes_changed, new_entry

ACTIVE = Shop.is_active == True  # noqa: E712 - a condition, not a comparison


def decrypt_access_token(row: Shop) -> str | None:
    """Return the row's access token in plain text, None if it has none. Raises DecryptionFailed."""
    if not row.access_token:
        return None
    return secrets.decrypt(row.access_token, token_encryption_context(row.shop, row.app, "access_token"))


def decrypt_refresh_token(row: Shop) -> str | None:
    """Return the row's refresh token in plain text, None if it has none. Raises DecryptionFailed."""
    if not row.refresh_token:
        return None
    return secrets.decrypt(row.refresh_token, token_encryption_context(row.shop, row.app, "refresh_token"))


def has_usable_tokens(row: Shop) -> bool:
    """Return whether the row has tokens that are not known to be unusable."""
    return row.access_token is not None and row.token_expires_at is not None


def replace_tokens(row: Shop, grant: Grant, requested_at: datetime) -> None:
    """Write both new tokens and the session in one transaction.

    `requested_at` is when the grant was requested from Shopify. It proves the installation: an earlier removal is
    stale. Raises WriteConflict if the app was removed or its tokens were replaced since `row` was read.
    """
    now = clock.now()
    actions = [
        *grant_actions(row.shop, row.app, grant, now),
        Shop.confirmed_at.set(requested_at),
        Shop.updated_at.set(now),
    ]
    session = sessions.offline_session(row.shop, row.app, grant, "", now)
    with_scope = _has_unchanged_tokens(row) & _has_no_newer_scope(requested_at)
    rows: list[Table] = [session]
    if are_scopes_changed(row, grant.scope):
        with_scope &= Shop.scope == row.scope
        rows.append(new_entry(row.shop, row.app, EventType.SCOPES_UPDATE, now))
    try:
        _write_tokens(row, [*actions, *scope_actions(grant, requested_at)], with_scope, rows)
    except WriteConflict:
        # The stored scopes may be newer than the grant: write the tokens without the scopes.
        _write_tokens(row, actions, _has_unchanged_tokens(row), [session])


def _write_tokens(row: Shop, actions: list[Action], condition: Any, rows: list[Table]) -> None:
    with Transaction() as transaction:
        transaction.update(Shop(row.shop, row.app), actions, condition=condition, otherwise=WriteConflict())
        for each in rows:
            transaction.put(each)


def delete_tokens(row: Shop) -> None:
    """Delete tokens that Shopify has revoked. Raises WriteConflict if they were replaced since `row` was read."""
    condition = _has_unchanged_tokens(row)
    with Transaction() as transaction:
        transaction.update(
            Shop(row.shop, row.app), token_removal_actions(), condition=condition, otherwise=WriteConflict()
        )


def expire_access_token(row: Shop) -> None:
    """Make the merchant's next request get new tokens. Keeps the stored ones; does nothing if they were replaced."""
    condition = _has_unchanged_tokens(row) & (Shop.access_token == row.access_token)
    update_if(Shop(row.shop, row.app), [Shop.token_expires_at.remove()], condition)


def grant_actions(shop: str, app: str, grant: Grant, now: datetime) -> list[Action]:
    """Return the actions that write a grant's encrypted tokens; the caller's transaction also writes the session."""
    access_token = secrets.encrypt(grant.access_token, token_encryption_context(shop, app, "access_token"))
    actions: list[Action] = [
        Shop.access_token.set(access_token),
        Shop.token_expires_at.set(now + timedelta(seconds=grant.expires_in)),
    ]
    if grant.refresh_token:
        refresh_token = secrets.encrypt(grant.refresh_token, token_encryption_context(shop, app, "refresh_token"))
        actions.append(Shop.refresh_token.set(refresh_token))
    if grant.refresh_token_expires_in:
        actions.append(Shop.refresh_token_expires_at.set(now + timedelta(seconds=grant.refresh_token_expires_in)))
    return actions


def scope_actions(grant: Grant, requested_at: datetime) -> list[Action]:
    """Return the actions that write a grant's access scopes as of `requested_at`; none if the grant names no scopes."""
    return [Shop.scope.set(grant.scope), Shop.scope_triggered_at.set(requested_at)] if grant.scope else []


def token_removal_actions() -> list[Action]:
    """Return the actions that remove every token of the row."""
    columns = (Shop.access_token, Shop.refresh_token, Shop.token_expires_at, Shop.refresh_token_expires_at)
    return [column.remove() for column in columns]


def token_encryption_context(shop: str, app: str, column: str) -> str:
    """Return the encryption context of a token in a shop's row."""
    return f"shops/{shop}/{app}/{column}"


def _has_no_newer_scope(moment: datetime) -> Any:
    return Shop.scope_triggered_at.does_not_exist() | (Shop.scope_triggered_at <= moment)


def _has_unchanged_tokens(row: Shop) -> Any:
    column = Shop.refresh_token
    is_unchanged = column == row.refresh_token if row.refresh_token else column.does_not_exist()
    return ACTIVE & is_unchanged
