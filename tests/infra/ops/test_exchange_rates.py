"""The command `exchange-rates`."""

from __future__ import annotations

from pathlib import Path

from chalicelib.analytics.models import ExchangeRate
from tests.infra.ops.conftest import Ops


def test_a_file_is_entered_as_a_whole_or_refused(ops: Ops, tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("currency,date,rate\nEUR,2026-03-01,1.08\nGBP,2026-03-01,1.27\n")
    assert ops("exchange-rates", str(file)).code == 0
    file.write_text("currency,date,rate\nEUR,2026-03-02,1.09\nUSD,2026-03-02,1\n")
    refused = ops("exchange-rates", str(file))
    assert refused.code == 1
    assert "reporting currency" in refused.err
    assert sorted((row.currency, str(row.rate)) for row in ExchangeRate.scan()) == [("EUR", "1.08"), ("GBP", "1.27")]
