"""The layout of the sandbox's pages, and the format of amounts."""

from html import escape

from infra.sandbox.server import Json, Response, html_response

STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;"
    "padding:2rem 1rem 4rem;overflow-wrap:anywhere}h1{font-size:1.5rem}h2{font-size:1.1rem;margin:0}"
    "section{border-top:1px solid #8888;padding:1rem 0}p{margin:.25rem 0 1rem}form{margin:.5rem 0}"
    "button,input{font:inherit;min-height:44px;padding:.5rem 1rem;max-width:100%}"
    "table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:.5rem .5rem .5rem 0;vertical-align:top;"
    "border-bottom:1px solid #8888}th:last-child,td:last-child{text-align:right;padding-right:0;white-space:nowrap}"
)
_WITHOUT_DECIMALS = ("jpy", "krw", "vnd", "clp")


def money(amount: int, currency: str) -> str:
    """Return an amount of minor units as text, for example `29.00 USD`."""
    return (
        f"{amount:,} {currency.upper()}" if currency in _WITHOUT_DECIMALS else f"{amount / 100:,.2f} {currency.upper()}"
    )


def price_text(price: Json, quantity: int = 1) -> str:
    """Return a price with its interval, for example `29.00 USD per month`."""
    recurring, amount = price["recurring"], money((price["unit_amount"] or 0) * quantity, price["currency"])
    if recurring is None:
        return amount
    count = recurring["interval_count"]
    return f"{amount} per {recurring['interval']}" if count == 1 else f"{amount} per {count} {recurring['interval']}s"


def page(status: int, title: str, content: str = "") -> Response:
    """Return a page with a heading; `content` is HTML."""
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
    )
    return html_response(status, f"{head}<body><main><h1>{escape(title)}</h1>{content}</main></body></html>")
