"""An export is all that is held of its subject, and nothing of another's."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import CreditBalance
from chalicelib.kit import auth, aws, clock, data_subjects, ids, tombstones
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.data_subjects import Subject, pseudonym
from chalicelib.retention.errors import ExportNotReady
from chalicelib.retention.models import Archive, ArchiveStatus, PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.service import export, privacy_requests
from chalicelib.shops.models import InstallationLog, Shop
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic
from infra.local.engine import Engine
from tests.retention.crash import Crash, crash_at
from tests.retention.factories import files, items, put, row, seed_customer, seed_owner, seed_shop, traces
from tests.retention.lakes import declare, event, objects, put_events, put_firsts
from tests.studio.conftest import CUSTOMER, PHOTO, Gallery, gallery

__all__ = ["gallery"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]
OPERATOR = Account(Role.OPERATOR, "op")


def fetched(request: str) -> zipfile.ZipFile:
    """The export, fetched by its link."""
    answer = httpx2.get(privacy_requests.create_export_link(OPERATOR, request).url)
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.content))


def exported_zip(subject: str, drain: Drain) -> zipfile.ZipFile:
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, subject)
    assert drain() == []
    return fetched(request.id)


@pytest.mark.parametrize(
    ("subject", "mark", "foreign"),
    [
        ("shop:mark-shop1.myshopify.com", "mark-shop1", ["mark-shop2", "mark-buyer2", "mark-member"]),
        (
            "customer:mark-shop1.myshopify.com:gid://shopify/Customer/900000010",
            "mark-buyer10",
            ["mark-buyer11", "mark-shop2", "mark-member"],
        ),
        ("member:mark-member1-id", "mark-member1", ["mark-member2", "mark-shop"]),
    ],
)
def test_an_export_is_complete_and_contains_no_other_subject(
    sweep: Callable[..., None], drain: Drain, subject: str, mark: str, foreign: list[str]
) -> None:
    for n in (1, 2):
        shop = seed_shop(f"mark-shop{n}")
        for m in range(2):
            seed_customer(f"mark-buyer{n}{m}", shop, 900_000_000 + 10 * n + m)
        seed_owner(f"mark-member{n}", OwnerType.MEMBER)
    sweep()
    rows, stored = items(), files()

    found = exported_zip(subject, drain)
    assert found.testzip() is None
    texts = {name: found.read(name) for name in found.namelist()}
    everything = b"".join(name.encode() + data for name, data in texts.items())
    assert not [each for each in foreign if each.encode() in everything]

    marks = [mark, *(["mark-buyer1"] if subject.startswith("shop:") else [])]
    held = [place for place, item in rows.items() if _bears(f"{place} {item}", marks) and not _goes_along(place[0])]
    archived = [url for url, data in stored.items() if url.startswith("archive/") and mark.encode() in data]
    exported = [json.loads(data) for name, data in texts.items() if name.startswith(("tables/", "archive/"))]
    assert sum(map(len, exported)) == len(held) + len(archived)
    pictures = {
        url.split("/", 3)[3]: data
        for url, data in stored.items()
        if url.startswith("s3://") and (mark.encode() in url.encode() + data)
    }
    assert pictures
    for key, data in pictures.items():
        assert texts[f"files/{key}"] == data
    assert b"sealed:by" not in everything, "secrets of ours stay here"


def _bears(text: str, marks: list[str]) -> bool:
    return any(mark in text for mark in marks)


def _goes_along(table: str) -> bool:
    """Guards tell nothing that their rows do not; requests and tombstones are retention's own."""
    return table.endswith(("kit-guards", "retention-privacy_requests", "kit-tombstones"))


def test_an_export_contains_a_shoppers_uploads(gallery: Gallery, drain: Drain) -> None:
    """Shopify's data request, from the webhook to the operator's link."""
    preview = gallery.preview()
    payload = gallery.shopify.privacy("customers/data_request", gallery.shop, customer_id=CUSTOMER, orders=[])
    assert gallery.shopify.deliver("studio", gallery.shop, "customers/data_request", payload).ok
    assert drain() == []
    [row] = PrivacyRequest.scan()
    assert row.due_at - row.created_at > timedelta(days=29)
    found = fetched(row.id)
    [upload] = json.loads(found.read("tables/studio/uploads.json"))
    [generation] = json.loads(found.read("tables/studio/generations.json"))
    assert generation["id"] == preview["id"]
    assert found.read(f"files/{upload['accepted_key']}") == PHOTO.read_bytes()
    assert found.read(f"files/{generation['preview_image_url'].split('/', 3)[3]}").startswith(b"\xff\xd8")


