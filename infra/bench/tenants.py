"""The benchmark row of provisioning: a store on a shared server beside a tenant of django-tenants with the same tables."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from infra.bench import peers
from infra.bench.provisioned_stores import provision, shared_server
from infra.bench.runs import SUBJECTS, SubjectFailed, in_turn
from infra.bench.table import Row
from infra.local.databases.address import DatabaseServer

BUDGET = 0.35
_DATABASE = "tenants"


def provisioning(rounds: int) -> list[Row]:
    """Compare the job that provisions a store with a new tenant whose migrations create the same 14 tables."""
    what = "a store provisioned"
    with shared_server() as server, TemporaryDirectory() as folder:
        provision()
        subjects: dict[str, Callable[[], tuple[float, float]]] = {"ours": _provision}
        if peers.has_django_tenants():
            _create_database(server)
            tables = Path(folder) / "tables.json"
            tables.write_text(json.dumps(_describe_tables()))
            subjects["tenant"] = partial(_add_tenant, server, Path(folder), tables)
        figures = in_turn(subjects, rounds)
    ours = figures["ours"]
    if "tenant" not in figures:
        return [Row(what, str(ours), f"django-tenants {peers.HINTS['django-tenants']}", None, BUDGET)]
    peer = figures["tenant"]
    return [Row(what, str(ours), f"django-tenants {peer}", ours.beside(peer), BUDGET)]


def _provision() -> tuple[float, float]:
    return provision()[1], 0


def _create_database(server: DatabaseServer) -> None:
    login = {"host": server.host, "port": server.port, "user": server.username, "password": server.password}
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {_DATABASE}")


def _add_tenant(server: DatabaseServer, folder: Path, tables: Path) -> tuple[float, float]:
    """Add a tenant in a new process, and return the seconds of the tenant's creation alone, and the peak memory."""
    environment = {
        **os.environ,
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.username,
        "PGPASSWORD": server.password,
    }
    command: list[str | Path] = [
        peers.VENV / "bin" / "python",
        SUBJECTS / "tenant_django.py",
        folder,
        tables,
        _DATABASE,
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SubjectFailed(f"django-tenants: {done.stderr[-1500:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return told["seconds"], told["peak_mb"]


def _describe_tables() -> list[dict[str, Any]]:
    """Return the tables of a store by the types of PostgreSQL, for models of Django."""
    from chalicelib.platform.store_database.tables import TABLES

    return [
        {
            "name": table.name,
            "columns": [_describe_column(column) for column in table.columns],
            "unique": [
                [column.name for column in table.primary_key.columns] for _ in range(len(table.primary_key.columns) > 1)
            ],
        }
        for table in TABLES
    ]


def _describe_column(column: Any) -> dict[str, Any]:
    from sqlalchemy.dialects import postgresql

    written = str(column.type.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]
    name = written.split("(")[0].split()[0]
    arguments = re.findall(r"\d+", written)
    target = next((key.column.table.name for key in column.foreign_keys), None)
    return {
        "name": column.name,
        "type": name,
        "arguments": arguments,
        "null": column.nullable,
        "unique": bool(column.unique),
        "index": bool(column.index),
        "key": column.primary_key and len(column.table.primary_key.columns) == 1,
        "references": target and f"shop.{target.title().replace('_', '')}",
    }
