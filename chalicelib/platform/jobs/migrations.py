"""Queue consumer of fleet migrations."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.migrations import (
    StoreListingRequested,
    StoreMigrationRequested,
    StoreMigrationsRequested,
)
from chalicelib.platform.service import migrations, store_migrations

bp = Blueprint(__name__)

FleetMessage = StoreListingRequested | StoreMigrationsRequested | StoreMigrationRequested


@bp.on_sqs_message(queue="platform-migrate_store", batch_size=1, name="platform-migrate_store")
@consumes(StoreListingRequested, StoreMigrationsRequested, StoreMigrationRequested, layer="sql", maximum_concurrency=10)
def migrate_store(message: FleetMessage) -> None:
    """Migrate a store, or take the step of its run that the message names."""
    match message:
        case StoreListingRequested():
            migrations.list_fleet(message)
        case StoreMigrationsRequested():
            migrations.start_stores(message)
        case StoreMigrationRequested():
            store_migrations.migrate_store(message)
