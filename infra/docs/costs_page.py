"""Generate docs/costs.md from the costs that the tests check for every operation."""

from __future__ import annotations

from dataclasses import dataclass

from infra.bench.round_trips import Cost
from infra.docs.backup_costs import BACKUPS_PAGE
from infra.docs.couple_costs import COUPLES_PAGE
from infra.docs.measure_costs import MEASURES_PAGE

COSTS = {
    "a merchant's request (session token)": Cost(reads=1),
    "a merchant's request, once a minute and shop": Cost(reads=1, writes=1, write_units=2, sends=1),
    "job: access token checked": Cost(reads=2),
    "settings read": Cost(reads=2),
    "settings saved": Cost(reads=1, writes=1, write_units=4),
    "Shopify's webhook, a process's first of a shop in five minutes": Cost(reads=2, writes=1, write_units=9, sends=1),
    "Shopify's webhook, first delivery": Cost(reads=1, writes=1, write_units=9, sends=1),
    "Shopify's webhook, duplicate": Cost(reads=1, writes=1, sends=1),
    "Shopify's webhook, over 256 KB": Cost(reads=1, writes=1, write_units=5, sends=1, objects=1),
    "Shopify's webhook of a shop's first guest": Cost(reads=2, writes=2, write_units=11, sends=1),
    "Shopify's webhook of a guest": Cost(reads=2, writes=1, write_units=9, sends=1),
    "job: shop's details applied": Cost(reads=2, writes=2, write_units=4, sends=1),
    "job: edited order fetched": Cost(reads=3, writes=1, write_units=1, sends=1),
    "job: uninstall applied": Cost(reads=3, writes=1, write_units=11, sends=1),
    "installation started": Cost(writes=1, write_units=2),
    "installation completed (OAuth callback)": Cost(reads=1, writes=2, write_units=15, sends=1),
    "job: webhooks registered": Cost(reads=3, writes=3, write_units=8, sends=1),
    "job: webhooks reconciled": Cost(reads=3, writes=2, write_units=6),
    "job: 100 rows of one month archived and deleted": Cost(reads=5, writes=8, write_units=114, objects=2),
    "upload, a process's first request of a shop in five minutes": Cost(reads=2, writes=1, write_units=8),
    "upload created by a customer": Cost(reads=1, writes=1, write_units=8),
    "upload created by a guest": Cost(reads=1, writes=1, write_units=12),
    "upload refused: limit per visitor": Cost(reads=1),
    "job: upload validated": Cost(reads=4, writes=3, write_units=8, objects=3),
    "preview requested (with Idempotency-Key)": Cost(reads=2, writes=1, write_units=20, sends=1),
    "preview requested by a guest (with Idempotency-Key)": Cost(reads=2, writes=1, write_units=23, sends=1),
    "preview polled": Cost(reads=1),
    "job: preview made": Cost(reads=4, writes=2, write_units=42, objects=3),
    "job: paid order with one line applied": Cost(reads=3, writes=2, write_units=24, sends=1),
    "job: print made": Cost(reads=5, writes=2, write_units=50, objects=2),
    "checkout created (with Idempotency-Key)": Cost(reads=4, writes=4, write_units=9),
    "Stripe's webhook, first delivery": Cost(writes=1, write_units=6, sends=1),
    "Stripe's webhook, duplicate": Cost(reads=1, writes=1, sends=1),
    "job: customer.subscription.created applied": Cost(reads=3, writes=4, write_units=17, sends=2),
    "job: invoice.paid applied, with its grant": Cost(reads=4, writes=3, write_units=39, sends=5),
    "subscription read": Cost(reads=1),
    "credits read": Cost(reads=2),
    "site registered": Cost(reads=1, writes=1, write_units=7),
    "site registered again, unchanged": Cost(reads=1),
    "events collected, first of a minute and a day": Cost(reads=4, writes=1, write_units=1, sends=1),
    "events collected": Cost(sends=1),
    "job: events of one day ingested": Cost(reads=1, writes=1, write_units=2, objects=1),
    "schedule: one due day sent": Cost(reads=8, writes=1, write_units=3, sends=1),
    "job: day of 10 events computed, from one part": Cost(reads=6, writes=7, write_units=18, objects=5),
    "job: day computed again, unchanged": Cost(reads=6, writes=2, write_units=3, objects=4),
    "check-in that makes a couple day": Cost(reads=2, writes=1, write_units=9, sends=1),
    "job: check-in's awards, notice and requests": Cost(reads=5, writes=1, write_units=5, sends=2),
    "job: score of a day computed": Cost(reads=8, writes=1, write_units=1),
    "check-in that joins two runs": Cost(reads=3, writes=1, write_units=9, sends=1),
    "dashboard": Cost(reads=3),
    "insights": Cost(reads=3),
    "sign-up": Cost(reads=3, writes=3, write_units=9, sends=1),
    "job: mail about an account sent": Cost(reads=2, writes=2, write_units=2),
    "sign-in, unknown device": Cost(reads=3, writes=3, write_units=16),
    "sign-in, known device": Cost(reads=3, writes=3, write_units=8),
    "sign-in, wrong password": Cost(reads=2, writes=1, write_units=6),
    "sign-in that ends the longest unused session": Cost(reads=3, writes=3, write_units=10),
    "session refreshed": Cost(reads=1, writes=1, write_units=1),
    "a member's request (session and row)": Cost(reads=1),
    "a member's request of billing (session)": Cost(reads=2),
    "notice added": Cost(writes=1, write_units=5),
    "schedule: one due notice sent": Cost(reads=32, sends=1),
    "job: notice mailed": Cost(reads=3, writes=2, write_units=3),
    "job: delivery of an e-mail to a member recorded": Cost(reads=1),
}

