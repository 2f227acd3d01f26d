"""Shapes of fleet migrations, and the messages of their steps."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Input, PageQuery, Schema, Timestamp
from chalicelib.platform.enums import MigrationRunStatus, StoreMigrationStatus

_QUEUE = "platform-migrate_store"


class StoreListingRequested(Message):
    """List a run's next stores, after the position."""

    queue: ClassVar[str] = _QUEUE

    run_id: str
    status_index: int = 0
    start: dict[str, Any] | None = None


class StoreMigrationsRequested(Message):
    """Start the migration of a run's pending stores, after the position."""

    queue: ClassVar[str] = _QUEUE

    run_id: str
    start: dict[str, Any] | None = None


class StoreMigrationRequested(Message):
    """Migrate one store of a run."""

    queue: ClassVar[str] = _QUEUE

    run_id: str
    store_id: str


class MigrationRunCreate(Input):
    """A new run of all stores to the revision of this version."""

    is_canary: bool = Field(
        default=True, description="Five stores run first; the first failure of these stops the run."
    )


class MigrationRunRead(Schema):
    """A run, with its counts of stores."""

    id: str
    revision: str
    status: MigrationRunStatus
    is_canary: bool
    total: int = Field(description="Stores listed so far.")
    done: int
    failed: int
    skipped: int = Field(description="Stores without a database, suspended ones, and those that have the revision.")
    started_by: str
    started_at: Timestamp
    completed_at: Timestamp | None


class StoreMigrationQuery(PageQuery):
    """The report's page."""

    status: StoreMigrationStatus = Field(
        default=StoreMigrationStatus.FAILED, description="Only the stores with this status."
    )


class StoreMigrationRead(Schema):
    """The migration of one store."""

    store_id: str
    status: StoreMigrationStatus
    from_revision: str | None
    to_revision: str | None
    duration_ms: int | None
    error_message: str | None
    updated_at: Timestamp
