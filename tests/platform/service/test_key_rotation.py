"""Rotation of the key that seals requests of jobs and connections of stores."""

from __future__ import annotations

import os
from pathlib import Path

import httpx2
import pytest

from chalicelib.kit import config, secrets
from chalicelib.platform.enums import JobStatus
from chalicelib.platform.models import IntegrationConfig, ProvisioningJob, Store
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.key_rotation import ENCRYPTED_TABLES
from chalicelib.platform.store_database.tables import CATEGORIES
from chalicelib.shops.service.key_rotation import key_ids_of_row, reencrypt_row
from tests.platform.provisioning import owner_api, run_to_end
from tests.platform.store_servers import ServerOfTest
from tests.platform.stores import new_store


def test_sealed_requests_and_connections_survive_the_removal_of_their_key(
    api: httpx2.Client, own_postgresql: ServerOfTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "secrets.key"
    keys.write_text(Path(os.environ["SECRETS_KEY_FILE"]).read_text())
    monkeypatch.setenv("SECRETS_KEY_FILE", str(keys))
    config.forget_settings()
    try:
        owner = owner_api(api, new_store())
        job_id = owner.post("provision", {"database": own_postgresql.body}).json()["job_id"]
        rotate_all(keys)
        assert run_to_end(job_id).status is JobStatus.COMPLETED
        rotate_all(keys)
        store_connections.close_connections()
        with store_connections.transaction(Store.get(owner.store.id)) as transaction:
            assert len(transaction.connection.execute(CATEGORIES.select()).all()) == 1
    finally:
        monkeypatch.undo()
        config.forget_settings()


def rotate_all(keys: Path) -> None:
    """Add a key, seal every row of the tables with it, and drop all others."""
    added = secrets.add_key(keys)
    for table in ENCRYPTED_TABLES:
        if table.table in (ProvisioningJob, IntegrationConfig):
            rows = list(table.table.scan())
            for row in rows:
                assert reencrypt_row(table, row).undecryptable == ()
            assert {key for row in table.table.scan() for key in key_ids_of_row(table, row)} <= {f"file:{added}"}
    for number in range(1, int(added[1:])):
        if f'"k{number}"' in keys.read_text():
            secrets.drop_key(keys, f"k{number}")
