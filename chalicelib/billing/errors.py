"""Errors of billing. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, MalformedRequest, NotFound


class CustomerNotFound(NotFound):
    code = "CustomerNotFound"
    title = "This account is not registered for billing"


class InvalidPlan(InvalidInput):
    code = "InvalidPlan"
    title = "Plan unavailable for this account and billing cycle"


class NotSubscribed(Conflict):
    code = "NotSubscribed"
    title = "This account has no running subscription"


class GiftUnchangeable(Conflict):
    """A gift is not billed. To have a plan that can be changed, the owner subscribes."""

    code = "GiftUnchangeable"
    title = "A gift cannot be changed; it ends automatically"


class SamePlan(Conflict):
    code = "SamePlan"
    title = "The subscription already has this plan and cycle"


class PaymentOverdue(Conflict):
    code = "PaymentOverdue"
    title = "Pay the open invoice before changing the plan"


class PaymentReversed(Conflict):
    code = "PaymentReversed"
    title = "This period's payment was reversed; cancel and resubscribe"


class InvalidPreview(InvalidInput):
    code = "InvalidPreview"
    title = "The preview has expired; request a new one"


class AlreadyCanceled(Conflict):
    code = "AlreadyCanceled"
    title = "The subscription is already set to end"


class NotCanceled(Conflict):
    code = "NotCanceled"
    title = "The subscription is not set to end"


class AlreadySubscribed(Conflict):
    code = "AlreadySubscribed"
    title = "A subscription already exists; change it instead"


class PaymentNotFound(NotFound):
    code = "PaymentNotFound"
    title = "Payment not found"


class RefundNotFound(NotFound):
    code = "RefundNotFound"
    title = "Refund not found"


class InvalidRefundAmount(InvalidInput):
    code = "InvalidRefundAmount"
    title = "The refund exceeds the payment"


class NotRefundable(Conflict):
    code = "NotRefundable"
    title = "This payment cannot be refunded"


class PaymentDisputed(Conflict):
    code = "PaymentDisputed"
    title = "A dispute of this payment is open"


class RefundDecided(Conflict):
    code = "RefundDecided"
    title = "This refund is already decided"


class InvalidExpiry(InvalidInput):
    code = "InvalidExpiry"
    title = "The credits' expiry date is in the past"


class InsufficientCredits(Conflict):
    code = "InsufficientCredits"
    title = "Not enough credits"


class InvalidCode(InvalidInput):
    code = "InvalidCode"
    title = "Discount code not valid for this purchase"


class CodeNotFound(NotFound):
    code = "CodeNotFound"
    title = "Discount code not found"


class CodeExists(Conflict):
    code = "CodeExists"
    title = "This discount code already exists"


class InvalidValidity(InvalidInput):
    code = "InvalidValidity"
    title = "The code expires before it becomes valid"


class InvalidAddon(InvalidInput):
    code = "InvalidAddon"
    title = "This add-on is unavailable for this account"


class InvalidCreditPack(InvalidInput):
    code = "InvalidCreditPack"
    title = "Credit pack not available for this account"


class AddonNotFound(NotFound):
    code = "AddonNotFound"
    title = "Add-on not found"


class AddonActive(Conflict):
    code = "AddonActive"
    title = "This add-on is already active; it renews automatically"


class AddonUsedUp(Conflict):
    code = "AddonUsedUp"
    title = "No unused add-on of this kind is left"


class AddonNotCancelable(Conflict):
    code = "AddonNotCancelable"
    title = "This add-on cannot be canceled"


class InvalidRecipient(InvalidInput):
    code = "InvalidRecipient"
    title = "Members cannot send gifts to themselves"


class GiftNotFound(NotFound):
    code = "GiftNotFound"
    title = "Gift not found"


class GiftNotRedeemable(Conflict):
    code = "GiftNotRedeemable"
    title = "This gift cannot be redeemed"


class StripeEventNotFound(NotFound):
    code = "StripeEventNotFound"
    title = "Stripe event not found"


class InvalidStripeSignature(MalformedRequest):
    code = "InvalidStripeSignature"
    title = "The Stripe-Signature header is missing, invalid or expired"


class InvalidStripeEvent(MalformedRequest):
    code = "InvalidStripeEvent"
    title = "This is not a Stripe snapshot event"


class WrongStripeMode(MalformedRequest):
    code = "WrongStripeMode"
    title = "Event mode (live/test) does not match stage"
