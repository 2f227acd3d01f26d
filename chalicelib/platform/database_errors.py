"""Errors of the stores' databases and buckets: jobs, connections, backups, files. Class names are the API's `code`."""

from __future__ import annotations

from typing import Any, ClassVar

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound, Problem, Unavailable

# Provisioning and connections


class JobNotFound(NotFound):
    code = "JobNotFound"
    title = "Job not found"


class DatabaseRefused(Problem):
    """A store's server cannot be used. `advice` says what to do. The server's own message is never shown."""

    code = "DatabaseRefused"
    status = 422
    advice: ClassVar[str] = ""

    def __init__(self, detail: str = "", **members: Any) -> None:
        super().__init__(detail or f"{self.title}. {self.advice}".strip(), **members)


class HostNotAllowed(DatabaseRefused):
    code = "HostNotAllowed"
    title = "Backroom does not connect to this host"
    advice = "Give a server with a public address."


class Unreachable(DatabaseRefused):
    code = "Unreachable"
    title = "The server does not answer"
    advice = "Check the host, the port and the firewall."


class TlsRefused(DatabaseRefused):
    code = "TlsRefused"
    title = "The server's certificate cannot be verified"
    advice = "Give its CA certificate, or use a certificate that a public authority signed."


class LoginRefused(DatabaseRefused):
    code = "LoginRefused"
    title = "The server refuses this user and password"


class DatabaseMissing(DatabaseRefused):
    code = "DatabaseMissing"
    title = "The server has no database of this name"


class PrivilegeMissing(DatabaseRefused):
    code = "PrivilegeMissing"
    title = "The user lacks a privilege"
    advice = "Grant it, or give another user."


class VersionTooOld(DatabaseRefused):
    code = "VersionTooOld"
    title = "The server is too old"
    advice = "PostgreSQL 13, MySQL 8.0.16 or MariaDB 10.6 is needed."


class SchemaInUse(Conflict):
    code = "SchemaInUse"
    title = "Another store uses this schema"


class SchemaMismatch(Conflict):
    code = "SchemaMismatch"
    title = "An existing table does not fit"


class DatabaseFull(Unavailable):
    """The database of a job is full or read-only. The job is retried, then fails."""

    code = "DatabaseFull"
    title = "The database is full or read-only"

    def __init__(self) -> None:
        super().__init__("Free space in the database, or allow writes.", retry_after=60)


class TargetNotEmpty(Conflict):
    """The target of a move or a restore has rows in tables with the names of the store's tables."""

    code = "TargetNotEmpty"
    title = "The target database must be empty"


class SameDatabase(Conflict):
    code = "SameDatabase"
    title = "The store already uses this database"


class RowNotPortable(Conflict):
    """The target rejects a row of the source. The detail names the table."""

    code = "RowNotPortable"
    title = "A row does not fit the target database"


class CopyNotEqual(Conflict):
    """A program other than Backroom changes the source or the target while the store's changes are paused."""

    code = "CopyNotEqual"
    title = "Another program changes a database; stop it"


class InvalidSourceStore(InvalidInput):
    """The legacy database has no table with a store_id column of a type that holds the given store_id."""

    code = "InvalidSourceStore"
    title = "The source has no store with this store_id"


class JobEnded(Conflict):
    code = "JobEnded"
    title = "The job has ended"


class JobNotRetryable(Conflict):
    code = "JobNotRetryable"
    title = "This job cannot be retried"


class JobNotCancelable(Conflict):
    code = "JobNotCancelable"
    title = "This job cannot be canceled"


class JobStuck(Conflict):
    code = "JobStuck"
    title = "The job stopped repeatedly; support was informed"


class SharedServersFull(Conflict):
    code = "SharedServersFull"
    title = "No shared server has room in this region"


class FreeStoresLimit(Conflict):
    """The owner has reached the limit of free stores on shared servers."""

    code = "FreeStoresLimit"
    title = "Too many free stores on shared servers"


class ConnectionNotChangeable(Conflict):
    code = "ConnectionNotChangeable"
    title = "This store's connection cannot be changed here"


class InvalidSupabaseToken(InvalidInput):
    code = "InvalidSupabaseToken"
    title = "Supabase refuses this access token"


class InvalidSupabaseOrganization(InvalidInput):
    code = "InvalidSupabaseOrganization"
    title = "The token's account has no such organization"


class SupabaseProjectUnavailable(DatabaseRefused):
    code = "SupabaseProjectUnavailable"
    title = "The Supabase project cannot be used"
    advice = "It is missing, or did not start."


class SupabaseLimitReached(Conflict):
    """Supabase refuses another project because of the organization's quota or an unpaid bill."""

    code = "SupabaseLimitReached"
    title = "Supabase refuses another project in this organization"


# Backups


class BackupNotFound(NotFound):
    code = "BackupNotFound"
    title = "Backup not found"


class BackupDamaged(Conflict):
    code = "BackupDamaged"
    title = "The backup is damaged; nothing was changed"


class InvalidRestore(InvalidInput):
    code = "InvalidRestore"
    title = "The backup cannot be restored there"


class BackupTooNew(Conflict):
    code = "BackupTooNew"
    title = "A newer version of Backroom wrote this backup"


class BackupTooLarge(Conflict):
    code = "BackupTooLarge"
    title = "The store is too large for a backup"


# Storage and files


class StorageRefused(DatabaseRefused):
    """A store's bucket cannot be used. The vendor's own message is never shown."""

    code = "StorageRefused"
    title = "The storage refuses the request"
    advice = "Check the bucket and the permissions of its key."


class StorageKeyRefused(StorageRefused):
    code = "StorageKeyRefused"
    title = "The storage refuses these keys"
    advice = ""


class StorageAccessDenied(StorageRefused):
    code = "StorageAccessDenied"
    title = "The key lacks a permission on the bucket"
    advice = "Allow it to list the bucket and to read, write and delete objects."


class BucketMissing(StorageRefused):
    code = "BucketMissing"
    title = "The storage has no bucket of this name"
    advice = ""


class BucketElsewhere(StorageRefused):
    code = "BucketElsewhere"
    title = "The bucket is in another region"
    advice = "Give the region that it was created in."


class StorageNotConnected(Conflict):
    code = "StorageNotConnected"
    title = "The store has no storage yet"


class StorageInUse(Conflict):
    """The bucket of a store that has files cannot be replaced: their rows would refer to missing objects."""

    code = "StorageInUse"
    title = "The store still has files in its bucket"


class UploadIncomplete(Conflict):
    code = "UploadIncomplete"
    title = "The file has not been uploaded yet"


class InvalidUpload(InvalidInput):
    """The uploaded file differs from its declaration and was deleted. `errors` names its size or type."""

    code = "InvalidUpload"
    title = "The uploaded file differs from its declaration"


# Migrations


class MigrationRunNotFound(NotFound):
    code = "MigrationRunNotFound"
    title = "Migration run not found"


class MigrationInProgress(Conflict):
    code = "MigrationInProgress"
    title = "A migration is running; wait until it ends"
