"""Errors of platform. Class names are the API's `code`."""

from __future__ import annotations

from typing import Any, ClassVar

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, TooManyRequests, Unavailable

# Accounts


class SignUpClosed(Forbidden):
    title = "New accounts are not accepted at present"


class StoresLeft(Conflict):
    """The owner's account cannot be deleted."""

    title = "Delete your stores first"


class StaffAccount(Conflict):
    """The address of an owner cannot be added to the staff."""

    title = "This address has an owner's account"


class StaffNotFound(NotFound):
    title = "No support or admin account has this address"


# Stores


class StoreNotFound(NotFound):
    title = "Store not found"


class StoreSuspended(Problem):
    status = 403
    title = "The store is suspended"


class StoreDeleting(Problem):
    status = 403
    title = "The store is being deleted"


class StoreBusy(Conflict):
    """A store cannot be deleted while a job is in progress."""

    title = "Wait for the store's job, or cancel it"


class StoreNotDeleting(Conflict):
    title = "The store is not being deleted"


class StoreDeletionBegun(Conflict):
    """The time in which a deletion can be undone is over."""

    title = "The store's removal has begun"


class InvalidConfirmation(InvalidInput):
    title = "Confirm with the store's slug"


class StoreNotProvisioned(Conflict):
    title = "The store has no database yet"


class PlanLimitReached(Problem):
    """A limit of the store's plan is reached. `extras`: limit, used, upgrade_to."""

    status = 402
    title = "The plan's limit is reached"


# Provisioning and connections


class JobNotFound(NotFound):
    title = "Job not found"


class DatabaseRefused(Problem):
    """A store's server cannot be used. `advice` says what to do; the server's own words are never shown."""

    status = 422
    advice: ClassVar[str] = ""

    def __init__(self, detail: str = "", **members: Any) -> None:
        super().__init__(detail or f"{self.title}. {self.advice}".strip(), **members)


class HostNotAllowed(DatabaseRefused):
    title = "Backroom does not connect to this host"
    advice = "Give a server with a public address."


class Unreachable(DatabaseRefused):
    title = "The server does not answer"
    advice = "Check the host, the port and the firewall."


class TlsRefused(DatabaseRefused):
    title = "The server's certificate cannot be verified"
    advice = "Give its CA certificate, or let a public authority sign it."


class LoginRefused(DatabaseRefused):
    title = "The server refuses this user and password"


class DatabaseMissing(DatabaseRefused):
    title = "The server has no database of this name"


class PrivilegeMissing(DatabaseRefused):
    title = "The user lacks a privilege"
    advice = "Grant it, or give another user."


class VersionTooOld(DatabaseRefused):
    title = "The server is too old"
    advice = "PostgreSQL 13, MySQL 8.0.16 or MariaDB 10.6 is needed."


class SchemaInUse(Conflict):
    title = "Another store uses this schema"


class SchemaMismatch(Conflict):
    title = "An existing table does not fit"


class DatabaseFull(Unavailable):
    """The database of a job has no room, or allows only reads: the job waits, then fails."""

    title = "The database has no room for rows"

    def __init__(self) -> None:
        super().__init__("The database has no room for the store's rows, or allows only reads.", retry_after=60)


class TargetNotEmpty(Conflict):
    """The database that a store is moved or restored to has rows in tables of the store's names."""

    title = "The target database must be empty"


class SameDatabase(Conflict):
    title = "The store is in this database already"


class RowNotPortable(Conflict):
    """A row of the source is refused by the target. The detail names its table."""

    title = "A row does not fit the target database"


class CopyNotEqual(Conflict):
    """Something else than Backroom changes the source or the target while the store's changes are paused."""

    title = "Other programs change the databases; stop them"


class InvalidSourceStore(InvalidInput):
    """The legacy database has no table with a store_id column of a type that holds the given store_id."""

    title = "The source has no such store"


class JobEnded(Conflict):
    title = "The job has ended"


class JobNotRetryable(Conflict):
    title = "This job cannot be retried"


class JobNotCancelable(Conflict):
    title = "This job cannot be canceled"


class JobStuck(Conflict):
    title = "The job stopped repeatedly; support was informed"


class SharedServersFull(Conflict):
    title = "No shared server has room in this region"


class FreeStoresLimit(Conflict):
    """An owner has as many free stores on shared servers as are allowed."""

    title = "Too many free stores on shared servers"


class ConnectionNotChangeable(Conflict):
    title = "This store's connection cannot be changed here"


class InvalidSupabaseToken(InvalidInput):
    title = "Supabase refuses this access token"


class InvalidSupabaseOrganization(InvalidInput):
    title = "The token's account has no such organization"


