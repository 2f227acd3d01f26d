"""Demo steps: import of a CSV file, restore of a backup, and a proven move from PostgreSQL to MariaDB."""

from __future__ import annotations

import csv
import io
import secrets
from typing import Any

import httpx2
import pymysql

from infra.local.databases import local_logins
from infra.local.databases.address import HOST, ServerUnavailable
from infra.local.databases.leases import Lease
from infra.local.databases.login_creation import add_mariadb_database
from infra.local.demo.stores import Stores
from infra.local.demo.world import SECONDS, Wrong, eventually

PRODUCTS = 20
"""The number of products, below the limit of the free plan."""
BAD_ROW = 7
"""The number of the row with an invalid status."""
BAD_LINE = 2 * BAD_ROW
"""The first line of this row: the first line of the file names the columns, and each row has two lines."""
HASH_DIGITS = 12


class StoreData:
    """Another store of the owner, on a PostgreSQL server of their own."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.store = self.backup = self.job = ""
        self.name = f"demo_{secrets.token_hex(4)}"
        """A schema in PostgreSQL and a database in MariaDB, which no earlier demo has."""

    def provision(self) -> str:
        """Provision the store in a new schema. Raises Wrong unless it is active."""
        self.store = self.stores.add_store("Book House")
        body = _login("postgresql", self.stores.plan.postgresql_port, local_logins.OWNER) | {"schema": self.name}
        job = self.stores.await_job(self.store, self.stores.provision(self.store, body))
        store = self.stores.read_active(self.store)
        return f"{job['tables_created']} tables in the schema {self.name} of {store['database_host']}"

    def import_products(self) -> str:
        """Import a file with a bad row. Raises Wrong unless the report has this row alone, and all others are products."""
        order = {"kind": "import", "table": "products", "mode": "upsert"}
        transfer = self._call("POST", "transfers", order, expect=201)
        upload = transfer["upload"]
        with httpx2.Client(timeout=SECONDS) as browser:
            browser.post(upload["url"], data=upload["fields"], files={"file": _products_csv()}).raise_for_status()
            self._call("POST", f"transfers/{transfer['id']}/start", expect=202)
            done = self._await_transfer(transfer["id"])
            report = browser.get(done["report_url"]).raise_for_status().text
        rejected, products = list(csv.DictReader(io.StringIO(report))), len(self._products())
        counts = done["rows_read"], done["rows_written"], products
        if counts != (PRODUCTS, PRODUCTS - 1, PRODUCTS - 1) or [row["line"] for row in rejected] != [str(BAD_LINE)]:
            raise Wrong(f"the transfer is {done}, the report {report}, and there are {products} products")
        return (
            f"{done['rows_written']} of {done['rows_read']} rows; the report: line {rejected[0]['line']}, "
            f"{rejected[0]['column']}: {rejected[0]['reason']}"
        )

    def back_up(self) -> str:
        """Make a backup of the store. Raises Wrong unless it has the store's products."""
        job = self.stores.owner.request("POST", f"stores/{self.store}/backups", expect=202)["job_id"]
        self.stores.await_job(self.store, job)
        [backup] = self.stores.owner.request("GET", f"stores/{self.store}/backups")["items"]
        if backup["tables"]["products"] != PRODUCTS - 1:
            raise Wrong(f"the backup is {backup}")
        self.backup = backup["id"]
        size, digest = backup["byte_size"] / 1_000, backup["sha256"][:HASH_DIGITS]
        return f"{backup['row_count']} rows of {len(backup['tables'])} tables, {size:.0f} kB, SHA-256 {digest}…"

    def begin_restore(self) -> str:
        """Delete some products and request the restore of the backup."""
        lost = self._products()[:5]
        for product in lost:
            self._call("DELETE", f"products/{product['id']}", expect=204)
        self.job = self._begin("restore", {"backup": self.backup})
        return f"{len(lost)} products deleted; the store keeps working while the backup is loaded beside it"

    def await_restore(self) -> str:
        """Wait for the restore. Raises Wrong unless all products are there again, in another schema."""
        self.stores.await_job(self.store, self.job)
        self.stores.read_active(self.store)
        products = len(self._products())
        if products != PRODUCTS - 1:
            raise Wrong(f"{products} products after the restore")
        return f"{products} products; the store was switched to the new place"

    def begin_move(self) -> str:
        """Request the move to a new database of the owner's MariaDB, or to PostgreSQL if MariaDB cannot be installed."""
        try:
            with Lease("mariadb", self.stores.plan.state_dir / "databases" / "mariadb", durable=True) as lease:
                self._start_mariadb()
                add_mariadb_database(lease.address, self.name)
                database, kind = _login("mysql", self.stores.plan.mariadb_port, self.name), "MariaDB"
                self.job = self._begin("move", {"database": database})
        except ServerUnavailable as error:
            login = _login("postgresql", self.stores.plan.postgresql_port, local_logins.OWNER)
            database, kind = login | {"schema": f"{self.name}_moved"}, f"PostgreSQL ({error})"
            self.job = self._begin("move", {"database": database})
        return f"from PostgreSQL to {kind}; the store keeps working while its rows are copied"

    def await_move(self) -> str:
        """Wait for the move. Raises Wrong unless each table is proven equal and the store has its rows at the new place."""
        job = self.stores.await_job(self.store, self.job)
        store = self.stores.read_active(self.store)
        proof = job["report"]["proof"]
        rows = {table["table"]: table["rows"] for table in proof["tables"]}
        if len(rows) != job["total_tables"] or rows["products"] != len(self._products()):
            raise Wrong(f"the proof is {proof}")
        lines = [
            f"\n      {table['table']:<26}{table['rows']:>5} rows, equal, {table['sha256'][:HASH_DIGITS]}…"
            for table in proof["tables"]
            if table["rows"]
        ]
        return f"{store['database_type']}; {len(rows)} tables equal by row hashes, the old place stays 7 days{''.join(lines)}"

    def _start_mariadb(self) -> None:
        """Log in by the stack's port: the stack creates the owner's login and keeps the server when our lease ends."""
        login = {"user": local_logins.OWNER, "password": local_logins.PASSWORDS[local_logins.OWNER]}
        pymysql.connect(host=HOST, port=self.stores.plan.mariadb_port, connect_timeout=SECONDS, **login).close()

    def _begin(self, action: str, body: dict[str, Any]) -> str:
        return str(self.stores.owner.request("POST", f"stores/{self.store}/{action}", body, expect=202)["job_id"])

    def _await_transfer(self, transfer: str) -> Any:
        """Wait for the end of a transfer and return it. Raises Wrong unless it is completed."""

        def ended() -> Any:
            read = self._call("GET", f"transfers/{transfer}")
            return read if read["status"] in ("completed", "failed", "cancelled") else None

        read = eventually(ended, "the end of the transfer")
        if read["status"] != "completed":
            raise Wrong(f"the transfer is {read}")
        return read

    def _products(self) -> list[Any]:
        return list(self._call("GET", f"products?limit={PRODUCTS}")["items"])

    def _call(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        return self.stores.call(self.store, method, path, body, expect)


def _login(kind: str, port: int, database: str) -> dict[str, Any]:
    """Return the owner's connection to a server of the local stack."""
    password = local_logins.PASSWORDS[local_logins.OWNER]
    return {
        "type": kind,
        "host": HOST,
        "port": port,
        "database": database,
        "username": local_logins.OWNER,
        "password": password,
    }


def _products_csv() -> bytes:
    """Return the file, with names that need quoting."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("sku", "name", "slug", "description", "status"))
    for number in range(1, PRODUCTS + 1):
        status = "sold out" if number == BAD_ROW else "active"
        description = f'A “novel”, in {number} parts,\nwith "notes"'
        rows.writerow((f"BOOK-{number:03}", f"Book {number}, bound", f"book-{number}", description, status))
    return text.getvalue().encode()
