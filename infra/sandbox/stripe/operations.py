"""The API calls of the sandbox: path, stripe-python parameter type, implemented parameters and function."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.sandbox.server import Json, Request, match_path
from infra.sandbox.stripe import (
    catalog,
    checkout,
    coupons,
    customers,
    disputes,
    events,
    invoices,
    payments,
    portal,
    price_changes,
    subscriptions,
    tax_rates,
)
from infra.sandbox.stripe.errors import ApiError
from infra.sandbox.stripe.parameters import leaves, parse_form, read, shape_of
from infra.sandbox.stripe.store import Store

PAGE = "limit starting_after ending_before"


@dataclass(frozen=True)
class Operation:
    """An API call. `heeds` names its implemented parameters, dotted; each includes all parameters below it."""

    method: str
    path: str
    params: str
    answer: Callable[..., Json]
    heeds: str = ""

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the ids in the path, or None if the method or path does not match."""
        return match_path(self.path, path) if method == self.method else None

    def read(self, encoded: str) -> Json:
        """Decode the parameters and return their typed values.

        Raises `ApiError` with 400 if Stripe rejects a parameter, with 501 if the sandbox does not implement it.
        """
        params: Json = read(shape_of(self.params), parse_form(encoded))
        heeded = {"expand", *self.heeds.split()}
        for leaf in leaves(params):
            parts = leaf.split(".")
            if not any(".".join(parts[:depth]) in heeded for depth in range(1, len(parts) + 1)):
                message = f"The sandbox does not implement the parameter {leaf} of {self.path}."
                raise ApiError(message, status=501, param=leaf)
        return params


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """Return the operation and the ids in the path. Raises `ApiError` (404) if no operation matches."""
    for operation in OPERATIONS:
        ids = operation.match(method, path)
        if ids is not None:
            return operation, ids
    message = f"Unrecognized request URL ({method}: {path}). The sandbox serves only the calls that the product makes."
    raise ApiError(message, status=404)


def is_operation(name: str) -> bool:
    """Return whether an operation has this name: its method and path, e.g. `GET /v1/invoices/{invoice}`."""
    return any(name == f"{each.method} {each.path}" for each in OPERATIONS)


def operation_names(request: Request) -> list[str]:
    """Return the name of the operation that a request calls, in a list; empty if there is no such operation."""
    matching = (each for each in OPERATIONS if each.match(request.method, request.path) is not None)
    return [f"{each.method} {each.path}" for each in matching][:1]


def perform(operation: Operation, store: Store, params: Json, ids: dict[str, str]) -> Json:
    """Run the operation without the parameter `expand`, which `present` applies."""
    return operation.answer(store, {name: value for name, value in params.items() if name != "expand"}, **ids)


_CUSTOMER = " ".join((*customers.SETTABLE, "metadata"))
_PRICE = (
    "currency unit_amount product product_data.name product_data.metadata recurring.interval recurring.interval_count "
    "active nickname tax_behavior lookup_key transfer_lookup_key metadata"
)
_SESSION = (
    "mode success_url cancel_url customer customer_email customer_creation client_reference_id metadata expires_at locale "
    "allow_promotion_codes discounts.coupon discounts.promotion_code line_items.price line_items.quantity line_items.price_data.currency "
    "line_items.price_data.unit_amount line_items.price_data.product line_items.price_data.product_data.name "
    "line_items.price_data.recurring subscription_data.metadata subscription_data.description "
    "subscription_data.trial_period_days subscription_data.default_tax_rates payment_intent_data.metadata payment_intent_data.description"
)

