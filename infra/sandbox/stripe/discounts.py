"""Discounts: coupons that are applied to subscriptions and their items (https://docs.stripe.com/api/discounts)."""

from infra.sandbox.server import Json
from infra.sandbox.stripe import coupons
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.intervals import add_interval
from infra.sandbox.stripe.store import Store, new_id


def set_discounts(store: Store, subscription: Json, holder: Json, given: list[Json] | str) -> None:
    """Replace the discounts of the subscription, or of its item `holder`; an empty string removes them.

    Raises `ApiError` if a coupon, promotion code or discount cannot be used.
    """
    ids = []
    for position, each in enumerate(given or []):
        assert isinstance(each, dict)
        if "discount" not in each:
            ids.append(_redeem(store, subscription, holder, each)["id"])
        elif each["discount"] in holder["discounts"]:
            ids.append(each["discount"])
        else:
            raise ApiError(f"No such discount: '{each['discount']}'", param=f"discounts[{position}][discount]")
    holder["discounts"] = ids


def remove_used(store: Store, subscription: Json) -> None:
    """Remove discounts that have ended, and those for one invoice, after the subscription was billed."""
    for holder in (subscription, *subscription["items"]["data"]):
        holder["discounts"] = [id_ for id_ in holder["discounts"] if _lasts(store, store.get("discount", id_))]


def _lasts(store: Store, discount: Json) -> bool:
    coupon = store.get("coupon", discount["source"]["coupon"])
    return coupon["duration"] != "once" and (discount["end"] is None or store.now < discount["end"])


def _redeem(store: Store, subscription: Json, holder: Json, given: Json) -> Json:
    coupon = coupons.usable(store, [given])
    assert coupon is not None
    coupon["times_redeemed"] += 1
    if "promotion_code" in given:
        store.get("promotion_code", given["promotion_code"])["times_redeemed"] += 1
    months = coupon["duration_in_months"]
    return store.put(
        {
            "id": new_id("di"),
            "object": "discount",
            "checkout_session": None,
            "customer": subscription["customer"],
            "end": add_interval(store.now, "month", months) if months else None,
            "invoice": None,
            "invoice_item": None,
            "promotion_code": given.get("promotion_code"),
            "source": {"type": "coupon", "coupon": coupon["id"]},
            "start": store.now,
            "subscription": subscription["id"],
            "subscription_item": holder["id"] if holder is not subscription else None,
        }
    )
