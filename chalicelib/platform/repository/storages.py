"""Stored connections of stores to their buckets: the keys are encrypted for their row, everything else is in clear."""

from __future__ import annotations

import json

from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.kit import clock, secrets
from chalicelib.kit.tables import Transaction
from chalicelib.platform.database_errors import StorageNotConnected
from chalicelib.platform.domain.sealed_columns import config_context
from chalicelib.platform.enums import IntegrationType, StorageStatus, StorageType
from chalicelib.platform.models import IntegrationConfig, Store
from chalicelib.platform.repository import stores


def load_bucket(store: Store) -> Bucket:
    """Return the bucket of a store with its keys: one read. Raises StorageNotConnected."""
    if store.storage_type is None:
        raise StorageNotConnected
    integration = IntegrationType(store.storage_type.value)
    try:
        row = IntegrationConfig.get(store.id, integration, consistent_read=True)
    except IntegrationConfig.DoesNotExist:
        raise StorageNotConnected from None
    keys = json.loads(secrets.decrypt(row.config_data, config_context(row.store_id, row.integration_type)))
    return Bucket(
        Vendor(store.storage_type.value),
        row.public["bucket"],
        row.public["place"],
        keys["access_key"],
        keys["secret_key"],
    )


def stage_bucket(transaction: Transaction, store: Store, bucket: Bucket, *, is_new: bool) -> None:
    """Connect the bucket and its keys to the store in the transaction.

    Removes the old connection if it has another type. The commit raises WriteConflict if the row has changed, or if the
    bucket is new and the store has files.
    """
    columns = {"storage_type": StorageType(bucket.vendor.value), "storage_status": StorageStatus.ACTIVE}
    stores.stage_columns(transaction, store, columns, Store.storage_used_bytes == 0 if is_new else None)
    if store.storage_type is not None and store.storage_type.value != bucket.vendor.value:
        transaction.delete(IntegrationConfig(store.id, IntegrationType(store.storage_type.value)))
    row, now = IntegrationConfig(store.id, IntegrationType(bucket.vendor.value)), clock.now()
    keys = json.dumps({"access_key": bucket.access_key, "secret_key": bucket.secret_key})
    encrypted = secrets.encrypt(keys, config_context(row.store_id, row.integration_type))
    actions = [
        IntegrationConfig.config_data.set(encrypted),
        IntegrationConfig.public.set({"bucket": bucket.name, "place": bucket.place}),
        IntegrationConfig.is_active.set(True),
        IntegrationConfig.version.add(1),
        IntegrationConfig.created_at.set(IntegrationConfig.created_at | now),
        IntegrationConfig.updated_at.set(now),
        IntegrationConfig.last_checked_at.set(now),
        IntegrationConfig.last_error.remove(),
    ]
    transaction.update(row, actions)
