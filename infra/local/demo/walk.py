"""Run every demo step in the order of a shop's life and print its result."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.local.demo import (
    clean_up,
    couple,
    discounts,
    experiment,
    fleet,
    install,
    last_piece,
    page,
    store_data,
    stores,
    studio,
    subscribe,
    website,
)
from infra.local.demo.world import World
from infra.local.environment import Plan

Step = tuple[str, Callable[[], str]]


@dataclass(slots=True)
class Outcome:
    """The result of a step, and the seconds that it took."""

    result: str = ""
    seconds: float = 0.0


def steps(world: World, plan: Plan, folder: Path) -> Iterator[Step]:
    """Yield the steps, as names and actions, for a new shop, a new couple and a new owner of stores."""
    shop = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.myshopify.com"
    yield "a shop installs the app", lambda: install.install(world, "studio", shop)
    yield "a job registers its webhooks", lambda: install.webhooks(world, "studio", shop)
    yield "the merchant saves settings", lambda: install.settings(world, "studio", shop)
    gallery = studio.Studio(world, shop, folder)
    yield "the merchant sets up a product, a style, a watermark", gallery.furnish
    yield "a shopper uploads a photo", gallery.upload
    yield "the shopper sees a preview", gallery.preview
    yield "the paid order becomes a print", gallery.order
    yield "the order is delivered again, ten times", gallery.order_again
    prices = discounts.Discounts(world, shop)
    yield "the shop installs the discounts app", lambda: install.install(world, discounts.APP, shop)
    yield "a job registers its webhooks, too", lambda: install.webhooks(world, discounts.APP, shop)
    yield "the merchant sets prices of two SKUs", prices.set_prices
    yield "a shopper's cart has the prices", prices.fill_cart
    yield "the paid cart is counted", prices.pay
    yield "a line of the order is refunded", prices.refund
    yield "the dashboard shows what remains", prices.read_dashboard
    olga = stores.Stores(world, plan)
    yield "an owner of stores signs up and signs in", olga.sign_in
    yield "a job makes a store's database; its worker is killed", olga.kill_worker
    pair = couple.Couple(world, plan)
    member = pair.ada
    yield "two people sign up", pair.sign_up
    yield "they verify their addresses from the mailbox", pair.verify
    yield "they pair", pair.pair
    yield "both check in, one late and twice", pair.check_in
    yield "a member checks out on Stripe", lambda: subscribe.checkout(world, member)
    yield "Stripe's events become a subscription", lambda: subscribe.subscription(world, member)
    yield "the couple is granted credits, once", lambda: subscribe.credit_grant(world, member)
    yield "a credit buys date ideas", pair.spend
    yield "the subscription is new recurring revenue", lambda: subscribe.recurring_revenue(world, plan, member)
    yield "the relationship ends", pair.end
    site = website.Website(world, plan, shop)
    yield "a page with the analytics snippet is opened", site.open_page
    yield "its visit is counted", site.count_visit
    yield "the same events are sent again", site.send_again
    test = experiment.Experiment(world, plan)
    yield "an A/B test starts", test.begin
    yield "2,000 simulated customers see it", test.send_events
    yield "the test finds its winner", test.find_winner
    books = store_data.StoreData(olga)
    yield "a second store is provisioned on an owner's PostgreSQL", books.provision
    yield "its products are imported from a CSV file with one bad row", books.import_products
    yield "it is backed up", books.back_up
    yield "products are lost; the backup is being restored", books.begin_restore
    yield "a third store is provisioned on Supabase", olga.provision_supabase
    yield "two orders race for its last piece", lambda: last_piece.race(olga)
    yield "the backup is restored", books.await_restore
    yield "the store moves to MariaDB", books.begin_move
    yield "another worker has completed the killed job", olga.await_takeover
    yield "the move is proven", books.await_move
    all_stores = fleet.Fleet(olga)
    yield "all stores are migrated while one is locked", all_stores.migrate_with_a_lock
    yield "the next run migrates that one", all_stores.migrate_the_rest
    yield "old data is archived, then deleted", lambda: clean_up.sweep(plan, shop)
    yield "the shop uninstalls the app", lambda: install.uninstall(world, "studio", shop)
    yield "the shop uninstalls the discounts app", lambda: install.uninstall(world, discounts.APP, shop)


def walk(plan: Plan, folder: Path, *, as_json: bool = False) -> None:
    """Run every step, print its result (as a line of JSON if asked), and write the images with an index page to `folder`.

    Raises Wrong at the first step with an unexpected result.
    """
    report = _report_json if as_json else _report
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[tuple[str, str, float]] = []
    with ExitStack() as stack:
        world = stack.enter_context(World(plan))
        for number, (name, action) in enumerate(steps(world, plan, folder), start=1):
            with report(number, name) as outcome:
                begun = time.monotonic()
                outcome.result = action()
                outcome.seconds = time.monotonic() - begun
            taken.append((name, outcome.result, outcome.seconds))
    index = page.write(folder, taken)
    print(f"\nAll {len(taken)} steps passed. Results: {index}", file=sys.stderr if as_json else sys.stdout)


@contextmanager
def _report(number: int, name: str) -> Iterator[Outcome]:
    """Print a step's name before it and its result after it."""
    print(f"{number:2}. {name} … ", end="", flush=True)
    outcome = Outcome()
    try:
        yield outcome
    except BaseException:
        print("FAILED", flush=True)
        raise
    print(f"{outcome.result}  ({outcome.seconds:.1f} s)", flush=True)


@contextmanager
def _report_json(number: int, name: str) -> Iterator[Outcome]:
    """Print a line of JSON after a step."""
    outcome, status = Outcome(), "failed"
    try:
        yield outcome
        status = "passed"
    finally:
        fields = {"result": outcome.result, "seconds": round(outcome.seconds, 1)}
        print(json.dumps({"step": number, "name": name, "status": status, **fields}), flush=True)