VISITORS = (
    "",
    "## Limits per visitor",
    "",
    "An upload or preview of a customer writes two counters of two units each, by day and by burst. One of a guest writes",
    "four counters: two of the address and two of all guests. They are read and written with the request's other rows,",
    "without calls of their own. A refusal needs no further reads or writes.",
)
"""The counters of uploads and previews."""

ANALYTICS = (
    "",
    "## A day of analytics",
    "",
    "`tests/analytics/service/test_computation_costs.py` and `make bench` measure the computation of a day with 1,000",
    "events in 100 visits. A computation makes at most 6 S3 calls, one more for each part, and one more for each neighbor",
    "that is needed because events are near midnight.",
    "",
    "| 1,000 events | units |",
    "| --- | --- |",
    "| of 50 users, with all rows | at most 1,350 |",
    "| anonymous, with `ANALYTICS_ROWS=identified` | at most 250 |",
    "| delivered again | at most 10 |",
    "",
    "A day at rest costs nothing. A day that waits for its computation is sent once an hour.",
)
"""The costs that grow with the number of events."""

DISCOUNTS = (
    "",
    "## Discounts",
    "",
    "`tests/discounts/scenarios/test_growth.py` and `test_day_closes.py` measure the growth. A change of a discount",
    "rewrites its row, which holds the items: the more items, the larger the row (at most 10,000 bytes of configuration).",
    "",
    "| operation | units with 10 items | with 1,000 items |",
    "| --- | --- | --- |",
    "| discount created | 20 | 1,020 |",
    "| one item replaced | 6 | 16 |",
    "| discount renamed | 10 | 20 |",
    "| discount deleted | 21 | 1,021 |",
    "",
    "A list reads no deleted discount. The hourly schedule costs 4 reads for each hour that it reads, and 2 units for",
    "each shop whose day has ended; shops at rest cost nothing.",
)
"""The costs that grow with the items of a discount and with the shops."""


USAGE = (
    "",
    "## The usage of discounts",
    "",
    "`tests/discounts/service/test_usage_costs.py` counts the write units of a batch of one-line orders of one day with new",
    "customers, over 20 known pairs of discount and SKU. Rows are under 1 kB.",
    "",
    "| orders in the batch | discounts, days, head | with both tables of products | orders | customers |",
    "| --- | --- | --- | --- | --- |",
    "| 1 | 5 | 7 | 2 | 2 |",
    "| 100 | 43 | 83 | 200 | 200 |",
    "| 1,000 | 43 | 83 | 2,000 | 2,000 |",
    "",
    "An order's second message, which changes no figure, costs 1 for the order, 1 for the customer and 2 for the head; a",
    "repeated message costs nothing. The second unit of an order is the index of its customer, once; that of a customer is the",
    "index of segments, at the first, second and fifth order. Three counters for each use, inexact, would cost 3,000.",
    "Reads of a batch: 1 row for each order, customer, discount and name, and 2 of the shop.",
    "",
    "A recount reads every order of a shop and its figures; if it has archived orders, it also reads all shops' archive files.",
)
"""The costs that grow with the number of orders."""


