"""Errors of platform. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, TooManyRequests

# Accounts


class SignUpClosed(Forbidden):
    code = "SignUpClosed"
    title = "New accounts are not accepted at present"


class StoresLeft(Conflict):
    """The owner's account cannot be deleted."""

    code = "StoresLeft"
    title = "Delete your stores first"


class StaffAccount(Conflict):
    """The address of an owner cannot be added to the staff."""

    code = "StaffAccount"
    title = "This address has an owner's account"


class StaffNotFound(NotFound):
    code = "StaffNotFound"
    title = "No support or admin account has this address"


# Stores


class StoreNotFound(NotFound):
    code = "StoreNotFound"
    title = "Store not found"


class StoreSuspended(Problem):
    code = "StoreSuspended"
    status = 403
    title = "The store is suspended"


class StoreDeleting(Problem):
    code = "StoreDeleting"
    status = 403
    title = "The store is being deleted"


class StoreBusy(Conflict):
    """A store cannot be deleted while a job is in progress."""

    code = "StoreBusy"
    title = "Wait for the store's job, or cancel it"


class StoreNotDeleting(Conflict):
    code = "StoreNotDeleting"
    title = "The store is not being deleted"


class StoreDeletionBegun(Conflict):
    """The grace period has ended, so the deletion cannot be undone."""

    code = "StoreDeletionBegun"
    title = "The store's removal has begun"


class InvalidConfirmation(InvalidInput):
    code = "InvalidConfirmation"
    title = "Confirm with the store's slug"


class StoreNotProvisioned(Conflict):
    code = "StoreNotProvisioned"
    title = "The store has no database yet"


class PlanLimitReached(Problem):
    """A limit of the store's plan is reached. `extras`: limit, used, upgrade_to."""

    code = "PlanLimitReached"
    status = 402
    title = "The plan's limit is reached"


# Orders


class OrderNotFound(NotFound):
    code = "OrderNotFound"
    title = "Order not found"


class InventoryNotFound(NotFound):
    code = "InventoryNotFound"
    title = "The product has no stock at this location"


class InvalidOrder(InvalidInput):
    code = "InvalidOrder"
    title = "The order cannot be placed as it is"


class InvalidAdjustment(InvalidInput):
    code = "InvalidAdjustment"
    title = "This stock adjustment is not possible"


class InvalidDiscountCode(InvalidInput):
    code = "InvalidDiscountCode"
    title = "The discount code cannot be used here"


class DiscountCodeUsedUp(Conflict):
    code = "DiscountCodeUsedUp"
    title = "The discount code has reached its usage limit"


class OutOfStock(Conflict):
    code = "OutOfStock"
    title = "There is not enough stock"


class OrderTransitionRefused(Conflict):
    code = "OrderTransitionRefused"
    title = "The order cannot change to this status"


# Data API


class ApiCallLimitReached(TooManyRequests):
    """The calls of the store's plan are used until the month's end (UTC). `extras`: limit, used, upgrade_to."""

    code = "ApiCallLimitReached"
    title = "The plan's monthly limit of calls is reached"


class StoreTableNotFound(NotFound):
    code = "StoreTableNotFound"
    title = "The store has no such table"


class RowNotFound(NotFound):
    code = "RowNotFound"
    title = "Row not found"


class InvalidRow(InvalidInput):
    """Rows do not fit their table. `errors` names each field, in a batch with the row's number from 0."""

    code = "InvalidRow"
    title = "Some of the row's fields are invalid"


class InvalidFilter(InvalidInput):
    code = "InvalidFilter"
    title = "A filter, sort or selection is invalid"


class RowAlreadyExists(Conflict):
    code = "RowAlreadyExists"
    title = "Another row has this unique value"


class ReferencedRowMissing(Conflict):
    code = "ReferencedRowMissing"
    title = "The row refers to a missing row"


# Stores: slugs and limits


class SlugTaken(Conflict):
    code = "SlugTaken"
    title = "Another store has this slug; choose another"


class StoreProvisioned(Conflict):
    code = "StoreProvisioned"
    title = "The store has a database already"


class StoreLimitReached(Conflict):
    """An owner has as many stores as one may have."""

    code = "StoreLimitReached"
    title = "You have the maximum number of stores"


class StoreKeyNotFound(NotFound):
    code = "StoreKeyNotFound"
    title = "Key not found"


class StoreKeyLimitReached(Conflict):
    code = "StoreKeyLimitReached"
    title = "The store has the maximum number of keys"


class InvalidStoreQuery(InvalidInput):
    code = "InvalidStoreQuery"
    title = "Give one of owner_id, slug and database_status"


# Administration


class SettingNotFound(NotFound):
    code = "SettingNotFound"
    title = "Setting not found"


class InvalidSetting(InvalidInput):
    code = "InvalidSetting"
    title = "This value does not fit the setting"


class UserNotFound(NotFound):
    code = "UserNotFound"
    title = "User not found"


# Transfers


class TransferNotFound(NotFound):
    code = "TransferNotFound"
    title = "Transfer not found"


class TransferNotUploaded(Conflict):
    code = "TransferNotUploaded"
    title = "Upload the file before you start the import"


class TooManyTransfers(Conflict):
    code = "TooManyTransfers"
    title = "Wait until another transfer has ended"


class TransferTooOld(Conflict):
    code = "TransferTooOld"
    title = "The import was created too long ago"


class TransferEnded(Conflict):
    code = "TransferEnded"
    title = "The transfer has ended"


class InvalidTransfer(InvalidInput):
    code = "InvalidTransfer"
    title = "The transfer is invalid"