OPERATIONS = [
    Operation("POST", "/v1/customers", "CustomerCreateParams", customers.create, _CUSTOMER),
    Operation("GET", "/v1/customers/{customer}", "CustomerRetrieveParams", customers.retrieve),
    Operation("POST", "/v1/customers/{customer}", "CustomerUpdateParams", customers.update, _CUSTOMER),
    Operation("DELETE", "/v1/customers/{customer}", "CustomerDeleteParams", customers.delete),
    Operation(
        "POST", "/v1/products", "ProductCreateParams", catalog.create_product, "id name description active metadata"
    ),
    Operation("GET", "/v1/products", "ProductListParams", catalog.list_products, f"active ids {PAGE}"),
    Operation("GET", "/v1/products/{product}", "ProductRetrieveParams", catalog.retrieve_product),
    Operation(
        "POST",
        "/v1/products/{product}",
        "ProductUpdateParams",
        catalog.update_product,
        "name description active metadata",
    ),
    Operation(
        "POST",
        "/v1/prices",
        "PriceCreateParams",
        catalog.create_price,
        _PRICE,
    ),
    Operation(
        "GET", "/v1/prices", "PriceListParams", catalog.list_prices, f"active product type currency lookup_keys {PAGE}"
    ),
    Operation("GET", "/v1/prices/{price}", "PriceRetrieveParams", catalog.retrieve_price),
    Operation(
        "POST",
        "/v1/prices/{price}",
        "PriceUpdateParams",
        catalog.update_price,
        "active nickname lookup_key transfer_lookup_key metadata",
    ),
    Operation(
        "POST",
        "/v1/coupons",
        "CouponCreateParams",
        coupons.create_coupon,
        "id name percent_off amount_off currency duration duration_in_months max_redemptions redeem_by applies_to.products metadata",
    ),
    Operation("GET", "/v1/coupons/{coupon}", "CouponRetrieveParams", coupons.retrieve_coupon),
    Operation(
        "POST",
        "/v1/promotion_codes",
        "PromotionCodeCreateParams",
        coupons.create_code,
        "promotion.type promotion.coupon code max_redemptions expires_at active metadata",
    ),
    Operation("GET", "/v1/promotion_codes", "PromotionCodeListParams", coupons.list_codes, f"code active {PAGE}"),
    Operation("GET", "/v1/promotion_codes/{promotion_code}", "PromotionCodeRetrieveParams", coupons.retrieve_code),
    Operation(
        "POST", "/v1/promotion_codes/{promotion_code}", "PromotionCodeUpdateParams", coupons.update_code, "active"
    ),
    Operation(
        "POST",
        "/v1/tax_rates",
        "TaxRateCreateParams",
        tax_rates.create,
        "display_name inclusive percentage active country description tax_type metadata",
    ),
    Operation("GET", "/v1/tax_rates/{tax_rate}", "TaxRateRetrieveParams", tax_rates.retrieve),
    Operation("POST", "/v1/checkout/sessions", "checkout.SessionCreateParams", checkout.create, _SESSION),
    Operation(
        "GET", "/v1/checkout/sessions", "checkout.SessionListParams", checkout.list_all, f"customer status {PAGE}"
    ),
    Operation("GET", "/v1/checkout/sessions/{session}", "checkout.SessionRetrieveParams", checkout.retrieve),
    Operation("POST", "/v1/checkout/sessions/{session}/expire", "checkout.SessionExpireParams", checkout.expire),
    Operation(
        "GET",
        "/v1/checkout/sessions/{session}/line_items",
        "checkout.SessionListLineItemsParams",
        checkout.list_line_items,
        PAGE,
    ),
    Operation("GET", "/v1/subscriptions", "SubscriptionListParams", subscriptions.list_all, f"customer status {PAGE}"),
    Operation("GET", "/v1/subscriptions/{subscription}", "SubscriptionRetrieveParams", subscriptions.retrieve),
    Operation(
        "POST",
        "/v1/subscriptions/{subscription}",
        "SubscriptionUpdateParams",
        price_changes.update,
        "cancel_at cancel_at_period_end default_tax_rates description discounts metadata pause_collection "
        "payment_behavior proration_behavior proration_date items.id items.price items.quantity items.discounts",
    ),
    Operation(
        "DELETE",
        "/v1/subscriptions/{subscription}",
        "SubscriptionCancelParams",
        subscriptions.cancel,
        "cancellation_details",
    ),
    Operation(
        "GET", "/v1/subscription_items", "SubscriptionItemListParams", subscriptions.list_items, f"subscription {PAGE}"
    ),
    Operation(
        "DELETE",
        "/v1/subscription_items/{item}",
        "SubscriptionItemDeleteParams",
        price_changes.delete_item,
        "proration_behavior proration_date",
    ),
    Operation(
        "POST",
        "/v1/invoices/create_preview",
        "InvoiceCreatePreviewParams",
        price_changes.create_preview,
        "subscription subscription_details.items.id subscription_details.items.price "
        "subscription_details.items.quantity subscription_details.proration_behavior "
        "subscription_details.proration_date",
    ),
    Operation("GET", "/v1/invoices", "InvoiceListParams", invoices.list_all, f"customer subscription status {PAGE}"),
    Operation("GET", "/v1/invoices/{invoice}", "InvoiceRetrieveParams", invoices.retrieve),
    Operation("GET", "/v1/invoices/{invoice}/lines", "InvoiceLineItemListParams", invoices.list_lines, PAGE),
    Operation(
        "GET",
        "/v1/invoice_payments",
        "InvoicePaymentListParams",
        invoices.list_payments,
        f"invoice payment.type payment.payment_intent {PAGE}",
    ),
    Operation("GET", "/v1/invoice_payments/{payment}", "InvoicePaymentRetrieveParams", invoices.retrieve_payment),
    Operation("GET", "/v1/payment_intents/{intent}", "PaymentIntentRetrieveParams", payments.retrieve_intent),
    Operation("GET", "/v1/charges/{charge}", "ChargeRetrieveParams", payments.retrieve_charge),
    Operation(
        "POST", "/v1/refunds", "RefundCreateParams", payments.refund, "charge payment_intent amount reason metadata"
    ),
    Operation("GET", "/v1/refunds", "RefundListParams", payments.list_refunds, f"charge payment_intent {PAGE}"),
    Operation("GET", "/v1/refunds/{refund}", "RefundRetrieveParams", payments.retrieve_refund),
    Operation("GET", "/v1/disputes", "DisputeListParams", disputes.list_all, f"charge payment_intent {PAGE}"),
    Operation("GET", "/v1/disputes/{dispute}", "DisputeRetrieveParams", disputes.retrieve),
    Operation(
        "POST",
        "/v1/billing_portal/sessions",
        "billing_portal.SessionCreateParams",
        portal.create,
        "customer return_url configuration locale",
    ),
    Operation(
        "POST",
        "/v1/billing_portal/configurations",
        "billing_portal.ConfigurationCreateParams",
        portal.create_configuration,
        f"{portal.FEATURES} metadata",
    ),
    Operation(
        "GET",
        "/v1/billing_portal/configurations",
        "billing_portal.ConfigurationListParams",
        portal.list_configurations,
        f"active is_default {PAGE}",
    ),
    Operation(
        "GET",
        "/v1/billing_portal/configurations/{configuration}",
        "billing_portal.ConfigurationRetrieveParams",
        portal.retrieve_configuration,
    ),
    Operation(
        "POST",
        "/v1/billing_portal/configurations/{configuration}",
        "billing_portal.ConfigurationUpdateParams",
        portal.update_configuration,
        f"{portal.FEATURES} active metadata",
    ),
    Operation("GET", "/v1/events", "EventListParams", events.list_all, f"type types {PAGE}"),
    Operation("GET", "/v1/events/{event}", "EventRetrieveParams", events.retrieve),
]
