"""Queue consumer of fleet migrations."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.platform.schemas.migrations import (
    StoreListingRequested,
    StoreMigrationRequested,
    StoreMigrationsRequested,
)
from chalicelib.platform.service import migrations

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="platform-migrate_store", batch_size=1, name="platform-migrate_store")
# maximum_concurrency: a release migrates the whole fleet; a store takes up to 15 minutes
@consumes(StoreListingRequested, StoreMigrationsRequested, StoreMigrationRequested, layer="sql", maximum_concurrency=10)
def migrate_store(message: StoreListingRequested | StoreMigrationsRequested | StoreMigrationRequested) -> None:
    """Migrate a store, or take the step of its run that the message names."""
    if isinstance(message, StoreListingRequested):
        migrations.list_fleet(message)
    elif isinstance(message, StoreMigrationsRequested):
        migrations.start_stores(message)
    else:
        from chalicelib.platform.service import store_migrations  # noqa: PLC0415 - its SQL libraries are a layer

        store_migrations.migrate_store(message)
