"""The rate limiter of the Admin API: a leaky bucket for each app and shop.

Source: https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits.
"""

from collections.abc import Callable

from infra.sandbox.server import Json


class Throttle:
    """Leaky buckets of `size` points; each restores `restore_rate` points per second."""

    def __init__(self, size: float, restore_rate: float, clock: Callable[[], float]) -> None:
        self._size, self._restore_rate, self._clock = size, restore_rate, clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, app: str, shop: str, cost: int) -> bool:
        """Take `cost` points and return True. If the bucket has fewer, take nothing and return False."""
        available = self._available(app, shop)
        if available < cost:
            return False
        _, refilled_from = self._buckets.get((app, shop), (0.0, 0.0))
        self._buckets[app, shop] = (available - cost, max(refilled_from, self._clock()))
        return True

    def drain(self, app: str, shop: str, hold_seconds: float) -> None:
        """Empty the bucket; it restores points only after `hold_seconds`."""
        self._buckets[app, shop] = (0.0, self._clock() + hold_seconds)

    def refill(self, app: str, shop: str) -> None:
        """Fill the bucket."""
        self._buckets.pop((app, shop), None)

    def refill_all(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def status(self, app: str, shop: str) -> Json:
        """Return the `throttleStatus` of the response's `extensions.cost`."""
        return {
            "maximumAvailable": self._size,
            "currentlyAvailable": int(self._available(app, shop)),
            "restoreRate": self._restore_rate,
        }

    def _available(self, app: str, shop: str) -> float:
        left, at = self._buckets.get((app, shop), (self._size, self._clock()))
        return min(self._size, left + max(0.0, self._clock() - at) * self._restore_rate)