class SupabaseProjectUnavailable(DatabaseRefused):
    title = "The Supabase project cannot be used"
    advice = "It is missing, or did not start."


class SupabaseLimitReached(Conflict):
    """Supabase refuses another project: the organization's quota, or its bill."""

    title = "Supabase refuses another project in this organization"


# Backups


class BackupNotFound(NotFound):
    title = "Backup not found"


class BackupDamaged(Conflict):
    title = "The backup is damaged; nothing was changed"


class InvalidRestore(InvalidInput):
    title = "The backup cannot be restored there"


class BackupTooNew(Conflict):
    title = "A newer version of Backroom wrote this backup"


class BackupTooLarge(Conflict):
    title = "The store is too large for a backup"


# Storage and files


class StorageRefused(DatabaseRefused):
    """A store's bucket cannot be used. The vendor's own words are never shown."""

    title = "The storage refuses the request"
    advice = "Check the bucket and the permissions of its key."


class StorageKeyRefused(StorageRefused):
    title = "The storage refuses these keys"
    advice = ""


class StorageAccessDenied(StorageRefused):
    title = "The key lacks a permission on the bucket"
    advice = "Let it list the bucket, and read, write and delete objects."


class BucketMissing(StorageRefused):
    title = "The storage has no bucket of this name"
    advice = ""


class BucketElsewhere(StorageRefused):
    title = "The bucket is in another region"
    advice = "Give the region that it was created in."


class StorageNotConnected(Conflict):
    title = "The store has no storage yet"


class StorageInUse(Conflict):
    """The bucket of a store that has files cannot be replaced: their rows would point to nothing."""

    title = "The store still has files in its bucket"


class UploadIncomplete(Conflict):
    title = "The file has not been uploaded yet"


class InvalidUpload(InvalidInput):
    """The uploaded file is not as declared: it was deleted. `errors` names size or type."""

    title = "The uploaded file is not as declared"


# Orders


class OrderNotFound(NotFound):
    title = "Order not found"


class InventoryNotFound(NotFound):
    title = "The product has no stock at this location"


class InvalidOrder(InvalidInput):
    title = "The order cannot be placed as it is"


class InvalidAdjustment(InvalidInput):
    title = "This stock adjustment is not possible"


class InvalidDiscountCode(InvalidInput):
    title = "The discount code cannot be used here"


class DiscountCodeUsedUp(Conflict):
    title = "The discount code has reached its usage limit"


class OutOfStock(Conflict):
    title = "There is not enough stock"


class OrderTransitionRefused(Conflict):
    title = "The order cannot change to this status"


# Data API


class ApiCallLimitReached(TooManyRequests):
    """The calls of the store's plan are used until the month's end (UTC). `extras`: limit, used, upgrade_to."""

    title = "The plan's monthly limit of calls is reached"


class StoreTableNotFound(NotFound):
    title = "The store has no such table"


class RowNotFound(NotFound):
    title = "Row not found"


class InvalidRow(InvalidInput):
    """Rows do not fit their table. `errors` names each field, in a batch with the row's number from 0."""

    title = "Some of the row's fields are invalid"


class InvalidFilter(InvalidInput):
    title = "A filter, sort or selection is invalid"


class RowAlreadyExists(Conflict):
    title = "Another row has this unique value"


class ReferencedRowMissing(Conflict):
    title = "The row refers to a missing row"


# Stores: slugs and limits


class SlugTaken(Conflict):
    title = "Another store has this slug; choose another"


class StoreProvisioned(Conflict):
    title = "The store has a database already"


class StoreLimitReached(Conflict):
    """An owner has as many stores as one may have."""

    title = "You have the maximum number of stores"


class StoreKeyNotFound(NotFound):
    title = "Key not found"


class StoreKeyLimitReached(Conflict):
    title = "The store has the maximum number of keys"


class InvalidStoreQuery(InvalidInput):
    title = "Give one of owner_id, slug and database_status"


# Administration


class SettingNotFound(NotFound):
    title = "Setting not found"


class InvalidSetting(InvalidInput):
    title = "This value does not fit the setting"


class UserNotFound(NotFound):
    title = "User not found"


# Migrations


class MigrationRunNotFound(NotFound):
    title = "Migration run not found"


class MigrationInProgress(Conflict):
    title = "A migration is running; wait until it ends"


# Transfers


class TransferNotFound(NotFound):
    title = "Transfer not found"


class TransferNotUploaded(Conflict):
    title = "Upload the file before you start the import"


class TransferEnded(Conflict):
    title = "The transfer has ended"


class InvalidTransfer(InvalidInput):
    title = "The transfer is invalid"