def test_operators_request_and_download_an_export_over_http(api: httpx2.Client, drain: Drain) -> None:
    seed_owner("mark-member1", OwnerType.MEMBER)
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    path, asked = "/v1/operator/privacy-requests", {"kind": "export", "subject": "member:mark-member1-id"}
    key = {"Idempotency-Key": ids.new()}
    begun = api.post(path, json=asked, headers=headers | key)
    assert (begun.status_code, begun.json()["status"]) == (202, "pending")
    assert api.post(path, json=asked, headers=headers | key).json() == begun.json()
    one = f"{path}/{begun.json()['id']}"
    assert api.post(f"{one}/link", headers=headers).json()["code"] == "ExportNotReady"
    [pending] = api.get(path, params={"status": "pending"}, headers=headers).json()["items"]
    assert pending["subject"] == asked["subject"]
    assert drain() == []
    read = api.get(one, headers=headers).json()
    assert (read["status"], read["subject"]) == ("completed", pseudonym(asked["subject"]))
    assert read["report"]["exported"]["billing/customers"] == 1
    about = {"status": "completed", "subject": asked["subject"]}
    assert [item["id"] for item in api.get(path, params=about, headers=headers).json()["items"]] == [read["id"]]
    link = api.post(f"{one}/link", headers=headers).json()
    assert zipfile.ZipFile(io.BytesIO(httpx2.get(link["url"]).content)).testzip() is None
    wrong = api.post(path, json={"kind": "erase", "subject": "everybody"}, headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "InvalidSubject")
    assert api.get(f"{path}/{ids.new()}", headers=headers).json()["code"] == "RequestNotFound"


def test_an_export_is_deleted_if_its_subject_is_erased(drain: Drain) -> None:
    seed_owner("mark-member1", OwnerType.MEMBER)
    late = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, "member:mark-member1-id")
    made = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, "member:mark-member1-id")
    export.export_subject(made.id)
    assert list(traces("mark-member1"))
    privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, "member:mark-member1-id")
    assert drain() == []
    assert PrivacyRequest.get(late.id).status is PrivacyStatus.COMPLETED
    assert [url for url in files() if "exports/" in url] == []
    assert list(traces("mark-member1")) == []


def test_an_export_of_an_erased_customer_is_deleted(drain: Drain) -> None:
    """Whose request names the app that asked, which is not erased."""
    shop = seed_shop("mark-shop")
    customer, _ = seed_customer("mark-buyer", shop, 900_000_001)
    asked: dict[str, Any] = {"shop": shop, "app": "studio", "customer_id": customer, "triggered_at": clock.now()}
    privacy_requests.accept_request(PrivacyRequested(request=PrivacyTopic.DATA_REQUEST, **asked))
    tombstones.add(data_subjects.customer(shop, customer))
    assert drain() == []
    [request] = PrivacyRequest.scan()
    assert (request.status, request.report) == (PrivacyStatus.COMPLETED, {"exported": {}, "key": None})
    assert [url for url in files() if "exports/" in url] == []


def test_an_export_restarts_after_a_crash(engine: Engine) -> None:
    for nth in range(1, 200, 4):
        engine.restore()
        seed_owner("mark-member1", OwnerType.MEMBER)
        request = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, "member:mark-member1-id")
        try:
            with crash_at(nth, "before-call"):
                export.export_subject(request.id)
        except Crash:
            export.export_subject(request.id)
            found = fetched(request.id)
            assert found.testzip() is None
            assert len([name for name in found.namelist() if name.startswith("tables/")]) >= 9
            continue
        assert nth > 20
        return
    pytest.fail("it never came through")


def test_export_memory_does_not_grow(drain: Drain) -> None:
    shop = "mark-large.myshopify.com"

    def peak(files: int) -> int:
        for n in range(files):
            put(f"finals/{shop}/{n:04d}.jpg", "x" * 1_000_000)
        request = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, f"shop:{shop}")
        tracemalloc.start()
        export.export_subject(request.id)
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken

    few, many = peak(20), peak(60)
    assert many < 1.2 * few


def test_an_app_that_was_erased_before_does_not_empty_the_export(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    row(Shop, "mark-shop", shop=shop, app="discounts", is_active=False)
    topic = PrivacyTopic.SHOP_REDACT
    privacy_requests.accept_request(
        PrivacyRequested(shop=shop, app="discounts", request=topic, triggered_at=clock.now())
    )
    assert drain() == []
    assert [each.app for each in Shop.query(shop)] == ["studio"]
    told = exported(privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, f"shop:{shop}").id, drain)
    assert told["shops/shops"] == 1


def test_an_app_erased_during_the_export_is_left_out(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    row(Shop, "mark-shop", shop=shop, app="discounts", installed_at=clock.now())
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, f"shop:{shop}").id
    tombstones.add(data_subjects.app(shop, "discounts"))
    told = exported(request, drain)
    assert told["shops/shops"] == 1


