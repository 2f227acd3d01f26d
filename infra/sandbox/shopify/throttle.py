"""The leaky bucket of one app in one shop (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits)."""

from collections.abc import Callable

from infra.sandbox.server import Json


class Throttle:
    """`size` points at most, `restore_rate` of them back per second."""

    def __init__(self, size: float, restore_rate: float, clock: Callable[[], float]) -> None:
        self._size, self._restore_rate, self._clock = size, restore_rate, clock
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, app: str, shop: str, cost: int) -> bool:
        """False, and nothing taken, when the bucket holds less."""
        available = self._available(app, shop)
        allowed = available >= cost
        self._buckets[app, shop] = (available - cost if allowed else available, self._clock())
        return allowed

    def status(self, app: str, shop: str) -> Json:
        """`throttleStatus` of the answer's `extensions.cost`."""
        return {
            "maximumAvailable": self._size,
            "currentlyAvailable": int(self._available(app, shop)),
            "restoreRate": self._restore_rate,
        }

    def _available(self, app: str, shop: str) -> float:
        left, at = self._buckets.get((app, shop), (self._size, self._clock()))
        return min(self._size, left + (self._clock() - at) * self._restore_rate)
