from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain.visitors import ip_hash, visitor_hash

PARTS = st.tuples(*[st.text(max_size=6)] * 4)


@given(PARTS, PARTS)
def test_two_visitors_share_a_hash_only_if_all_is_equal(one, other):
    assert (visitor_hash(*one) == visitor_hash(*other)) == (one == other)


def test_hash_of_an_address_is_not_the_visitor_and_names_nobody():
    visitor = visitor_hash("salt", "together", "203.0.113.7", "Firefox")
    assert visitor != ip_hash("salt", "together", "203.0.113.7")
    assert len(visitor) == 32
    assert "203" not in (visitor[:3], ip_hash("salt", "together", "203.0.113.7")[:3])
