"""The customer portal: its configurations and sessions (docs.stripe.com/api/customer_portal)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.stripe.client import Json, call, list_all

if TYPE_CHECKING:
    from stripe import StripeClient, StripeObject


def list_portal_configurations() -> list[Json]:
    """List the portal configurations of the account, inactive ones included, newest first."""

    def page(client: StripeClient, params: Any) -> StripeObject:
        return client.v1.billing_portal.configurations.list(params)

    return list_all(page)


def create_portal_configuration(params: Mapping[str, Any], idempotency_key: str) -> str:
    """Create a portal configuration and return its id; `params` as in …/customer_portal/configurations/create."""
    settings: Any = dict(params)
    options: Any = {"idempotency_key": idempotency_key}
    return str(call(lambda client: client.v1.billing_portal.configurations.create(settings, options))["id"])


def update_portal_configuration(configuration_id: str, params: Mapping[str, Any]) -> None:
    """Replace the given settings of a portal configuration. Repeating it changes nothing."""
    settings: Any = dict(params)
    call(lambda client: client.v1.billing_portal.configurations.update(configuration_id, settings))


def create_portal_session(customer_id: str, return_url: str, configuration_id: str | None, idempotency_key: str) -> str:
    """Create a customer portal session and return its URL; the portal links back to `return_url`.

    Without a configuration, the account's default applies.
    """
    params: Any = {"customer": customer_id, "return_url": return_url}
    params |= {"configuration": configuration_id} if configuration_id else {}
    options: Any = {"idempotency_key": idempotency_key}
    return str(call(lambda client: client.v1.billing_portal.sessions.create(params, options))["url"])
