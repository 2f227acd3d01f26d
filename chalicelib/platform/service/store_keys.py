"""Keys with which the servers of a store call its data API. A key is shown once; the row keeps its hash."""

from __future__ import annotations

import secrets

from chalicelib.kit import clock
from chalicelib.kit.auth import Account
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.platform.domain import store_keys as rules
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.domain.store_keys import KEY_ID_BYTES, MAX_KEYS, SECRET_BYTES, StoreKey
from chalicelib.platform.errors import StoreKeyLimitReached, StoreKeyNotFound
from chalicelib.platform.repository import store_keys
from chalicelib.platform.schemas.store_keys import StoreKeyCreate, StoreKeyCreated, StoreKeyList, StoreKeyRead
from chalicelib.platform.service import audit
from chalicelib.platform.service.store_access import get_accessible_store


def list_keys(account: Account, store_id: str) -> StoreKeyList:
    """Return the keys of a store without their secrets. Raises StoreNotFound."""
    row = get_accessible_store(account, store_id)
    return StoreKeyList(items=[StoreKeyRead.of(key) for key in rules.list_keys(row.api_keys)])


def create_key(
    account: Account, store_id: str, body: StoreKeyCreate, idempotency: Idempotency | None, source_ip: str
) -> StoreKeyCreated:
    """Create a key of a store. Raises StoreNotFound, StoreKeyLimitReached.

    The record of the idempotency key holds no secret, so that a repeated request is answered without it.
    """
    created_at = clock.now().replace(microsecond=0)  # the row keeps whole seconds
    key = StoreKey(secrets.token_hex(KEY_ID_BYTES), body.scope, body.name, created_at)
    key_text = rules.join_key(store_id, key.id, secrets.token_urlsafe(SECRET_BYTES))
    response = StoreKeyCreated(**StoreKeyRead.of(key).model_dump(), key=None)
    fields = {"name": key.name, "scope": key.scope.value}
    change = Change(store_id, "platform.create_store_key", f"store_key:{key.id}", after=fields)

    def decide(unit: UnitOfWork) -> None:
        row = get_accessible_store(account, store_id)
        if len(row.api_keys) >= MAX_KEYS:
            raise StoreKeyLimitReached
        store_keys.stage_new_key(unit.transaction, store_id, key.id, rules.stored_key(rules.hash_key(key_text), key))
        if idempotency:
            idempotency.join(unit.transaction, response)
        unit.publish(audit.message_of(account, change, source_ip))

    run_unit_of_work(decide)
    return response.model_copy(update={"key": key_text})


def revoke_key(account: Account, store_id: str, key_id: str, source_ip: str) -> None:
    """Remove a key of a store; its next call is refused. Raises StoreNotFound, StoreKeyNotFound."""

    def decide(unit: UnitOfWork) -> None:
        keys = {key.id: key for key in rules.list_keys(get_accessible_store(account, store_id).api_keys)}
        if key_id not in keys:
            raise StoreKeyNotFound
        store_keys.stage_key_removal(unit.transaction, store_id, key_id)
        before = {"name": keys[key_id].name, "scope": keys[key_id].scope.value}
        change = Change(store_id, "platform.revoke_store_key", f"store_key:{key_id}", before=before)
        unit.publish(audit.message_of(account, change, source_ip))

    run_unit_of_work(decide)
