"""The ledger that holds an owner's lots now.

Lots move when a couple forms or ends; payments and months name the ledger of the first entry. The head of each ledger that
an owner's lots have left names the next one.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.billing.domain.credit_ledger import ledger_of
from chalicelib.billing.domain.credit_lots import parse_lots, remaining_in
from chalicelib.billing.repository.identity_map import IdentityMap, Key, head_key


def likely_head_keys(rows: IdentityMap, owner: Key, stored: Iterable[str | None]) -> list[Key]:
    """Return the keys of the ledgers that probably hold the owner's lots, so that one call reads them all.

    These are the `stored` ones, the one that the owner is registered with, if the owner's row was read, and their own.
    """
    customer = rows.customer(owner)
    registered = ledger_of(customer) if customer else None
    return [head_key(name) for name in dict.fromkeys((*stored, registered, owner[1][1])) if name]


def present_ledger(rows: IdentityMap, owner: Key, stored: str) -> str:
    """Return the ledger that the owner's lots of the ledger `stored` have moved to; `stored` itself if they have not."""
    return _path(rows, owner, stored)[-1]


def ledger_of_lot(rows: IdentityMap, owner: Key, stored: str, lot_id: str) -> str:
    """Return the ledger that holds the owner's lot, which was in the ledger `stored`.

    A transfer may be unfinished, so that the lot is still in an earlier ledger. A lot that is used up counts as moved.
    """
    path = _path(rows, owner, stored)[::-1]
    holding = (name for name in path if remaining_in(parse_lots(rows.head(name).lots), lot_id))
    return next(holding, path[0])


def _path(rows: IdentityMap, owner: Key, stored: str) -> list[str]:
    """Return the ledgers that the owner's lots have passed, from `stored` to the present one. Reads them if necessary."""
    path = [stored]
    while True:
        rows.read([head_key(path[-1])])
        following = (rows.head(path[-1]).moved_to or {}).get(owner[1][1])
        if not following or following in path:
            return path
        path.append(following)
