"""Coupons and their promotion codes (https://docs.stripe.com/api/coupons, …/promotion_codes)."""

from decimal import ROUND_HALF_UP, Decimal

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_parameter
from infra.sandbox.stripe.store import Store, list_of, new_id

LONGEST_NAME = 40
_TAKEN = """
aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny
cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd
jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad
ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl
thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
"""
PRODUCTS = "_products"
"""Where a coupon keeps the products that it is limited to: `applies_to` is shown only if a call expands it."""
CURRENCIES = frozenset(_TAKEN.split())
"""The presentment currencies (https://docs.stripe.com/currencies)."""


def create_coupon(store: Store, params: Json) -> Json:
    if ("percent_off" in params) == ("amount_off" in params):
        raise ApiError("You must pass either `percent_off` or `amount_off`.", param="percent_off")
    if "amount_off" in params and "currency" not in params:
        raise missing_parameter("currency")
    if (params.get("duration") == "repeating") != ("duration_in_months" in params):
        raise ApiError("`duration_in_months` goes with a duration of `repeating`.", param="duration_in_months")
    if "currency" in params and params["currency"].lower() not in CURRENCIES:
        raise ApiError(f"Invalid currency: {params['currency']}.", param="currency")
    if "percent_off" in params and Decimal(str(params["percent_off"])) % Decimal("0.01"):
        message = f"Invalid decimal: {params['percent_off']}; must contain at maximum two decimal places."
        raise ApiError(message, param="percent_off")
    if len(params.get("name") or "") > LONGEST_NAME:
        raise ApiError(f"Invalid string: {params['name']}; must be at most {LONGEST_NAME} characters", param="name")
    row: Json = {
        "id": params.get("id") or new_id("", 8)[1:],
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": store.now,
        "currency": params.get("currency"),
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata") or {},
        "name": params.get("name"),
        "percent_off": float(params["percent_off"]) if "percent_off" in params else None,
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }
    if "applies_to" in params:
        row[PRODUCTS] = params["applies_to"]["products"]
    return store.put(row)


def applies_to(store: Store, coupon: Json) -> Json | None:
    """Return `applies_to` of a coupon for a call that expands it; None if it applies to every product."""
    products = store.get("coupon", coupon["id"]).get(PRODUCTS)
    return {"products": products} if products else None


def retrieve_coupon(store: Store, _: Json, coupon: str) -> Json:
    return store.get("coupon", coupon)


def create_code(store: Store, params: Json) -> Json:
    coupon = store.get("coupon", params["promotion"]["coupon"], "promotion[coupon]")
    code = params.get("code") or new_id("", 8)[1:].upper()
    if any(row["active"] and row["code"].upper() == code.upper() for row in store.all("promotion_code")):
        raise ApiError(f"An active promotion code with `code: {code}` already exists.", code="resource_already_exists")
    row: Json = {
        "id": new_id("promo"),
        "object": "promotion_code",
        "active": params.get("active", True),
        "code": code,
        "created": store.now,
        "customer": None,
        "expires_at": params.get("expires_at"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata") or {},
        "promotion": {"type": "coupon", "coupon": coupon["id"]},
        "restrictions": {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None},
        "times_redeemed": 0,
    }
    return store.put(row)


def retrieve_code(store: Store, _: Json, promotion_code: str) -> Json:
    return store.get("promotion_code", promotion_code)


def list_codes(store: Store, params: Json) -> Json:
    return list_of(store.filtered("promotion_code", params, "code", "active"), "/v1/promotion_codes", params)


def update_code(store: Store, params: Json, promotion_code: str) -> Json:
    row = store.get("promotion_code", promotion_code)
    row["active"] = params.get("active", row["active"])
    return row


def usable(store: Store, discounts: list[Json]) -> Json | None:
    """Return the coupon of a checkout's `discounts`, or None without discounts.

    Raises `ApiError` if the promotion code or coupon is unknown, or the code is inactive, expired or used up.
    """
    if not discounts:
        return None
    if "promotion_code" not in discounts[0]:
        return store.get("coupon", discounts[0]["coupon"], "discounts[0][coupon]")
    row = store.get("promotion_code", discounts[0]["promotion_code"], "discounts[0][promotion_code]")
    is_used_up = row["max_redemptions"] is not None and row["times_redeemed"] >= row["max_redemptions"]
    if not row["active"] or is_used_up or (row["expires_at"] or store.now + 1) <= store.now:
        raise ApiError("This promotion code is inactive or expired.", param="discounts[0][promotion_code]")
    return store.get("coupon", row["promotion"]["coupon"])


def off(coupon: Json | None, total: int) -> int:
    """Return the discount of a coupon on a total, in minor units."""
    if coupon is None:
        return 0
    if coupon["amount_off"] is not None:
        return min(total, int(coupon["amount_off"]))
    share = Decimal(total) * Decimal(str(coupon["percent_off"])) / 100
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))
