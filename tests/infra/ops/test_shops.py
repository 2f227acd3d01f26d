"""Exports of shops by operator command."""

from __future__ import annotations

import csv
import io
import json
import signal
import stat
import tracemalloc
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from chalicelib.kit import clock
from chalicelib.shops.models import EventType, InstallationLog, Session, Shop
from infra.sandbox.shopify import ShopifySandbox
from tests.infra.ops.conftest import Ops, Start
from tests.shops.conftest import install, installed_shop, shop
from tests.shops.factories import BEGAN, TOKEN, seed

__all__ = ["installed_shop", "shop"]

MANY = 2_500


def test_many_shops_are_exported_once_in_little_memory(ops: Ops, tmp_path: Path) -> None:
    few, many = seed(500, app="discounts"), seed(MANY)
    out = tmp_path / "shops.json"

    def peak_memory(app: str, *options: str) -> int:
        tracemalloc.start()
        assert ops("active-shops", "--app", app, "--out", str(out), *options).code == 0
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak_memory("discounts")  # the first run builds clients and schemas
    small, large = peak_memory("discounts"), peak_memory("studio")
    assert [row["shop"] for row in json.loads(out.read_text())] == many
    assert large < 1.25 * small
    assert peak_memory("studio", "--csv") < 1.25 * small
    with out.open(newline="") as file:
        assert [row["shop"] for row in csv.DictReader(file)] == many
    assert len(few) == 500


def test_the_export_is_json_without_secrets(
    start: Start, ops: Ops, api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str
) -> None:
    seed(3, app="studio", shop_name="=Ann", email="ann@example.com")
    out, err = start("active-shops", "--app", "studio").communicate()
    rows = json.loads(out)
    assert {row["shop"] for row in rows} == {installed_shop, *(f"seeded-0000{n}.myshopify.com" for n in range(3))}
    as_csv = ops("active-shops", "--app", "studio", "--csv").out
    csv_rows = list(csv.DictReader(io.StringIO(as_csv, newline="")))
    assert {row["shop_name"] for row in csv_rows} == {"'=Ann", ""}
    row = Shop.get(installed_shop, "studio")
    everything = "".join([out, err, as_csv, ops("sessions", installed_shop).out])
    for secret in (row.access_token, row.refresh_token, TOKEN, "shpat_", "shprt_", "file:"):
        assert secret not in everything


def test_no_shops_export_an_empty_list(ops: Ops) -> None:
    assert json.loads(ops("active-shops", "--app", "studio").out) == []
    assert ops("active-shops", "--app", "studio", "--csv").out.count("\r\n") == 1


def test_a_shop_reinstalled_during_the_export_appears_once() -> None:
    from chalicelib.shops.service import operator

    names = seed(450)
    result = operator.iterate_active_shops("studio")
    first = next(result)
    Shop(first.shop, "studio").update([Shop.installed_at.set(clock.now())])
    assert [first.shop, *(row.shop for row in result)] == names


def test_an_unknown_app_writes_no_file(ops: Ops, tmp_path: Path) -> None:
    result = ops("active-shops", "--app", "stduio", "--out", str(tmp_path / "x.json"))
    assert (result.code, result.out) == (1, "")
    assert "studio" in result.err
    assert list(tmp_path.iterdir()) == []
    assert ops("active-shops", "--app", "studio", "--out", str(tmp_path / "no" / "x")).code == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_export_keeps_the_previous_file(start: Start, tmp_path: Path, number: int, code: int) -> None:
    out = tmp_path / "shops.csv"
    out.write_text("of yesterday")
    seed(MANY)
    process = start("active-shops", "--app", "studio", "--out", str(out), pauses="Query 3")
    while len(list(tmp_path.iterdir())) == 1:
        assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == code
    assert "stopped" in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["shops.csv"]
    assert out.read_text() == "of yesterday"


def test_an_export_file_is_private(ops: Ops, tmp_path: Path) -> None:
    out = tmp_path / "shops.json"
    assert ops("active-shops", "--app", "studio", "--out", str(out)).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_the_timeline_counts_by_day(ops: Ops) -> None:
    with InstallationLog.batch_write() as batch:
        for number in range(1_200):
            moment, kind = BEGAN + timedelta(minutes=number), EventType.INSTALL if number % 3 else EventType.UNINSTALL
            batch.save(
                InstallationLog(
                    shop="a.myshopify.com", id=str(number), app="studio", event_type=kind, created_at=moment
                )
            )
    arguments = ["timeline", "--app", "studio", "--from", "2025-12-31", "--to", "2026-01-02"]
    lines = [line.split() for line in ops(*arguments).out.splitlines()]
    assert lines == [
        ["day", "installs", "reinstalls", "uninstalls"],
        ["2025-12-31", "0", "0", "0"],
        ["2026-01-01", "800", "0", "400"],
        ["2026-01-02", "0", "0", "0"],
    ]
    rows = list(csv.DictReader(io.StringIO(ops(*arguments, "--csv").out, newline="")))
    assert rows[1] == {
        "day": "2026-01-01",
        "installs": "800",
        "reinstalls": "0",
        "uninstalls": "400",
        "scopes_updates": "0",
    }


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [("2026-01-02", "2026-01-01", "--to"), ("2026-01-01", "2027-02-01", "--to"), ("soon", "2026-01-01", "--from")],
)
def test_an_invalid_range_is_named(ops: Ops, first: str, last: str, named: str) -> None:
    result = ops("timeline", "--app", "studio", "--from", first, "--to", last)
    assert result.code == 1
    assert result.err.startswith(f"backroom: {named} ")


def test_sessions_of_a_shop(ops: Ops, api: httpx2.Client, shopify: ShopifySandbox, installed_shop: str) -> None:
    install(api, "discounts", installed_shop)
    with Session.batch_write() as batch:
        for number in range(130):
            batch.save(
                Session(
                    f"online-{number}", shop=installed_shop, app="studio", state="", created_at=BEGAN, is_online=True
                )
            )
    result = json.loads(ops("sessions", installed_shop).out)
    assert len({session["id"] for session in result}) == len(result) == 132
    assert ops("sessions", "nowhere").code == 1