ADVICE = (
    "",
    "## Advice on prices",
    "",
    "`tests/discounts/scenarios/test_advice_costs.py` counts the costs.",
    "",
    "| operation | writes | reads |",
    "| --- | --- | --- |",
    "| a competitor's page is checked, once a day | 5 units in 2 calls (the website's turn; the price with the watch) | 2 |",
    "| recommendations of a shop, once a week | 1 for each SKU | 1 query for each SKU (180 days: about 4 units), 3 of the shop |",
    "| a visitor of a test | 0; one message to the ingest | 0, or once a minute 1 and the live discounts |",
    "",
    "A shop has at most 50 watched pages, 3 running tests and recommendations for the 2,000 SKUs with the most units.",
)
"""The costs of advice."""
READING = (
    "",
    "## Reading of discounts",
    "",
    "`tests/discounts/service/test_dashboard.py` and `tests/discounts/routes/test_figures.py` count the calls; a merchant's",
    "request reads 1 row more.",
    "",
    "| operation | reads | writes |",
    "| --- | --- | --- |",
    "| dashboard, cached | 1 row for each store; of a group 4 calls more | 0 |",
    "| dashboard, computed: 200 pairs of discount and SKU, 30 days | at most 5 pages of queries (1 MB each), 2 rows, 1 batch of titles | 2 |",
    "| search | 3 queries of at most 10 names, 1 batch | 0 |",
    "| a page of figures | 1 query; of days 1 for each month that the page reaches, and 1 row | 0 |",
    "| export | a query for each 1,000 rows; of stock 1 for each SKU | 4 calls with its file |",
    "",
    "A dashboard reads every day of its window once in five minutes, and only when somebody looks. A page costs the same",
    "beside any number of rows.",
)
"""The costs of reading."""
PLANS = (
    "",
    "## Plans of a couple",
    "",
    "`tests/together/scenarios/test_plan_costs.py` measures each beside 10 and 1,000 rows of the couple or member, without",
    "the read of the caller (1) and of the Idempotency-Key (1).",
    "",
    "| operation | reads | writes | units |",
    "| --- | --- | --- | --- |",
    "| page of goals; by status | 2; 3 | 0 | 0 |",
    "| goal added | 1 | 1 | 5 |",
    "| progress of a goal | 1 | 1 | 4 |",
    "| page of activities | 3 | 0 | 0 |",
    "| activity added | 1 | 1, and one event to the ingest | |",
    "| page of talks | 2, and one more for each page of talks that the caller may not read | 0 | 0 |",
    "| talk added | 2 | 1 | |",
    "| page of bookings | 3 | 0 | 0 |",
    "| page of ideas | 1 | 0 | 0 |",
    "| schedule: orders of ideas that wait | 1 query, and 1 unit and 1 message for each | | |",
    "| schedule: addresses of perks that are 90 days old | 3 queries, and 1 unit for each | | |",
    "",
    "The relationship's row holds the ids of its open rows: at most 83, about 3 KB, so that a change of the set costs up to 8",
    "units. All other costs are flat.",
)
"""The costs of what couples plan, of talks and of offers."""
GROWTH = {
    "experiment, 10 new subjects": (26, 3),
    "experiment, 1,000 new subjects": (2006, 3),
    "experiment, 10 known subjects": (0, 3),
    "experiment, 1,000 known subjects": (0, 3),
    "campaign, 10 recipients": (1, 1),
    "campaign, 1,000 recipients": (1, 1),
    "campaign, unchanged": (0, 1),
    "errors, 10 new groups": (20, 0),
    "errors, 100 new groups": (200, 0),
    "errors, unchanged": (0, 0),
    "cohorts, 10 users of a week": (2, 10),
    "cohorts, 1,000 users of a week": (2, 10),
    "cohorts, unchanged": (0, 10),
}
"""Units and S3 calls of a result, at 10 and at 1,000 of what it may grow with."""
RESULTS = (
    "",
    "## Results of analytics",
    "",
    "`tests/analytics/service/test_growth.py` measures each with few and many. Cohorts were measured over three days with",
    "one part each.",
    "",
    "| result | units | objects |",
    "| --- | --- | --- |",
    *(f"| {name} | {units} | {objects} |" for name, (units, objects) in GROWTH.items()),
    "",
    "An experiment reads each of its days (at most 92) whenever one of them changed, at most hourly, and writes two units for",
    "each new subject. A campaign reads its days for 37 nights. A group of errors costs two units on a day on which its count",
    "changed; a day has at most 501 groups. Cohorts cost two units for each week of sign-up, channel and week since, where a",
    "number changed.",
    "",
    "Cohorts read the days of the last two years each night in which a site had an event within 90 days: one S3 call a day",
    "with events, so at most 731, or 0.0003 $ a night, and the time to read their bytes (1 GB at most). To read only the days",
    "that changed, the activity of each user by week would have to be stored, which costs more than these calls.",
)

