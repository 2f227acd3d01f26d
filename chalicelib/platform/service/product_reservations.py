"""Products of a call that are reserved within the store's plan before they are created."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.platform.models import Store
from chalicelib.platform.service.plan_limits import give_back_products, reserve_products


@dataclass(slots=True)
class ProductReservation:
    """The number of products that a call has reserved."""

    store: Store
    count: int = 0

    def adjust(self, count: int) -> None:
        """Reserve or give back products until `count` are reserved. Raises PlanLimitReached."""
        if count > self.count:
            reserve_products(self.store, count - self.count)
        elif count < self.count:
            give_back_products(self.store.id, self.count - count)
        self.count = count


@contextmanager
def product_reservation(store: Store) -> Iterator[ProductReservation]:
    """Return a reservation of none yet, which is given back if the block raises."""
    reservation = ProductReservation(store)
    try:
        yield reservation
    except BaseException:
        reservation.adjust(0)
        raise