def test_a_returning_subject_can_be_exported(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    customer, _ = seed_customer("mark-buyer", shop, 900_000_001)
    privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, f"customer:{shop}:{customer}")
    assert drain() == []
    seed_customer("mark-buyer", shop, 900_000_001)
    assert exported(
        privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, f"customer:{shop}:{customer}").id, drain
    )


def test_each_partners_export_contains_the_couples_credits(drain: Drain) -> None:
    for member in ("mark-one", "mark-two"):
        seed_owner(member, OwnerType.MEMBER, relationship="couple")
    row(CreditBalance, "both", relationship_id="couple")
    told = exported(privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, "member:mark-one-id").id, drain)
    assert told["billing/credit_balances"] == 2


def test_values_of_an_earlier_release_are_exported_raw(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    odd = {
        "shop": {"S": shop},
        "id": {"S": "odd"},
        "app": {"S": "studio"},
        "event_type": {"S": "no such event"},
        "created_at": {"S": "once"},
    }
    aws.client("dynamodb").put_item(TableName=InstallationLog.Meta.table_name, Item=odd | {"metadata": {"M": {}}})
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, f"shop:{shop}").id
    assert exported(request, drain)
    rows = json.loads(fetched(request).read("tables/shops/installation_logs.json"))
    [kept] = [each for each in rows if each["id"] == "odd"]
    assert (kept["event_type"], kept["created_at"], kept["metadata"]) == ("no such event", "once", "{}")


def test_an_announced_file_does_not_stop_an_export(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    Archive(
        source_table="shops/installation_logs",
        archive_id="announced",
        s3_key="archive/shops/installation_logs/not-there-yet.parquet",
        row_count=1,
        byte_count=1,
        sha256="0",
        oldest=clock.now(),
        newest=clock.now(),
        status=ArchiveStatus.WRITTEN,
        created_at=clock.now(),
    ).save()
    assert exported(privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, f"shop:{shop}").id, drain)


def exported(request: str, drain: Drain) -> dict[str, int]:
    assert drain() == []
    counts: dict[str, int] = (privacy_requests.read_request(request).report or {})["exported"]
    return counts


def test_erasing_a_guest_deletes_only_that_guests_export(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    orders = [seed_customer(f"mark-guest{n}", shop, 777_000_000 + n, is_guest=True)[1] for n in range(2)]

    def ask(topic: PrivacyTopic, order: str) -> None:
        privacy_requests.accept_request(
            PrivacyRequested(shop=shop, app="studio", request=topic, triggered_at=clock.now(), order_ids=[order])
        )
        assert drain() == []

    for order in orders:
        ask(PrivacyTopic.DATA_REQUEST, order)
    exports = {each.subject: each.id for each in PrivacyRequest.scan()}
    one, other = (exports[pseudonym(str(Subject.guest(shop, [order])))] for order in orders)
    ask(PrivacyTopic.CUSTOMER_REDACT, orders[0])
    assert fetched(other).testzip() is None
    with pytest.raises(ExportNotReady):
        privacy_requests.create_export_link(OPERATOR, one)


def test_an_export_contains_the_events_of_a_person(drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch)
    put_events("together", "2026-11-01", event("ada"), event("bob"), event("ada", data=None))
    put_events("together", "2026-11-02", event("bob"))
    put_events("together", "2026-11-03", event("ada"), name="part-1.parquet")
    put_events("store:ada", "2026-11-03", event("ada"))
    file = exported_zip("member:ada", drain)
    lines = [json.loads(line) for line in file.read("lake/sample/events.jsonl").splitlines()]
    assert [(line["user_id"], line["path"]) for line in lines] == [("ada", "/of/ada")] * 3
    assert b"bob" not in file.read("lake/sample/events.jsonl")
    [contents] = json.loads(file.read("contents.json"))
    assert contents["counts"]["lake/sample/events/"] == 3


def test_an_export_of_a_store_contains_its_lake(drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch)
    keys = [put_events("store:s1", "2026-11-01", event("ada")), put_firsts("store:s1", "ada")]
    put_events("store:s11", "2026-11-01", event("ada"))
    put_events("platform", "2026-11-01", event("s1"))
    file = exported_zip("store:s1", drain)
    stored = objects()
    assert {name for name in file.namelist() if name.startswith("files/")} == {f"files/{key}" for key in keys}
    assert all(file.read(f"files/{key}") == stored[key] for key in keys)
    [line] = file.read("lake/sample/events.jsonl").splitlines()
    assert json.loads(line)["user_id"] == "s1"
