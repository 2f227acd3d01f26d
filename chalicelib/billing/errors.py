"""What can go wrong between an owner, Stripe and us. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, MalformedRequest, NotFound


class CustomerUnknown(NotFound):
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


class PreviewExpired(InvalidInput):
    title = "What was previewed does not hold any more; preview again"


class AlreadyCanceled(Conflict):
    title = "The subscription is about to end already"


class NotCanceled(Conflict):
    title = "The subscription is not about to end"


class AlreadySubscribed(Conflict):
    title = "There is a subscription already; change it instead"


class InvalidStripeSignature(MalformedRequest):
    title = "The Stripe-Signature header is missing, wrong or too old"


class InvalidStripeEvent(MalformedRequest):
    title = "This is not a snapshot event of Stripe's"


class WrongStripeMode(MalformedRequest):
    title = "Events of this mode (live or test) are not taken in this stage"


class Outdated(Conflict):
    """Another writer was faster; whoever sees it reads again and decides anew."""