STORE_USAGE = {
    "data call logged": Cost(writes=1, write_units=1),
    "data call logged, a process's first of a store's hour": Cost(writes=2, write_units=3),
    "job: hour and day of a store computed": Cost(reads=4, writes=2, write_units=2),
    "job: hour that is final": Cost(reads=3, writes=1, write_units=1),
    "schedule: stores called in the last hours found": Cost(reads=5, sends=1),
    "schedule: stores called in the last day found": Cost(reads=26, sends=1),
    "store's usage read": Cost(reads=3),
}
"""The costs of the stores' usage, the same with 5 and with 200 calls."""
_STORE_USAGE_PAGE = (
    "",
    "## Usage of stores",
    "",
    "`tests/platform/scenarios/test_usage_growth.py` measures each with 5 and with 200 calls: the costs are the same until",
    "the logs of an hour are over 1 MB, then each further MB is a read. The schedules send ten stores in a message batch;",
    "stores that nobody called cost nothing.",
    "",
    "| operation | reads | writes | units | sends |",
    "| --- | --- | --- | --- | --- |",
    *(f"| {name} | {c.reads} | {c.writes} | {c.write_units} | {c.sends} |" for name, c in STORE_USAGE.items()),
)


@dataclass(frozen=True, slots=True)
class StoreCallCost:
    """The cost of a call of a store's data API: calls to DynamoDB, write units, and messages to the store's database."""

    reads: int
    writes: int
    write_units: int
    messages: int


STORE_CALLS = {
    "row read": StoreCallCost(reads=0, writes=2, write_units=2, messages=3),
    "rows listed": StoreCallCost(reads=0, writes=2, write_units=2, messages=3),
    "row created": StoreCallCost(reads=0, writes=2, write_units=2, messages=3),
    "row changed": StoreCallCost(reads=0, writes=2, write_units=2, messages=4),
    "quote": StoreCallCost(reads=0, writes=2, write_units=2, messages=4),
    "order placed, with one line": StoreCallCost(reads=0, writes=3, write_units=3, messages=7),
    "order placed, with three lines, customer and code": StoreCallCost(reads=0, writes=3, write_units=3, messages=10),
    "the same, with Idempotency-Key": StoreCallCost(reads=0, writes=5, write_units=7, messages=11),
    "order paid": StoreCallCost(reads=0, writes=2, write_units=2, messages=6),
    "order fulfilled": StoreCallCost(reads=0, writes=2, write_units=2, messages=6),
    "stock adjusted": StoreCallCost(reads=0, writes=2, write_units=2, messages=4),
    "file declared": StoreCallCost(reads=1, writes=3, write_units=3, messages=3),
    "file completed": StoreCallCost(reads=1, writes=2, write_units=2, messages=7),
    "link to a file": StoreCallCost(reads=1, writes=2, write_units=2, messages=3),
    "file deleted": StoreCallCost(reads=1, writes=3, write_units=3, messages=4),
}
"""The costs of calls of a store's data API, on a connection that is open."""
_STORE_CALLS_PAGE = (
    "",
    "## Calls of stores",
    "",
    "`tests/platform/scenarios/test_store_call_costs.py` measures each with an owner's token on a connection that is open.",
    "Each call updates the store's row and writes one row of the log. *Messages* go to the store's database; the first",
    "begins the transaction and sets its role and limits, the last commits it. Once a minute a process reads the setting of",
    "allowed hosts; its first call of an hour writes one row more.",
    "",
    "| call | reads | writes | units | messages |",
    "| --- | --- | --- | --- | --- |",
    *(f"| {name} | {c.reads} | {c.writes} | {c.write_units} | {c.messages} |" for name, c in STORE_CALLS.items()),
    "",
    "An order sends the same number of messages for any number of lines on PostgreSQL; on MySQL one for each location that",
    "it takes pieces from. A product of which one location is sold takes one order after the other, because orders lock its",
    "rows until they commit.",
    "",
    "Completing or deleting a file sends one request to the store's bucket, which its owner pays; the file itself goes",
    "from the caller to the bucket. The nightly census sends one more statement, and for each abandoned upload",
    "three messages, one request to the bucket, one read and one write.",
)


