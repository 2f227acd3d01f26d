"""An owner with a row of every kind whose store has a product, a customer and an order, for calls by other accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
from sqlalchemy import select

from chalicelib.kit import clock, ids, sessions
from chalicelib.kit.auth import Role
from chalicelib.kit.http import EndpointSpec
from chalicelib.kit.models import Session
from chalicelib.platform.enums import JobStatus, KeyScope, MigrationRunStatus, TransferKind, TransferStatus
from chalicelib.platform.models import (
    ApiUsageLog,
    AuditLog,
    MigrationRun,
    ProvisioningJob,
    Store,
    Transfer,
    UsageMetric,
)
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database.tables import CUSTOMERS, MEDIA_LIBRARY, TABLES
from tests.end_to_end.platform_bodies import CUSTOMER_ROW, PLATFORM_BODIES, SKU
from tests.end_to_end.test_tenants import _routes
from tests.object_storage import new_bucket
from tests.platform.clients import new_account
from tests.platform.store_databases import DataClient, StoreDatabase, connected_store, data_client, new_key
from tests.platform.store_orders import PLENTY
from tests.platform.store_rows import add_product, add_row
from tests.platform.stored_files import connect_bucket, upload

SECRET = "words of the first owner"
PRIVATE_EMAIL = "buyer-of-the-first-owner@example.com"
PLATFORM, OPERATOR, DATA = "/v1/platform/", "/v1/operator/platform/", "/v1/store/"
LIMITS = PLENTY | {"max_api_calls_per_month": 100_000}
"""Limits that no test reaches, not even one that sends every invalid text."""
TABLES_CALLED = ("products", "customers")
"""Values of the path parameter `table`: a table of the catalogue and a private one."""


def platform_routes(prefix: str) -> list[tuple[str, str, EndpointSpec]]:
    """Return the routes below a prefix that take a credential."""
    return [each for each in _routes() if each[1].startswith(prefix) and each[2].auth is not None]


class FirstOwner:
    """An owner, the rows that they have, and the texts that nobody else may see."""

    def __init__(self, api: httpx2.Client, database: StoreDatabase) -> None:
        self.user = new_account(display_name=SECRET, store_count=1)
        self.store = connected_store(database, owner_id=self.user.id, name=SECRET, limits=LIMITS)
        connect_bucket(self.store, new_bucket())
        self.store = Store.get(self.store.id)
        self.keys = {scope: new_key(self.store, scope) for scope in KeyScope}
        self._session = sessions.new_session(f"{Role.OWNER}:{self.user.id}", SECRET)
        self._session.save()
        self._stored_session = self._read_session()
        self.rows = self._write_data(data_client(api, self.store))
        self.ids = {
            "store_id": self.store.id,
            "user_id": self.user.id,
            "key_id": self.keys[KeyScope.READ].split(".")[1],
            "job_id": self._write_job(),
            "run_id": self._write_run(),
            "transfer_id": self._write_transfer(),
            "session_id": self._session.id,
            "name": "sign_up",
        }
        self._write_usage()
        self.marks = {SECRET, PRIVATE_EMAIL, self.user.email}
        self.marks |= {value for name, value in self.ids.items() if name != "name"}

    def calls(self, path: str, contract: EndpointSpec) -> Iterator[tuple[str, Any]]:
        """Yield each URL of a route with a body: a route with a table has one for each of TABLES_CALLED."""
        single = MEDIA_LIBRARY.name if path.startswith(f"{DATA}uploads") else "orders"
        for table in TABLES_CALLED if "{table}" in path else (single,):
            values = self.path_values(table)
            yield re.sub(r"{(\w+)}", lambda match: values[match[1]], path), self.body(contract, table)  # noqa: B023

    def path_values(self, table: str) -> dict[str, str]:
        """Return the values of path parameters, with the row of a table."""
        return self.ids | {"table": table, "row_id": self.rows[table]}

    def body(self, contract: EndpointSpec, table: str) -> Any:
        """Return a body that would be accepted from the owner, an operator or a key; None if the route has none."""
        if contract.body is None:
            return None
        name = contract.body.__name__
        is_customer = table == "customers" and name in ("RowsWrite", "RowUpdate")
        product = {"product_id": self.rows["products"]} if name == "AdjustmentCreate" else {}
        return CUSTOMER_ROW if is_customer else PLATFORM_BODIES[name] | product

    def sql_rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return all rows of the store's tables."""
        with store_connections.transaction(self.store) as transaction:
            return {
                table.name: sorted(map(dict, transaction.connection.execute(select(table)).mappings()), key=repr)
                for table in TABLES
            }

    def has_session(self) -> bool:
        """Return whether the owner's session is as it was."""
        return self._read_session() == self._stored_session

    def _read_session(self) -> dict[str, Any]:
        return dict(Session.get(self._session.subject, self._session.id, consistent_read=True).attribute_values)

    def _write_data(self, client: DataClient) -> dict[str, str]:
        product = add_product(self.store, SKU, {"USD": "10"}, {"default": 5})
        customer = add_row(self.store, CUSTOMERS, email=PRIVATE_EMAIL)
        address = {"city": SECRET}
        body = PLATFORM_BODIES["OrderCreate"] | {"customer_id": customer, "shipping_address": address}
        response = client.call("POST", "orders", body, Idempotency_Key=ids.new())
        assert response.status_code == 201, response.text
        file_id = upload(client, file_name=f"{SECRET}.webp")
        return {
            "products": product,
            "customers": customer,
            "orders": str(response.json()["id"]),
            MEDIA_LIBRARY.name: file_id,
        }

    def _write_job(self) -> str:
        now = clock.now()
        row = ProvisioningJob(ids.new(), store_id=self.store.id, status=JobStatus.COMPLETED, progress=100)
        row.requested_by, row.created_at, row.updated_at, row.completed_at = self.user.id, now, now, now
        row.save()
        return str(row.id)

    def _write_run(self) -> str:
        row = MigrationRun(ids.new(), revision="0001", status=MigrationRunStatus.COMPLETED)
        row.started_by, row.started_at = "operator", clock.now()
        row.save()
        return str(row.id)

    def _write_transfer(self) -> str:
        """Write a completed export of a private table, and return its id."""
        now = clock.now()
        row = Transfer(self.store.id, ids.time_ordered(), kind=TransferKind.EXPORT, table_name=CUSTOMERS.name)
        row.status, row.progress, row.created_at, row.updated_at = TransferStatus.COMPLETED, 100, now, now
        row.completed_at, row.expires_epoch = now, now + Transfer.KEEP
        row.save()
        return str(row.id)

    def _write_usage(self) -> None:
        assert ApiUsageLog.count() > 0, "the order's call is logged"
        UsageMetric(self.store.id, clock.today(), api_calls=1, created_at=clock.now()).save()
        row = AuditLog(self.store.id, ids.time_ordered(), actor_id=self.user.id, actor_type=Role.OWNER.value)
        row.action, row.target, row.after = "platform.change_store", f"store:{self.store.id}", {"name": SECRET}
        row.created_at = clock.now()
        row.save()
