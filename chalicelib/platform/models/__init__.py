"""Tables of platform, in reading order: users, stores, provisioning_jobs, migrations, transfers, usage, measures, administration."""

from chalicelib.platform.models.administration import AuditLog, PlatformSetting
from chalicelib.platform.models.measures import (
    PerformanceMetric,
    RevenueEntry,
    RevenueReport,
    StoreAnalytics,
    UsageStatistic,
)
from chalicelib.platform.models.migrations import MigrationRun, StoreMigration
from chalicelib.platform.models.provisioning_jobs import ProvisioningJob
from chalicelib.platform.models.stores import IntegrationConfig, Store
from chalicelib.platform.models.transfers import Transfer
from chalicelib.platform.models.usage import ApiUsageLog, UsageHour, UsageMetric
from chalicelib.platform.models.users import PlatformUser

__all__ = [
    "ApiUsageLog",
    "AuditLog",
    "IntegrationConfig",
    "MigrationRun",
    "PerformanceMetric",
    "PlatformSetting",
    "PlatformUser",
    "ProvisioningJob",
    "RevenueEntry",
    "RevenueReport",
    "Store",
    "StoreAnalytics",
    "StoreMigration",
    "Transfer",
    "UsageHour",
    "UsageMetric",
    "UsageStatistic",
]
