"""Benchmark rows of discounts: the instructions of the discount function in QuickJS as WebAssembly, with its JSON."""

from __future__ import annotations

import json
from typing import Any

from infra.bench import peers
from infra.bench.quickjs_wasm import QuickJS
from infra.bench.runs import ROOT
from infra.bench.table import Row

SOURCE = ROOT / "extensions" / "sku-discount" / "src" / "cart_lines_discounts_generate_run.js"
MOST_INSTRUCTIONS = 11.0
"""Shopify's limit in millions, for carts of up to 200 lines."""
CASES: list[tuple[str, int, str, float | None]] = [
    ("function, 1 line, percentage", 1, "percentage", 1.5),
    ("function, 100 lines, percentage", 100, "percentage", MOST_INSTRUCTIONS),
    ("function, 100 lines, amount off", 100, "fixed_amount", MOST_INSTRUCTIONS),
    ("function, 60 lines, all fixed prices differ", 60, "fixed_price", MOST_INSTRUCTIONS),
    ("function, 100 lines, all fixed prices differ", 100, "fixed_price", None),
]


def function_fuel(_rounds: int) -> list[Row]:
    """Count the instructions of the function. Without npm the rows say how to install the module."""
    package = peers.quickjs_package()
    if package is None:
        return [Row(what, "", peers.QUICKJS_HINT, None, budget, "M") for what, _, _, budget in CASES]
    engine = QuickJS(package)
    source = SOURCE.read_text().replace("export function", "function")
    run = "(text) => JSON.stringify(cartLinesDiscountsGenerateRun(JSON.parse(text)))"
    function = engine.evaluate(f"(() => {{ {source}; return {run}; }})()")
    rows = []
    for what, lines, kind, budget in CASES:
        result, instructions = engine.measure(function, json.dumps(_input(lines, kind), separators=(",", ":")))
        bytes_out = f"{len(result.encode()):,} bytes of JSON"
        rows.append(Row(what, "", bytes_out, instructions / 1_000_000, budget, "M"))
    return rows


def _input(lines: int, kind: str) -> dict[str, Any]:
    """Return a cart of different SKUs, all of which have a discount; fixed prices have a value of their own each."""
    own = {n: ["fixed_price", f"{10 + n * 0.37:.2f}"] if kind == "fixed_price" else 1 for n in range(lines)}
    return {
        "cart": {
            "attribute": None,
            "lines": [
                {
                    "id": f"gid://shopify/CartLine/{n}",
                    "quantity": 2,
                    "cost": {"amountPerQuantity": {"amount": f"{20 + n}.5", "currencyCode": "USD"}},
                    "merchandise": {
                        "__typename": "ProductVariant",
                        "id": f"gid://shopify/ProductVariant/{43229298163746 + n}",
                        "sku": f"SKU-{n:05}",
                    },
                }
                for n in range(lines)
            ],
        },
        "discount": {
            "discountClasses": ["PRODUCT"],
            "metafield": {
                "jsonValue": {
                    "v": 1,
                    "type": kind,
                    "value": "5",
                    "minimum": 1,
                    "skus": {f"SKU-{n:05}": entry for n, entry in own.items()},
                    "variants": {},
                }
            },
        },
        "presentmentCurrencyRate": "1.0",
    }
