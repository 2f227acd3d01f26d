"""Migrates a store's tables and kills its own process: `python -m tests.platform.killed_migration`, place as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.platform.domain.store_places import StorePlace


def main(place: StorePlace, at_statement: int) -> None:
    """Migrate the tables; kill the process right after the statement with this index was executed."""
    from sqlalchemy import event

    from chalicelib.platform.repository import store_migrations
    from chalicelib.platform.service import store_connections

    with store_connections.connect(place.server) as connection:
        executed = 0

        def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            nonlocal executed
            if statement.startswith("CREATE INDEX"):
                if executed == at_statement:
                    os.kill(os.getpid(), signal.SIGKILL)
                executed += 1

        event.listen(connection, "after_cursor_execute", count)
        store_migrations.upgrade(connection, place.server.dialect, place.schema)


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    login = Server(**{**given["server"], "dialect": Dialect(given["server"]["dialect"])})
    main(StorePlace(login, given["schema"]), given["at_statement"])
