"""Runs the discount function in QuickJS, in this process, as Shopify runs it: JSON in, JSON out."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import quickjs

from chalicelib.discounts.domain.evaluation import Cart

SOURCE = Path("extensions/sku-discount/src/cart_lines_discounts_generate_run.js")
_LIBRARY = "(() => {{ {source}; return (text) => JSON.stringify(cartLinesDiscountsGenerateRun(JSON.parse(text))) }})()"


def run_function(
    configuration: object, cart: Cart, *, classes: tuple[str, ...] = ("PRODUCT",), has_metafield: bool = True
) -> tuple[dict[str, Any], int]:
    """Return the function's result for the metafield and the cart, and its bytes."""
    text = json.dumps(function_input(configuration, cart, classes, has_metafield), ensure_ascii=False)
    result = _function()(text)
    return json.loads(result), len(result.encode())


def function_input(configuration: object, cart: Cart, classes: tuple[str, ...], has_metafield: bool) -> dict[str, Any]:
    """Return the input as the function's query asks for it."""
    lines = [
        {
            "id": line.line_id,
            "quantity": line.quantity,
            "cost": {"amountPerQuantity": {"amount": format(line.price, "f"), "currencyCode": cart.currency}},
            "merchandise": {"__typename": "ProductVariant", "id": line.variant_id, "sku": line.sku}
            if line.variant_id
            else {"__typename": "CustomProduct"},
        }
        for line in cart.lines
    ]
    return {
        "cart": {"attribute": None if cart.mark is None else {"value": cart.mark}, "lines": lines},
        "discount": {
            "discountClasses": list(classes),
            "metafield": {"jsonValue": configuration} if has_metafield else None,
        },
        "presentmentCurrencyRate": format(cart.rate, "f"),
    }


@cache
def _function() -> Any:
    source = SOURCE.read_text().replace("export function", "function")
    return quickjs.Context().eval(_LIBRARY.format(source=source))