@dataclass(frozen=True, slots=True)
class TransferCost:
    """The cost of a transfer's worker: calls to DynamoDB and S3, write units, and messages to the store's database."""

    reads: int
    writes: int
    write_units: int
    objects: int
    messages: int


STORE_TRANSFERS = {
    "import of one batch of new rows": TransferCost(reads=3, writes=5, write_units=7, objects=1, messages=13),
    "import of eleven batches of new rows": TransferCost(reads=13, writes=6, write_units=8, objects=1, messages=63),
    "export of one page": TransferCost(reads=2, writes=3, write_units=5, objects=3, messages=6),
}
"""The costs of the worker of transfers, from its lease to the transfer's end."""
_STORE_TRANSFERS_PAGE = (
    "",
    "## Transfers of stores",
    "",
    "`tests/platform/scenarios/test_transfer_costs.py` measures the worker. A batch has up to 500 rows and is one",
    "transaction; the store is read before each. The transfer's row is written every ten batches or two seconds, and the",
    "file is read in ranges of 4 MiB. Each hundred rejected rows add one write to S3; savepoints are added if the server",
    "refuses a row.",
    "",
    "| worker | reads | writes | units | objects | messages |",
    "| --- | --- | --- | --- | --- | --- |",
    *(
        f"| {name} | {c.reads} | {c.writes} | {c.write_units} | {c.objects} | {c.messages} |"
        for name, c in STORE_TRANSFERS.items()
    ),
)


def render() -> str:
    """Return the page as Markdown."""
    lines = [
        "# Round trips and capacity units",
        "",
        "Generated by `make generate` from `infra/docs/costs_page.py`; `tests/test_round_trips.py` measures every",
        "operation on the embedded engine and fails if one differs. *Writes* are calls (a transaction is one), *units*",
        "are DynamoDB write capacity units (a transaction costs double, and each index costs extra), *sends* are SNS or",
        "SQS calls, *objects* are S3 calls. Read units are not shown, because the embedded engine reports a constant. For",
        "the delete of an archived row it counts the table's unit only; in an account each index costs another unit.",
        "",
        "| operation | reads | writes | units | sends | objects |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, cost in COSTS.items():
        lines.append(f"| {name} | {cost.reads} | {cost.writes} | {cost.write_units} | {cost.sends} | {cost.objects} |")
    texts = [
        *VISITORS,
        *ANALYTICS,
        *RESULTS,
        *DISCOUNTS,
        *USAGE,
        *ADVICE,
        *READING,
        *PLANS,
        *COUPLES_PAGE,
        *_STORE_CALLS_PAGE,
    ]
    store_pages = [*_STORE_USAGE_PAGE, *_STORE_TRANSFERS_PAGE, *BACKUPS_PAGE, *MEASURES_PAGE]
    return "\n".join([*lines, *texts, *store_pages]) + "\n"
