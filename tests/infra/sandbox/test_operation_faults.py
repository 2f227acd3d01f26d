"""Faults on demand: the next calls of an operation fail in both sandboxes."""

import pytest
import stripe

from infra.sandbox.stripe import SANDBOX_SECRET_KEY
from tests.infra.sandbox.conftest import SHOP


def test_the_next_calls_of_a_stripe_operation_fail(stripe_sandbox, http):
    client = stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)
    order = {"operation": "GET /v1/customers/{customer}", "calls": 2, "status": 429}
    faults = http.post(f"{stripe_sandbox.url}/sandbox/faults", json=order).json()["faults"]
    assert faults == {"GET /v1/customers/{customer}": {"calls": 2, "status": 429}}
    customer = client.v1.customers.create({"email": "a@example.com"})
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            client.v1.customers.retrieve(customer.id)
    assert client.v1.customers.retrieve(customer.id).id == customer.id
    stripe_sandbox.fail_next(1, 503)
    with pytest.raises(stripe.APIError):
        client.v1.products.list()
    assert http.get(f"{stripe_sandbox.url}/sandbox/faults").json() == {"faults": {}}


def test_a_failed_call_has_no_effect_and_its_key_is_free(stripe_sandbox):
    client = stripe.StripeClient(SANDBOX_SECRET_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=0)
    stripe_sandbox.fail_next(1, 500, "POST /v1/customers")
    with pytest.raises(stripe.APIError):
        client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "k"})
    assert client.v1.customers.create({"email": "a@example.com"}, {"idempotency_key": "k"}).email == "a@example.com"
    with stripe_sandbox.store() as store:
        assert len(store.all("customer")) == 1


def test_the_next_calls_of_a_shopify_operation_fail(shopify, admin, http):
    order = {"operation": "shop", "calls": 1, "status": 502, "retry_after": 2}
    assert http.post(f"{shopify.url}/sandbox/faults", json=order).status_code == 200
    assert "data" in admin.call("{ currentAppInstallation { id } }")
    failed = admin.post("query Named { shop { id } }")
    assert (failed.status_code, failed.headers["retry-after"]) == (502, "2")
    assert "data" in admin.call("{ shop { id } }")
    for operation, path in (("token", "admin/oauth/access_token"), ("proxy", "apps/studio/a")):
        shopify.operation_faults.fail_next(1, 500, operation)
        assert http.post(f"{shopify.url}/{SHOP}/{path}").status_code == 500
    shopify.operation_faults.fail_next(1, 500)
    assert http.get(f"{shopify.url}/{SHOP}").status_code == 200


@pytest.mark.parametrize(
    "order", [{"operation": "no_such", "status": 500}, {"status": 200}, {"status": 500, "calls": -1}, {"calls": 1}]
)
def test_an_invalid_fault_is_refused(shopify, stripe_sandbox, http, order):
    for sandbox in (shopify, stripe_sandbox):
        assert http.post(f"{sandbox.url}/sandbox/faults", json=order).status_code == 400
        assert http.get(f"{sandbox.url}/sandbox/faults").json() == {"faults": {}}
