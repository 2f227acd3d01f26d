"""The tokens of installations, sealed on the way in and bound to their row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.integrations.shopify import Grant
from chalicelib.kit import clock, secrets
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.shops.models import Session, Shop
from chalicelib.shops.repository import sessions
from chalicelib.shops.repository.conditions import ACTIVE, Overtaken


def access_token(row: Shop) -> str | None:
    """The row's access token in clear."""
    return secrets.unseal(row.access_token, place(row.shop, row.app, "access_token")) if row.access_token else None


def refresh_token(row: Shop) -> str | None:
    """The row's refresh token in clear."""
    return secrets.unseal(row.refresh_token, place(row.shop, row.app, "refresh_token")) if row.refresh_token else None


def are_usable(row: Shop) -> bool:
    """Whether the row's tokens can be used, as far as is known."""
    return row.access_token is not None and row.token_expires_at is not None


def replace(row: Shop, grant: Grant, asked_at: datetime) -> None:
    """Write both new tokens at once, unless the shop left or someone else replaced them since `row` was read.

    `asked_at` is when Shopify was asked for them. The grant proves the installation: a removal before it is stale.
    """
    now = clock.now()
    actions = [*granted(row.shop, row.app, grant, now), Shop.confirmed_at.set(asked_at), Shop.updated_at.set(now)]
    session = sessions.offline(row.shop, row.app, grant, "", now)
    try:
        _replace(
            row, [*actions, *granted_scope(grant, asked_at)], _same_tokens(row) & _has_no_newer_scope(asked_at), session
        )
    except Overtaken:
        _replace(row, actions, _same_tokens(row), session)  # the scopes may have changed since Shopify was asked


def _replace(row: Shop, actions: list[Action], condition: Any, session: Session) -> None:
    with Transaction() as transaction:
        transaction.update(Shop(row.shop, row.app), actions, condition=condition, otherwise=Overtaken())
        transaction.put(session)


def drop(row: Shop) -> None:
    """Forget tokens that Shopify no longer honours, unless they were replaced since `row` was read."""
    with Transaction() as transaction:
        transaction.update(Shop(row.shop, row.app), gone(), condition=_same_tokens(row), otherwise=Overtaken())


def disuse(row: Shop) -> None:
    """Have the next call of a merchant fetch new tokens; those that are there stay, unless they were replaced."""
    condition = _same_tokens(row) & (Shop.access_token == row.access_token)
    update_if(Shop(row.shop, row.app), [Shop.token_expires_at.remove()], condition)


def granted(shop: str, app: str, grant: Grant, now: datetime) -> list[Action]:
    """What writes a grant's tokens into the row, in the transaction that also writes its session."""
    actions: list[Action] = [
        Shop.access_token.set(secrets.seal(grant.access_token, place(shop, app, "access_token"))),
        Shop.token_expires_at.set(now + timedelta(seconds=grant.expires_in)),
    ]
    if grant.refresh_token:
        actions.append(Shop.refresh_token.set(secrets.seal(grant.refresh_token, place(shop, app, "refresh_token"))))
    if grant.refresh_token_expires_in:
        actions.append(Shop.refresh_token_expires_at.set(now + timedelta(seconds=grant.refresh_token_expires_in)))
    return actions


def granted_scope(grant: Grant, asked_at: datetime) -> list[Action]:
    """What writes a grant's access scopes into the row, as Shopify had them at `asked_at`; nothing if it has none."""
    return [Shop.scope.set(grant.scope), Shop.scope_triggered_at.set(asked_at)] if grant.scope else []


def gone() -> list[Action]:
    """What removes every token from the row."""
    columns = (Shop.access_token, Shop.refresh_token, Shop.token_expires_at, Shop.refresh_token_expires_at)
    return [column.remove() for column in columns]


def place(shop: str, app: str, column: str) -> str:
    """What a token of this row is sealed for."""
    return f"shops/{shop}/{app}/{column}"


def _has_no_newer_scope(moment: datetime) -> Any:
    return Shop.scope_triggered_at.does_not_exist() | (Shop.scope_triggered_at <= moment)


def _same_tokens(row: Shop) -> Any:
    same = Shop.refresh_token == row.refresh_token if row.refresh_token else Shop.refresh_token.does_not_exist()
    return ACTIVE & same
