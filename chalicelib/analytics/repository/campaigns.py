"""E-mail campaigns by id, and those of a tenant by the time at which they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.analytics.models import Campaign
from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Transaction, get_many, readable_rows, update_if

_BATCH = 100


def find(campaign_id: str) -> Campaign | None:
    """Return a campaign, or None."""
    try:
        return Campaign.get(campaign_id)
    except Campaign.DoesNotExist:
        return None


def list_by_tenant(tenant: str, page: PageRequest) -> PageResult[Campaign]:
    """Return one page of a tenant's campaigns, the latest first."""
    keys = Campaign.by_tenant.query(tenant, limit=page.limit, last_evaluated_key=page.start, scan_index_forward=False)
    rows = get_many([(Campaign, (key.campaign_id,)) for key in keys])
    return PageResult([row for row in rows if row is not None], keys.last_evaluated_key)


def list_since(tenant: str, since: datetime) -> list[Campaign]:
    """Return a tenant's campaigns that were sent, or created if not sent yet, at or after `since`."""
    keys = readable_rows(Campaign.by_tenant.query(tenant, Campaign.listed_at >= since))
    ids = [key.campaign_id for key in keys]
    rows: list[Campaign] = []
    for start in range(0, len(ids), _BATCH):
        batch = get_many([(Campaign, (each,)) for each in ids[start : start + _BATCH]])
        rows += [row for row in batch if row is not None]
    return rows


def add(row: Campaign, response: Schema, idempotency: Idempotency | None) -> None:
    """Write a new campaign. Raises Conflict if its id is taken."""
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, response)
        transaction.add(row, otherwise=Conflict("This id of a campaign is taken."))


def mark_sent(row: Campaign, sent_at: datetime) -> None:
    """Set when the campaign was sent, if it is not known yet."""
    actions: list[Action] = [Campaign.sent_at.set(sent_at), Campaign.listed_at.set(sent_at)]
    update_if(Campaign(row.campaign_id), actions, Campaign.tenant.exists() & Campaign.sent_at.does_not_exist())


def set_results(row: Campaign, results: Mapping[str, Any]) -> None:
    """Set the results of a campaign, if they changed."""
    changes = {name: value for name, value in results.items() if getattr(row, name) != value}
    if not changes:
        return
    actions: list[Action] = [getattr(Campaign, name).set(value) for name, value in changes.items()]
    update_if(
        Campaign(row.campaign_id), [*actions, Campaign.updated_at.set(clock.now())], Campaign.tenant == row.tenant
    )
