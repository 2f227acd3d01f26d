"""Functions that name the class of their message indirectly; the scan must find each class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeVar, cast

import chalicelib.studio.schemas.messages
from chalicelib.billing.schemas import messages as billing
from chalicelib.kit import messages
from chalicelib.kit.jobs import consumes, consumes_many
from chalicelib.kit.messages import Message, publish
from chalicelib.kit.queue_records import ReceivedMessage
from chalicelib.retention.schemas import ErasureRequested as Erasure
from chalicelib.retention.schemas import ExportRequested, SweepRequested
from chalicelib.shops.schemas.messages import BackfillRequested, ShopifyWork, ShopInstalled, ShopUninstalled
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderCreated,
    OrderEdited,
    OrderPaid,
    OrderUpdated,
    ProductDeleted,
    ProductUpdated,
    RefundCreated,
)

W = TypeVar("W", bound=ShopifyWork)

TABLE = {"export": ExportRequested}
ALIAS = SweepRequested
Change = OrderPaid | RefundCreated
"""A type that this module does not create."""


def by_table(name: str) -> None:
    publish(TABLE[name](request="x"))


def by_branch(*, erased: bool) -> None:
    kind = Erasure if erased else ExportRequested
    messages.publish(kind(request="x"))


def by_default(kind: type[Message] = OrderCreated) -> None:
    publish(kind())


def by_attribute() -> None:
    publish(billing.EventReceived(stripe_event_id="evt_1"))


def by_full_name() -> None:
    publish(chalicelib.studio.schemas.messages.FinalRequested(shop="x", generation_id="x"))


def by_import_inside() -> None:
    from chalicelib.studio.schemas.messages import GenerationRequested as Wanted

    publish(Wanted(shop="x", generation_id="x"))


def by_partial() -> None:
    publish(partial(ShopInstalled, shop="x")(app="x", event="install"))


def by_cast() -> None:
    publish(cast(OrderUpdated, ProductUpdated.model_validate({})))


def forwarded(request: W) -> None:
    retry = request.model_copy(update={"attempt": 2})
    publish(retry)


def forwarded_in_batch(deletions: Iterable[ProductDeleted]) -> None:
    messages.publish_many(deletion for deletion in deletions)


@consumes(OrderEdited)
def only_read(message: OrderEdited) -> None:
    if isinstance(message, OrderCancelled):
        publish(ShopUninstalled.model_validate({}))


@consumes_many(RefundCreated)
def only_read_together(batch: Sequence[ReceivedMessage[RefundCreated]]) -> Iterable[ReceivedMessage[RefundCreated]]:
    return ()


def only_annotated(message: BackfillRequested) -> Change | None:
    publish(SweepRequested(rule="x", run="x", segment=message.attempt))
    return None
