"""Errors of platform. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound, Problem

# Stores


class StoreNotFound(NotFound):
    title = "Store not found"


class StoreSuspended(Problem):
    status = 403
    title = "The store is suspended"


class StoreNotProvisioned(Conflict):
    title = "The store has no database yet"


class PlanLimitReached(Problem):
    """A limit of the store's plan is reached. `extras`: limit, used, upgrade_to."""

    status = 402
    title = "The plan's limit is reached"


# Provisioning and connections


class JobNotFound(NotFound):
    title = "Job not found"


class HostNotAllowed(InvalidInput):
    title = "Backroom does not connect to this host"


class DatabaseRefused(InvalidInput):
    """A store's server cannot be used. Subclasses say what to do; the server's own words are never shown."""


class Unreachable(DatabaseRefused):
    title = "The server does not answer; check host, port and firewall"


class TlsRefused(DatabaseRefused):
    title = "The server's certificate cannot be verified; give its CA, or let it use a public one"


class LoginRefused(DatabaseRefused):
    title = "The server refuses this user and password"


class DatabaseMissing(DatabaseRefused):
    title = "The server has no database of this name"


class PrivilegeMissing(DatabaseRefused):
    title = "The user lacks a privilege; grant it, or give another user"


class VersionTooOld(DatabaseRefused):
    title = "The server is too old: PostgreSQL 13, MySQL 8.0.16 or MariaDB 10.6 is needed"


class SchemaInUse(Conflict):
    title = "Another store uses this schema"


class SchemaMismatch(Conflict):
    title = "An existing table does not fit"


class JobEnded(Conflict):
    title = "The job has ended"


class JobNotRetryable(Conflict):
    title = "Job not retryable; request a new one"


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


class SupabaseProjectUnavailable(Conflict):
    title = "The Supabase project is not available"


class SupabaseLimitReached(Conflict):
    """Supabase refuses another project: the organization's quota, or its bill."""

    title = "Supabase refuses another project in this organization"


# Stores: slugs and limits


class SlugTaken(Conflict):
    title = "Another store has this slug; choose another"


class StoreProvisioned(Conflict):
    title = "This cannot change once the store has a database"


class StoreLimitReached(Conflict):
    """An owner has as many stores as one may have."""

    title = "You have the maximum number of stores"


class StoreKeyNotFound(NotFound):
    title = "Key not found"


class StoreKeyLimitReached(Conflict):
    title = "The store has the maximum number of keys; revoke one first"


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
