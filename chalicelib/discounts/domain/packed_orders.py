"""The lines of an order as text: gzipped, because the order's row is written at each change.

The text names no customer and no visitor: an erasure leaves it as it is.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from chalicelib.discounts.domain.order_lines import Line, OrderLineState, Share
from chalicelib.discounts.domain.order_state import OrderState


def pack(state: OrderState) -> str:
    """Return the parts of the state that the row has no columns for. The text is the same for the same state."""
    document = {
        "lines": [_line(each) for each in state.lines],
        "suffix": state.suffix,
        "had_customer": state.had_customer,
        "void": state.is_void,
    }
    text = json.dumps({name: value for name, value in document.items() if value}, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def unpack(text: str, state: OrderState) -> OrderState:
    """Return the state with the parts that `pack` wrote."""
    document: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(text)))
    return replace(
        state,
        lines=tuple(_read_line(each) for each in document.get("lines", ())),
        suffix=document.get("suffix", ""),
        had_customer=document.get("had_customer", False),
        is_void=document.get("void", False),
    )


def _line(state: OrderLineState) -> list[Any]:
    line = state.line
    return [
        line.line_id,
        line.item,
        line.quantity,
        line.current_quantity,
        str(line.price),
        int(line.gift_card),
        line.variant_id if line.variant_id != line.item else 1,
        line.title,
        [[share.discount_id, share.value_type, str(share.amount)] for share in state.shares],
    ]


def _read_line(cells: list[Any]) -> OrderLineState:
    line_id, item, quantity, current_quantity, price, gift_card, variant_id, title, shares = cells
    line = Line(
        line_id=line_id,
        item=item,
        quantity=quantity,
        current_quantity=current_quantity,
        price=Decimal(price),
        gift_card=bool(gift_card),
        variant_id=item if variant_id == 1 else variant_id,
        title=title,
    )
    return OrderLineState(line, tuple(Share(discount, kind, Decimal(amount)) for discount, kind, amount in shares))
