"""The benchmark row of moves: a proven move between two schemas of a server, beside `pg_dump | psql` of the same rows."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from functools import partial
from typing import Any

from infra.bench.provisioned_stores import add_customers, provision, run_job, shared_server
from infra.bench.runs import SubjectFailed, in_turn
from infra.bench.table import Row
from infra.local.databases.address import DatabaseServer
from infra.local.databases.postgresql_binaries import binaries

BUDGET = 6
_numbers = itertools.count(1)


def proven_move(rounds: int) -> list[Row]:
    """Compare a proven move of a store's rows with a dump that is piped into another database.

    Both include the creation of the tables. The queue's delays and the pause for earlier calls are not counted.
    """
    rows = 20_000 if rounds > 1 else 50
    with shared_server() as server:
        store, _ = provision()
        add_customers(store, rows)
        subjects = {"ours": partial(_move, store.id, server), "dump": partial(_dump, store.id, server)}
        figures = in_turn(subjects, max(1, rounds // 2))
    ours, peer = figures["ours"], figures["dump"]
    return [Row(f"{rows:,} rows moved, proven", str(ours), f"pg_dump | psql {peer}", ours.beside(peer), BUDGET)]


def _move(store_id: str, server: DatabaseServer) -> tuple[float, float]:
    """Move the store to a new schema of an owner's database. Returns seconds and 0."""
    from chalicelib.platform.repository.stores import get_store
    from chalicelib.platform.schemas.moves import MoveInput
    from chalicelib.platform.service.moves import requests
    from infra.local.databases import local_logins

    database = {
        "type": "postgresql",
        "host": server.host,
        "port": server.port,
        "database": local_logins.OWNER,
        "schema": f"moved_{next(_numbers)}",
        "username": local_logins.OWNER,
        "password": local_logins.PASSWORDS[local_logins.OWNER],
    }
    begun = time.perf_counter()
    accepted, _ = requests.request_move(get_store(store_id), MoveInput.model_validate({"database": database}), "bench")
    run_job(accepted.job_id)
    return time.perf_counter() - begun, 0


def _dump(store_id: str, server: DatabaseServer) -> tuple[float, float]:
    """Copy the store's schema into a new database of the server by a dump. Returns seconds and 0."""
    from chalicelib.platform.repository import integration_configs, stores

    place = integration_configs.load_place(stores.get_store(store_id))
    target = f"dumped_{next(_numbers)}"
    _run(server, f'"$PSQL" -qd postgres -c "CREATE DATABASE {target}"')
    pipe = f'"$PG_DUMP" -d {place.server.database} -n {place.schema} | "$PSQL" -qd {target} -v ON_ERROR_STOP=1 -o /dev/null'
    begun = time.perf_counter()
    _run(server, pipe)
    return time.perf_counter() - begun, 0


def _run(server: DatabaseServer, script: str) -> None:
    """Run a line of the shell with PostgreSQL's programs, as the superuser. Raises SubjectFailed."""
    environment: dict[str, Any] = {
        **os.environ,
        "PSQL": str(binaries() / "psql"),
        "PG_DUMP": str(binaries() / "pg_dump"),
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.username,
        "PGPASSWORD": server.password,
    }
    command = ["bash", "-o", "pipefail", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SubjectFailed(f"pg_dump | psql: {done.stderr[-1500:]}")
