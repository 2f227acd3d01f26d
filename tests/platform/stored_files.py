"""Stores with a bucket, and files that are uploaded to it as a server with a key does."""

from __future__ import annotations

from typing import Any

import httpx2

from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.kit.tables import Transaction
from chalicelib.platform.models import Store
from chalicelib.platform.repository import storages
from tests.object_storage import new_bucket
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store

TEA = b"a picture of tea"
IMAGE = {"file_name": "tea.webp", "content_type": "image/webp", "byte_size": len(TEA)}


def store_with_bucket(database: StoreDatabase, vendor: Vendor = Vendor.AWS_S3, **columns: Any) -> tuple[Store, Bucket]:
    """Write a store whose tables are in the database, with a new bucket."""
    store, bucket = connected_store(database, **columns), new_bucket(vendor)
    connect_bucket(store, bucket)
    return Store.get(store.id), bucket


def connect_bucket(store: Store, bucket: Bucket) -> None:
    """Make the bucket that of the store."""
    with Transaction() as transaction:
        storages.stage_bucket(transaction, Store.get(store.id), bucket, is_new=False)


def declare(client: DataClient, **changes: Any) -> dict[str, Any]:
    """Declare a file, IMAGE with these changes, and return the answer."""
    response = client.call("POST", "uploads", IMAGE | changes)
    assert response.status_code == 201, response.text
    return dict(response.json())


def send(declared: dict[str, Any], content: bytes = TEA) -> httpx2.Response:
    """Send the file as the answer says."""
    upload = declared["upload"]
    return httpx2.request(upload["method"], upload["url"], content=content, headers=upload["headers"])


def upload(client: DataClient, content: bytes = TEA, **changes: Any) -> str:
    """Declare, send and complete a file, and return its id."""
    declared = declare(client, byte_size=len(content), **changes)
    assert send(declared, content).status_code == 200
    response = client.call("PUT", f"uploads/{declared['id']}")
    assert (response.status_code, response.json()["status"]) == (200, "ready"), response.text
    return str(declared["id"])


def used_bytes(store: Store) -> int:
    """Return the bytes that count against the store's plan."""
    return int(Store.get(store.id, consistent_read=True).storage_used_bytes)
