"""What can go wrong between an owner, Stripe and us. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, MalformedRequest, NotFound


class CustomerNotFound(NotFound):
    title = "This account is not registered for billing"


class PlanUnavailable(InvalidInput):
    title = "This plan is not for sale to this account in that billing cycle"


class NotSubscribed(Conflict):
    title = "There is no running subscription"


class GiftUnchangeable(Conflict):
    title = "A gift is not billed and ends by itself; subscribe to have something to change"


class SamePlan(Conflict):
    title = "The subscription has this plan in this billing cycle already"


class PaymentOverdue(Conflict):
    title = "An invoice is not paid; settle it before the plan is changed"


class PaymentReversed(Conflict):
    title = "This period's payment went back; cancel and subscribe again"


class PreviewExpired(InvalidInput):
    title = "What was previewed does not hold any more; preview again"


class AlreadyCanceled(Conflict):
    title = "The subscription is about to end already"


class NotCanceled(Conflict):
    title = "The subscription is not about to end"


class AlreadySubscribed(Conflict):
    title = "There is a subscription already; change it instead"


class PaymentNotFound(NotFound):
    title = "There is no such payment"


class RefundNotFound(NotFound):
    title = "There is no such refund"


class RefundExceedsPayment(InvalidInput):
    title = "More is asked back than was paid"


class NotRefundable(Conflict):
    title = "This payment cannot be refunded"


class PaymentDisputed(Conflict):
    title = "A dispute of this payment is open"


class RefundDecided(Conflict):
    title = "This refund was decided already"


class GrantExpired(InvalidInput):
    title = "These credits would have expired already"


class InsufficientCredits(Conflict):
    title = "There are not enough credits"


class InvalidCode(InvalidInput):
    title = "This discount code cannot be used for this"


class CodeNotFound(NotFound):
    title = "There is no such discount code"


class CodeExists(Conflict):
    title = "There is a discount code with these letters already"


class CodeNeverValid(InvalidInput):
    title = "The code would expire before it is valid"


class AddonUnavailable(InvalidInput):
    title = "This add-on is not for sale to this account"


class CreditPackNotFound(InvalidInput):
    title = "There is no such pack of credits"


class AddonNotFound(NotFound):
    title = "There is no such add-on"


class AddonActive(Conflict):
    title = "This add-on is there already; it renews by itself"


class AddonNotCancelable(Conflict):
    title = "This add-on cannot be cancelled"


class GiftToOneself(InvalidInput):
    title = "A gift is for somebody else"


class GiftNotFound(NotFound):
    title = "There is no gift with this code"


class GiftNotRedeemable(Conflict):
    title = "This gift cannot be redeemed"


class StripeEventNotFound(NotFound):
    title = "There is no such event on record"


class InvalidStripeSignature(MalformedRequest):
    title = "The Stripe-Signature header is missing, wrong or too old"


class InvalidStripeEvent(MalformedRequest):
    title = "This is not a snapshot event of Stripe's"


class WrongStripeMode(MalformedRequest):
    title = "Events of this mode (live or test) are not taken in this stage"
