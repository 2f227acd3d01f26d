"""What the consumer counts of orders' messages."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.engine import Engine
from tests.discounts.order_strategies import lives
from tests.discounts.recount import recount
from tests.discounts.usage_factories import (
    messages_of,
    order_time,
    put_discounts,
    put_shop,
    record,
    stored_figures,
)


@given(st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_stored_figures_equal_a_plain_recount(engine: Engine, data: st.DataObject) -> None:
    engine.restore()
    put_shop()
    put_discounts()
    all_lives = [
        data.draw(lives(number, order_time() - timedelta(days=1))) for number in range(data.draw(st.integers(1, 4)))
    ]
    messages = [message for life in all_lives for message in messages_of(life)]
    messages = data.draw(st.permutations(messages + messages[:2]))
    cut = data.draw(st.integers(0, len(messages)))
    for batch in (messages[:cut], messages[cut:]):
        assert record(batch) == []
    assert stored_figures() == recount(life.final for life in all_lives)
