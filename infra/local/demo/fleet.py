"""Demo steps: all stores are migrated; a run reports the one that is locked, and the next run migrates it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from infra.local.demo.stores import Stores
from infra.local.demo.world import Wrong, eventually

PATH = "/v1/operator/platform/migrations"


class Fleet:
    """The stores of the demo and an operator who migrates the tables of all stores of the stack."""

    def __init__(self, stores: Stores) -> None:
        from chalicelib.kit import auth

        self.stores = stores
        self.operator = auth.mint(auth.Role.OPERATOR, "demo")

    def migrate_with_a_lock(self) -> str:
        """Set both stores back to the first revision, and migrate all while one is locked.

        Raises Wrong unless the report names the locked store alone.
        """
        from infra.migrations.downgrade import downgrade_store

        for store in (self.stores.shared, self.stores.supabase):
            downgrade_store(store)
        with _locked(self.stores.supabase) as keep_lock:
            run = self._migrate(keep_lock)
        done, failed = (self._report(run, status) for status in ("completed", "failed"))
        if self.stores.shared not in done or self.stores.supabase not in failed:
            raise Wrong(f"the run is {run}, its stores are {done} and {failed}")
        reason = failed[self.stores.supabase]["error_message"]
        return f"to revision {run['revision']}: {run['done']} done, {run['failed']} failed: “{reason}”"

    def migrate_the_rest(self) -> str:
        """Migrate all again. Raises Wrong unless the store that failed is migrated and the other one skipped."""
        run = self._migrate(lambda: None)
        done, skipped = (self._report(run, status) for status in ("completed", "skipped"))
        if self.stores.supabase not in done or self.stores.shared not in skipped:
            raise Wrong(f"the run is {run}, its stores are {done} and {skipped}")
        moved = done[self.stores.supabase]
        revisions = f"{moved['from_revision']} to {moved['to_revision']}"
        return (
            f"from revision {revisions} in {moved['duration_ms']} ms; {run['skipped']} skipped, {run['failed']} failed"
        )

    def _migrate(self, keep_lock: Callable[[], object]) -> Any:
        """Run a migration without a canary, which a store of the stack's user could stop, and return the ended run.

        `keep_lock` is called before each read of the run.
        """
        run = self._request("POST", PATH, {"is_canary": False}, expect=202)

        def ended() -> Any:
            keep_lock()
            read = self._request("GET", f"{PATH}/{run['id']}")
            return read if read["status"] != "running" else None

        return eventually(ended, "the end of the migration run")

    def _report(self, run: Any, status: str) -> dict[str, Any]:
        """Return the stores of a run with a status, by id."""
        path = f"{PATH}/{run['id']}/stores?status={status}&limit=100"
        found: dict[str, Any] = {}
        cursor = ""
        while True:
            page = self._request("GET", path + cursor)
            found |= {each["store_id"]: each for each in page["items"]}
            if not page.get("next_cursor"):
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def _request(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        return self.stores.world.bearer(self.operator, method, path, body, expect)


@contextmanager
def _locked(store_id: str) -> Iterator[Callable[[], object]]:
    """Keep a store's table of orders locked by an open transaction; call what is yielded to keep it open."""
    from chalicelib.integrations.sql.identifiers import quoted
    from chalicelib.platform.repository import integration_configs, stores
    from chalicelib.platform.service import store_connections

    place = integration_configs.load_migrator(stores.get_store(store_id))
    with store_connections.connect(place.server) as connection:
        schema = quoted(place.schema, place.server.dialect)
        connection.exec_driver_sql(f"LOCK TABLE {schema}.orders IN ROW EXCLUSIVE MODE")
        yield lambda: connection.exec_driver_sql("SELECT 1")
