"""Errors of billing. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, MalformedRequest, NotFound


class CustomerNotFound(NotFound):
    title = "This account is not registered for billing"


class InvalidPlan(InvalidInput):
    title = "Plan unavailable for this account and billing cycle"


class NotSubscribed(Conflict):
    title = "This account has no running subscription"


class GiftUnchangeable(Conflict):
    """A gift is not billed. To have a plan that can be changed, the owner subscribes."""

    title = "A gift cannot be changed; it ends automatically"


class SamePlan(Conflict):
    title = "The subscription already has this plan and cycle"


class PaymentOverdue(Conflict):
    title = "Pay the open invoice before changing the plan"


class PaymentReversed(Conflict):
    title = "This period's payment was reversed; cancel and resubscribe"


class InvalidPreview(InvalidInput):
    title = "The preview has expired; request a new one"


class AlreadyCanceled(Conflict):
    title = "The subscription is already set to end"


class NotCanceled(Conflict):
    title = "The subscription is not set to end"


class AlreadySubscribed(Conflict):
    title = "A subscription already exists; change it instead"


class PaymentNotFound(NotFound):
    title = "Payment not found"


class RefundNotFound(NotFound):
    title = "Refund not found"


class InvalidRefundAmount(InvalidInput):
    title = "The refund exceeds the payment"


class NotRefundable(Conflict):
    title = "This payment cannot be refunded"


class PaymentDisputed(Conflict):
    title = "A dispute of this payment is open"


class RefundDecided(Conflict):
    title = "This refund is already decided"


class InvalidExpiry(InvalidInput):
    title = "The credits' expiry date is in the past"


class InsufficientCredits(Conflict):
    title = "Not enough credits"


class InvalidCode(InvalidInput):
    title = "Discount code not valid for this purchase"


class CodeNotFound(NotFound):
    title = "Discount code not found"


class CodeExists(Conflict):
    title = "This discount code already exists"


class InvalidValidity(InvalidInput):
    title = "The code expires before it becomes valid"


class InvalidAddon(InvalidInput):
    title = "This add-on is unavailable for this account"


class InvalidCreditPack(InvalidInput):
    title = "Credit pack not available for this account"


class AddonNotFound(NotFound):
    title = "Add-on not found"


class AddonActive(Conflict):
    title = "This add-on is already active; it renews automatically"


class AddonUsedUp(Conflict):
    title = "No unused add-on of this kind is left"


class AddonNotCancelable(Conflict):
    title = "This add-on cannot be canceled"


class InvalidRecipient(InvalidInput):
    title = "Members cannot send gifts to themselves"


class GiftNotFound(NotFound):
    title = "Gift not found"


class GiftNotRedeemable(Conflict):
    title = "This gift cannot be redeemed"


class StripeEventNotFound(NotFound):
    title = "Stripe event not found"


class InvalidStripeSignature(MalformedRequest):
    title = "The Stripe-Signature header is missing, invalid or expired"


class InvalidStripeEvent(MalformedRequest):
    title = "This is not a Stripe snapshot event"


class WrongStripeMode(MalformedRequest):
    title = "Event mode (live/test) does not match stage"
