"""The Stripe sandbox, called by stripe-python: objects, errors, idempotency, lists."""

from typing import Any

import httpx2
import pytest
import stripe

from infra.sandbox.stripe import SANDBOX_SECRET_KEY, StripeSandbox

SESSION = {"mode": "subscription", "success_url": "http://127.0.0.1:8000/done"}


@pytest.fixture
def client(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)


@pytest.fixture
def plan(client: stripe.StripeClient) -> Any:
    product = client.v1.products.create({"name": "Try it out"})
    return client.v1.prices.create(
        {
            "product": product.id,
            "currency": "usd",
            "unit_amount": 3000,
            "recurring": {"interval": "month"},
            "lookup_key": "try_it_out",
        }
    )


def send_raw(
    http: httpx2.Client, sandbox: StripeSandbox, method: str, path: str, body: str = "", **headers: str
) -> httpx2.Response:
    own = {"Authorization": f"Bearer {SANDBOX_SECRET_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    return http.request(method, f"{sandbox.url}{path}", content=body, headers={**own, **headers})


def test_a_customer_is_created_changed_and_read(client, stripe_sandbox):
    customer = client.v1.customers.create({"email": "a@example.com", "metadata": {"owner": "1", "kind": "member"}})
    assert customer.id.startswith("cus_")
    client.v1.customers.update(customer.id, {"name": "Ada", "metadata": {"kind": ""}})
    result: Any = client.v1.customers.retrieve(customer.id)
    assert (result.email, result.name, result.metadata["owner"], "kind" in result.metadata) == (
        "a@example.com",
        "Ada",
        "1",
        False,
    )
    assert [event["type"] for event in stripe_sandbox.events()] == ["customer.created", "customer.updated"]
    previous_values = stripe_sandbox.events("customer.updated")[0]["data"]["previous_attributes"]
    assert previous_values == {"name": None, "metadata": {"owner": "1", "kind": "member"}}


def test_prices_are_found_by_lookup_key(client, plan):
    client.v1.prices.create({"product": plan.product, "currency": "usd", "unit_amount": 500, "lookup_key": "pack"})
    result = client.v1.prices.list({"lookup_keys": ["try_it_out", "unknown"], "active": True})
    assert [price.id for price in result.data] == [plan.id]
    assert result.data[0].recurring is not None
    assert client.v1.prices.retrieve(plan.id).unit_amount_decimal is not None


def test_a_lookup_key_belongs_to_one_price(client, plan):
    same: Any = {"product": plan.product, "currency": "usd", "unit_amount": 3500, "lookup_key": "try_it_out"}
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        client.v1.prices.create(same)
    newer = client.v1.prices.create({**same, "transfer_lookup_key": True})
    assert [price.id for price in client.v1.prices.list({"lookup_keys": ["try_it_out"]}).data] == [newer.id]
    client.v1.prices.update(plan.id, {"active": False})
    assert client.v1.prices.retrieve(plan.id).active is False


def test_a_product_can_have_a_custom_id(client):
    client.v1.products.create({"id": "credits", "name": "Credits"})
    client.v1.products.update("credits", {"name": "More credits", "active": False})
    assert client.v1.products.retrieve("credits").name == "More credits"
    assert [product.id for product in client.v1.products.list({"active": False}).data] == ["credits"]
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        client.v1.products.create({"id": "credits", "name": "Credits"})


def test_an_unknown_parameter_is_refused(client, http, stripe_sandbox):
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.customers.create({"mail": "a@example.com"})
    assert (error.value.code, error.value.param, error.value.http_status) == ("parameter_unknown", "mail", 400)
    nested = send_raw(http, stripe_sandbox, "POST", "/v1/checkout/sessions", "line_items[0][prise]=x&mode=payment")
    assert nested.json()["error"]["param"] == "line_items[0][prise]"
    assert nested.json()["error"]["type"] == "invalid_request_error"


def test_an_unsupported_parameter_is_an_error(client):
    with pytest.raises(stripe.APIError, match="does not implement the parameter tax_exempt") as error:
        client.v1.customers.create({"tax_exempt": "exempt"})
    assert error.value.http_status == 501


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("unit_amount=1&product=p", "parameter_missing"),
        ("currency=usd&unit_amount=much&product=p", "parameter_invalid_integer"),
        ("currency=usd&unit_amount=1&product=none", "resource_missing"),
    ],
)
def test_invalid_values_have_the_error_codes_of_stripe(http, stripe_sandbox, body, code):
    assert send_raw(http, stripe_sandbox, "POST", "/v1/prices", body).json()["error"]["code"] == code


