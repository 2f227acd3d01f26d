"""Several ledgers of credits, opened for one decision."""

from __future__ import annotations

from chalicelib.billing.domain import credit_lots
from chalicelib.billing.domain.credit_ledger import CreditLedger, source_key
from chalicelib.billing.domain.monthly_grants import Lot
from chalicelib.billing.repository import credits as ledger_rows
from chalicelib.billing.repository.identity_map import IdentityMap, head_key
from chalicelib.billing.service import credits
from chalicelib.billing.service.reversed_credits import Reversal
from chalicelib.kit.unit_of_work import UnitOfWork


class OpenLedgers:
    """The ledgers that one decision changes, each opened once and closed together."""

    def __init__(self, found: IdentityMap) -> None:
        self._found = found
        self._books: dict[str, CreditLedger] = {}

    def open(self, name: str) -> CreditLedger:
        """Return the ledger of a relationship, read when it is first asked for."""
        if name not in self._books:
            self._found.read([head_key(name)])
            self._books[name] = ledger_rows.opened(self._found.head(name))
        return self._books[name]

    def remaining(self, lot: Lot) -> int:
        """Return the credits that are left in a lot."""
        return credit_lots.remaining(self.open(lot[0]).lots, lot[1])

    def owe(self, name: str | None, amount: int) -> None:
        """Add to what is owed in the ledger of a month's last grant; a negative amount is forgiven."""
        if amount and name:
            book = self.open(name)
            book.shortfall = max(0, book.shortfall + amount)

    def withdraw(self, taken: dict[Lot, int], reversal: Reversal) -> None:
        """Enter what is taken back, one entry a ledger."""
        key = source_key("grant_refund", reversal.payment_id, str(reversal.version))
        for name in dict.fromkeys(name for name, _ in taken):
            amounts = {lot_id: amount for (ledger_id, lot_id), amount in taken.items() if ledger_id == name}
            self.open(name).withdraw(amounts, key, reversal.taken_because, reversal.payment_id)

    def close(self, unit: UnitOfWork) -> None:
        """Stage what was entered; publish every ledger, also one that is unchanged."""
        for name, book in self._books.items():
            credits.close(unit, self._found.head(name), book)
