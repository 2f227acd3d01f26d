"""Enumerations of platform, separate from the tables so that the domain rules import no database."""

from __future__ import annotations

from enum import StrEnum


class DatabaseType(StrEnum):
    SUPABASE = "supabase-database"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SHARED = "shared"


class DatabaseStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    PROVISIONING = "provisioning"
    FAILED = "failed"
    MOVING = "moving"
    DELETING = "deleting"


class StorageType(StrEnum):
    SUPABASE = "supabase-storage"
    GOOGLE_CLOUD = "google-cloud-storage"
    AWS_S3 = "aws-s3"


class StorageStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    PROVISIONING = "provisioning"
    FAILED = "failed"


class IntegrationType(StrEnum):
    """What an integration config connects to: a type of database or of storage."""

    SUPABASE_DATABASE = "supabase-database"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SHARED = "shared"
    SUPABASE_STORAGE = "supabase-storage"
    GOOGLE_CLOUD_STORAGE = "google-cloud-storage"
    AWS_S3 = "aws-s3"


class StorePlan(StrEnum):
    FREE = "free"
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class StoreSubscriptionStatus(StrEnum):
    ACTIVE = "active"
    TRIAL = "trial"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class UserRole(StrEnum):
    OWNER = "owner"
    SUPPORT = "support"
    ADMIN = "admin"


class JobKind(StrEnum):
    PROVISION = "provision"
    MOVE = "move"
    BACKUP = "backup"
    RESTORE = "restore"
    DROP = "drop"


class TransferKind(StrEnum):
    IMPORT = "import"
    EXPORT = "export"


class TransferMode(StrEnum):
    """The treatment of existing rows by an import: reject them, or change them."""

    INSERT = "insert"
    UPSERT = "upsert"


class TransferStatus(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobStatus(StrEnum):
    PENDING = "pending"
    TESTING = "testing"
    CREATING = "creating"
    MIGRATING = "migrating"
    SEEDING = "seeding"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MigrationRunStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"


class StoreMigrationStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class KeyScope(StrEnum):
    """What a store's key may do: read the catalogue, read everything, or read and write."""

    CATALOGUE = "catalogue"
    READ = "read"
    WRITE = "write"


class OrderStatus(StrEnum):
    """The status of an order in a store's database. Source of the words: the documented column."""

    PENDING = "pending"
    PAID = "paid"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class CodeValueType(StrEnum):
    """How a store's discount code lowers an order: percent of each line, or an amount of the order."""

    PERCENTAGE = "percentage"
    FIXED_AMOUNT = "fixed_amount"