def test_an_unknown_object_is_404(client):
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.customers.retrieve("cus_none")
    assert (error.value.http_status, error.value.code) == (404, "resource_missing")
    assert str(error.value.request_id).startswith("req_")


def test_a_wrong_key_is_401(stripe_sandbox, http):
    client = stripe.StripeClient("sk_test_other", base_addresses={"api": stripe_sandbox.url})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.retrieve("cus_none")
    assert http.get(f"{stripe_sandbox.url}/v1/customers/cus_none").status_code == 401


def test_an_unknown_address_is_404(http, stripe_sandbox):
    response = send_raw(http, stripe_sandbox, "GET", "/v1/quotes")
    assert (response.status_code, response.json()["error"]["type"]) == (404, "invalid_request_error")


def test_an_idempotency_key_replays_the_first_response(client, http, stripe_sandbox):
    options: Any = {"idempotency_key": "k1"}
    first = client.v1.customers.create({"email": "a@example.com"}, options)
    assert client.v1.customers.create({"email": "a@example.com"}, options).id == first.id
    assert len(stripe_sandbox.events("customer.created")) == 1
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"email": "b@example.com"}, options)
    event = stripe_sandbox.events("customer.created")[0]
    assert event["request"]["idempotency_key"] == "k1"
    version = {"Stripe-Version": stripe.api_version, "Idempotency-Key": "k1"}
    second_response = send_raw(http, stripe_sandbox, "POST", "/v1/customers", "email=a%40example.com", **version)
    assert second_response.headers["idempotent-replayed"] == "true"


def test_a_refused_request_does_not_use_the_idempotency_key(client):
    options: Any = {"idempotency_key": "k2"}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"mail": "x"}, options)
    assert client.v1.customers.create({"email": "a@example.com"}, options).id


def test_lists_are_paged_newest_first(client):
    for number in range(5):
        client.v1.products.create({"id": f"p{number}", "name": "P"})
    first = client.v1.products.list({"limit": 2})
    assert ([row.id for row in first.data], first.has_more) == (["p4", "p3"], True)
    assert [row.id for row in first.auto_paging_iter()] == ["p4", "p3", "p2", "p1", "p0"]
    before = client.v1.products.list({"limit": 2, "ending_before": "p1"})
    assert [row.id for row in before.data] == ["p3", "p2"]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.list({"limit": 101})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "payment"}, "recurring price"),
        ({"customer": "cus_none"}, "No such customer"),
        ({"customer_email": "a@b.c", "customer": "cus_none"}, "only specify one"),
        ({"success_url": ""}, "Missing required param"),
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "No such price"),
        ({"expires_at": 1}, "expires_at"),
    ],
)
def test_a_wrong_checkout_session_is_refused(client, plan, change, message):
    params: Any = {**SESSION, "line_items": [{"price": plan.id, "quantity": 1}], **change}
    with pytest.raises(stripe.InvalidRequestError, match=message):
        client.v1.checkout.sessions.create(params)


def test_an_open_session_can_be_read_and_expired_once(client, plan, stripe_sandbox):
    params: Any = {**SESSION, "line_items": [{"price": plan.id, "quantity": 2}], "client_reference_id": "member-1"}
    session = client.v1.checkout.sessions.create(params)
    assert session.url == f"{stripe_sandbox.url}/c/pay/{session.id}"
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 6000)
    session_with_items = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert session_with_items.line_items is not None
    assert session_with_items.line_items.data[0].quantity == 2
    assert client.v1.checkout.sessions.line_items.list(session.id).data[0].price.id == plan.id
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert stripe_sandbox.events()[-1]["type"] == "checkout.session.expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session.id)


def test_a_session_can_define_its_price(client):
    data: Any = {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Coaching"}}
    params: Any = {
        "mode": "payment",
        "success_url": "http://x.example",
        "line_items": [{"price_data": data, "quantity": 3}],
    }
    assert client.v1.checkout.sessions.create(params).amount_total == 2100


def test_a_portal_session_has_a_url(client, stripe_sandbox):
    customer = client.v1.customers.create({})
    session = client.v1.billing_portal.sessions.create({"customer": customer.id, "return_url": "http://x.example"})
    assert session.url.startswith(f"{stripe_sandbox.url}/p/session/bps_")
