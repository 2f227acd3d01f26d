"""Errors of platform. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, TooManyRequests

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
    """The grace period has ended, so the deletion cannot be undone."""

    title = "The store's removal has begun"


class InvalidConfirmation(InvalidInput):
    title = "Confirm with the store's slug"


class StoreNotProvisioned(Conflict):
    title = "The store has no database yet"


class PlanLimitReached(Problem):
    """A limit of the store's plan is reached. `extras`: limit, used, upgrade_to."""

    status = 402
    title = "The plan's limit is reached"


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


# Transfers


class TransferNotFound(NotFound):
    title = "Transfer not found"


class TransferNotUploaded(Conflict):
    title = "Upload the file before you start the import"


class TooManyTransfers(Conflict):
    title = "Wait until another transfer has ended"


class TransferTooOld(Conflict):
    title = "The import was created too long ago"


class TransferEnded(Conflict):
    title = "The transfer has ended"


class InvalidTransfer(InvalidInput):
    title = "The transfer is invalid"
