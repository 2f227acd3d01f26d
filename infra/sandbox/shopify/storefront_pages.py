"""The HTML of the storefront: products, a product, the cart, the confirmation of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path

from infra.sandbox.server import Json
from infra.sandbox.shopify.carts import PricedCart, PricedLine
from infra.sandbox.shopify.visitor_links import with_query

STYLE = Path(__file__).with_name("storefront.css").read_text()
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="icon" href="data:,"><style>{style}</style></head><body>
<header><a class="name" href="{home}">{name}</a><nav><a href="{account}">{visitor}</a><a href="{cart}">Cart ({count})</a></nav></header>
<main>{content}</main></body></html>"""
_PICTURE = (
    '<svg class="picture" viewBox="0 0 80 100" role="img" aria-label="{title}"><rect x="16" y="18" width="48" height="60" '
    'fill="hsl({hue} 35% 92%)" stroke="hsl({hue} 25% 35%)" stroke-width="3"/><circle cx="40" cy="42" r="9" '
    'fill="hsl({hue} 35% 60%)"/><path d="M22 75c3-14 10-21 18-21s15 7 18 21z" fill="hsl({hue} 35% 45%)"/></svg>'
)


@dataclass(frozen=True, slots=True)
class ShopFront:
    """A shop for its pages: the number of items in its cart, the page's query, and the customer's id, None for a guest.

    The links of a page keep its query.
    """

    shop: str
    count: int
    query: str = ""
    customer: str | None = None

    def link(self, path: str = "") -> str:
        """Return the link to a path of the shop, escaped for an attribute."""
        return escape(with_query(f"/{self.shop}{path}", self.query))

    def page(self, title: str, content: str) -> str:
        """Return a page with the shop's header. `content` is HTML."""
        name = self.shop.removesuffix(".myshopify.com").replace("-", " ").title()
        return _PAGE.format(
            title=escape(f"{title} – {name}"),
            style=STYLE,
            name=escape(name),
            home=self.link(),
            account=self.link("/account"),
            cart=self.link("/cart"),
            visitor=f"Customer {escape(self.customer)}" if self.customer else "Log in",
            count=self.count,
            content=content,
        )


def products_page(front: ShopFront, products: Sequence[Json]) -> str:
    """Return the shop's first page, with its products."""
    items = "".join(
        f'<li><a href="{front.link("/products/" + str(product["id"]))}">{_picture(product)}'
        f'<h2 dir="auto">{escape(product["title"])}</h2><p class="soft">from {_money(_lowest_price(product))}</p></a></li>'
        for product in products
    )
    intro = '<h1>Made from your photos</h1><p class="soft">Choose a product, then make it yours.</p>'
    return front.page("Shop", f'{intro}<ul class="products">{items}</ul>')


def product_page(front: ShopFront, product: Json) -> str:
    """Return a product's page: its variants, a link to the app's page, and a form that adds it to the cart as it is."""
    number = product["id"]
    options = "".join(
        f'<option value="{variant["id"]}" dir="auto">{escape(variant["title"])}: {_money(Decimal(variant["price"]))}</option>'
        for variant in product["variants"]
    )
    form = (
        f'<form method="post" action="{front.link("/cart/add")}"><label>Size<select name="id">{options}</select></label>'
        '<label>Quantity<input name="quantity" type="number" value="1" min="1" max="99"></label>'
        "<button>Add to cart without a photo</button></form>"
    )
    details = (
        f'<div class="stack"><h1 dir="auto">{escape(product["title"])}</h1>'
        f'<p class="soft">from {_money(_lowest_price(product))}</p><p>Printed from your own photo, in the style that you '
        f'choose.</p><p><a class="button primary" href="{front.link(f"/apps/studio/products/{number}/page")}">Make it yours</a></p>'
        f"{form if options else ''}</div>"
    )
    return front.page(product["title"], f'<div class="split">{_picture(product)}{details}</div>')


def cart_page(front: ShopFront, cart: PricedCart) -> str:
    """Return the cart with its discounts, its total, a form for codes and the pay button."""
    if not cart.lines:
        empty = f'<p class="soft">It is empty.</p><p><a class="button" href="{front.link()}">See the products</a></p>'
        return front.page("Cart", f"<h1>Your cart</h1>{empty}")
    rows = "".join(_cart_row(cart, line) for line in cart.lines)
    total = sum((line.after for line in cart.lines), Decimal(0))
    code = (
        f'<form method="post" action="{front.link("/cart/update")}"><label>Discount code'
        f'<input name="discount" value="{escape(",".join(cart.cart.codes))}"></label><button>Apply</button></form>'
    )
    pay = f'<form method="post" action="{front.link("/cart/pay")}"><button class="primary">Pay</button></form>'
    return front.page(
        "Cart",
        f'<h1>Your cart</h1><ul class="lines">{rows}</ul><p class="total"><span>Total</span><span>{_money(total)}</span></p>'
        f'{pay}{code}<p class="soft">A sandbox: every payment succeeds and no money moves.</p>',
    )


def _cart_row(cart: PricedCart, line: PricedLine) -> str:
    """Return a line of the cart: title, photo, discounts, price."""
    notes = ["With your photo"] if line.item.get("properties") else []
    for index, amount in line.discounts:
        application = cart.discounts.applications[index]
        notes.append(f"{application.get('code') or application.get('title')}: −{_money(Decimal(amount))}")
    soft = "".join(f'<p class="soft"><bdi>{escape(note)}</bdi></p>' for note in notes)
    return (
        f"<li><div><p>{line.item['quantity']} x <bdi>{escape(line.variant['title'])}</bdi></p>{soft}</div>"
        f"<p>{_money(line.after)}</p></li>"
    )


def confirmation_page(front: ShopFront, order: Json) -> str:
    """Return the confirmation of a paid order."""
    name = escape(order["name"])
    text = f"Order {name} is paid: {_money(Decimal(order['total_price']))}. The print is made now."
    return front.page(
        "Thank you",
        f'<h1>Thank you</h1><p>{text}</p><p><a class="button" href="{front.link()}">Back to the shop</a></p>',
    )


def account_page(front: ShopFront) -> str:
    """Return the page on which a visitor logs in with any customer number, or logs out."""
    target, action = escape(with_query(f"/{front.shop}", front.query)), f"/{escape(front.shop)}/account/login"
    back = f'<input type="hidden" name="return_url" value="{target}">'
    log_in = (
        f'<form method="get" action="{action}"><label>Customer number<input name="customer_id" inputmode="numeric" '
        f'required pattern="[0-9]+" value="{escape(front.customer or "7")}"></label>{back}'
        '<button class="primary">Log in</button></form>'
    )
    log_out = f'<form method="get" action="{action}">{back}<button>Log out</button></form>' if front.customer else ""
    text = f"You are customer {escape(front.customer)}." if front.customer else "You are a guest."
    return front.page("Account", f'<h1>Account</h1><p class="soft">{text}</p>{log_in}{log_out}')


def _picture(product: Json) -> str:
    return _PICTURE.format(title=escape(product["title"]), hue=int(product["id"]) * 67 % 360)


def _lowest_price(product: Json) -> Decimal:
    return min((Decimal(variant["price"]) for variant in product["variants"]), default=Decimal(0))


def _money(amount: Decimal) -> str:
    return f"${amount:.2f}"
