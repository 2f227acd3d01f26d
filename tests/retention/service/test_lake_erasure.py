"""A person is erased from a lake: their events stay without them, and nobody else's change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.kit import aws, config, lakes
from chalicelib.kit.auth import Account, Role
from chalicelib.retention.models import PrivacyKind, PrivacyStatus
from chalicelib.retention.repository import privacy_requests as requests
from chalicelib.retention.schemas import PrivacyRequestRead
from chalicelib.retention.service import erasure, privacy_requests
from tests.retention.crash import Crash, crash_at, hooked
from tests.retention.lakes import (
    MARKED_DAYS,
    SAMPLE,
    declare,
    event,
    everything,
    name_day,
    objects,
    put_events,
    put_firsts,
    rows,
)

pytestmark = pytest.mark.usefixtures("nothing_in_progress", "lake")

Drain = Callable[[], list[Any]]
OPERATOR = Account(Role.OPERATOR, "op")
SHOP = "roses.myshopify.com"
CUSTOMER = "gid://shopify/Customer/7"


@pytest.fixture
def lake(engine: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample lake, empty."""
    declare(monkeypatch)


@pytest.fixture
def zoe_and_bob() -> dict[str, str]:
    """Two members: days of one, of both and of the other, an open part, the first days; and other tenants."""
    both = [event("zoe"), event("bob"), event(None), event("zoe")]
    return {
        "zoe": put_events("together", "2026-11-01", event("zoe"), event(None)),
        "both": put_events("together", "2026-11-02", *both),
        "bob": put_events("together", "2026-11-03", event("bob")),
        "part": put_events("together", "2026-11-04", event("zoe"), event("bob"), name="part-1.parquet"),
        "firsts": put_firsts("together", "zoe", "bob"),
        "shop": put_events(f"shop:{SHOP}:studio", "2026-11-01", event("zoe")),
        "store": put_events("store:zoe", "2026-11-01", event("zoe")),
    }


def erase(subject: str, drain: Drain) -> PrivacyRequestRead:
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject)
    assert drain() == []
    read = privacy_requests.read_request(request.id)
    assert read.status is PrivacyStatus.COMPLETED
    return read


def changed_keys(before: dict[str, bytes]) -> set[str]:
    after = objects()
    assert set(after) == set(before)
    return {key for key in before if after[key] != before[key]}


def test_erasing_a_member_rewrites_exactly_the_days_with_events_of_the_member(
    zoe_and_bob: dict[str, str], drain: Drain
) -> None:
    before = objects()
    read = erase("member:zoe", drain)
    assert changed_keys(before) == {zoe_and_bob[name] for name in ("zoe", "both", "part", "firsts")}
    assert read.report is not None
    assert read.report["erased"][SAMPLE.folder] == 5
    together = "\n".join(str(rows(data)) for key, data in objects().items() if "tenant=together/" in key)
    assert "zoe" not in together


def test_the_events_stay_without_their_person(zoe_and_bob: dict[str, str], drain: Drain) -> None:
    before = rows(objects()[zoe_and_bob["both"]])
    erase("member:zoe", drain)
    after = rows(objects()[zoe_and_bob["both"]])
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert after[1:3] == before[1:3], "the events of others are unchanged"
    for row in (after[0], after[3]):
        assert (row["path"], row["data"]) == (None, '{"action":"used","test":"t1"}')
        assert row["value"] == before[0]["value"]
        for name in ("user_id", "session_id", "visitor"):
            assert row[name].startswith("erased-")
            assert row[name] == after[0][name]
    [firsts] = [row["user_id"] for row in rows(objects()[zoe_and_bob["firsts"]]) if row["user_id"] != "bob"]
    assert firsts == after[0]["user_id"], "the person counts as new on the same day as before"


def test_a_substitute_is_another_one_in_the_next_request(drain: Drain) -> None:
    key = put_events("together", "2026-11-01", event("zoe"))
    before, substitutes = objects()[key], set()
    for _ in range(2):
        aws.client("s3").put_object(Bucket=_bucket(), Key=key, Body=before)
        erase("member:zoe", drain)
        substitutes.add(rows(objects()[key])[0]["user_id"])
    assert len(substitutes) == 2


def test_an_event_without_a_user_belongs_to_the_only_user_of_its_visit(drain: Drain) -> None:
    own = event(None, session_id="s1", path="/before/sign-in")
    shared = event(None, session_id="s2", path="/somebody's")
    day = put_events(
        "together", "2026-11-01", event("zoe", session_id="s1"), event("zoe", session_id="s2"), own, shared
    )
    part = put_events(
        "together",
        "2026-11-01",
        event("bob", session_id="s2"),
        event(None, session_id="s1", path="/later"),
        name="part-1.parquet",
    )
    erase("member:zoe", drain)
    united, late = rows(objects()[day]), rows(objects()[part])
    assert (united[2]["path"], united[2]["user_id"]) == (None, None)
    assert united[2]["session_id"] == united[0]["session_id"] == late[1]["session_id"]
    assert united[3]["path"] == "/somebody's"
    assert united[3]["session_id"] == "s2"
    assert late[1]["path"] is None


def test_a_day_is_marked_before_it_is_rewritten(zoe_and_bob: dict[str, str], drain: Drain) -> None:
    puts: list[list[tuple[str, str]]] = []
    with hooked("before-call", "PutObject", lambda: puts.append(list(MARKED_DAYS))):
        erase("member:zoe", drain)
    days = [("together", f"2026-11-0{n}") for n in (1, 2, 4)]
    assert days == MARKED_DAYS
    assert puts == [days[:0], days[:1], days[:2], days[:3]]


def test_a_part_that_is_united_at_the_same_time_does_not_bring_the_person_back(drain: Drain) -> None:
    """The computation puts the day and deletes the part after the erasure has read the part."""
    part = put_events("together", "2026-11-04", event("zoe"), name="part-1.parquet")
    united: list[str] = []

    def unite() -> None:
        if not united:
            united.append("")
            united[0] = put_events("together", "2026-11-04", event("zoe"), event("bob"))
            aws.client("s3").delete_object(Bucket=_bucket(), Key=part)

    with hooked("before-call", "PutObject", unite):
        erase("member:zoe", drain)
    assert "zoe" not in everything()
    assert [row["user_id"] for row in rows(objects()[united[0]])][1] == "bob"


def test_an_object_that_changes_at_the_same_time_is_read_again(zoe_and_bob: dict[str, str], drain: Drain) -> None:
    late: list[bool] = []

    def arrive() -> None:
        """Put the day a few times, each time just before the erasure puts an object."""
        if len(late) < 4:
            late.append(len(late) % 2 == 0)
            if late[-1]:
                put_events("together", "2026-11-02", event("zoe"), *(event("bob") for _ in late))

    with hooked("before-call", "PutObject", arrive):
        erase("member:zoe", drain)
    row_users = [row["user_id"] for row in rows(objects()[zoe_and_bob["both"]])]
    assert row_users[1:] == ["bob"] * 3
    assert row_users[0].startswith("erased-")


def test_a_stalled_computation_cannot_put_what_it_read_before_the_erasure(
    zoe_and_bob: dict[str, str], drain: Drain
) -> None:
    """The contract of a writer: it puts only over the version that it has read."""
    client = aws.client("s3")
    answer = client.get_object(Bucket=_bucket(), Key=zoe_and_bob["both"])
    body, version = answer["Body"].read(), answer["ETag"]
    erase("member:zoe", drain)
    with pytest.raises(client.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=_bucket(), Key=zoe_and_bob["both"], Body=body, IfMatch=version)


def test_a_writer_recognises_erased_users(drain: Drain) -> None:
    erase("member:zoe", drain)
    erase(f"customer:{SHOP}:{CUSTOMER}", drain)
    users = ["zoe", "bob", *(f"user-{n}" for n in range(150)), CUSTOMER]
    assert lakes.erased_users(SAMPLE, "together", users) == {"zoe"}
    assert lakes.erased_users(SAMPLE, f"shop:{SHOP}:studio", users) == {CUSTOMER}
    assert lakes.erased_users(SAMPLE, "shop:other.myshopify.com:studio", users) == set()
    assert lakes.erased_users(SAMPLE, "store:zoe", users) == set()


@pytest.mark.parametrize("when", ["before-call", "after-call"])
@pytest.mark.parametrize("operation", ["PutObject", "UpdateItem"])
def test_a_crash_between_two_writes_loses_nothing(
    zoe_and_bob: dict[str, str], drain: Drain, when: str, operation: str
) -> None:
    """Each worker crashes at its second write, so every write is once the last one of a worker."""
    before = objects()
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, "member:zoe")
    crashes = 0
    while not requests.progress_of(requests.get(request.id)).step.startswith("rows/"):
        with suppress(Crash), crash_at(2, when, operation):
            erasure.erase_subject(request.id)
            break
        crashes += 1
    assert crashes >= 2
    erasure.erase_subject(request.id)
    read = privacy_requests.read_request(request.id)
    assert read.status is PrivacyStatus.COMPLETED
    assert changed_keys(before) == {zoe_and_bob[name] for name in ("zoe", "both", "part", "firsts")}
    assert read.report is not None
    assert read.report["erased"][SAMPLE.folder] == 5
    assert len({row["user_id"] for row in rows(objects()[zoe_and_bob["both"]])}) == 3


def test_two_workers_rewrite_each_object_once(zoe_and_bob: dict[str, str], drain: Drain) -> None:
    """A second worker takes over in the middle of a day; the first one stops."""
    before = objects()
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, "member:zoe")
    begun: list[str] = []

    def take_over() -> None:
        if not begun:
            begun.append(request.id)
            erasure.erase_subject(request.id)

    with hooked("before-call", "PutObject", take_over):
        erasure.erase_subject(request.id)
    read = privacy_requests.read_request(request.id)
    assert read.status is PrivacyStatus.COMPLETED
    assert changed_keys(before) == {zoe_and_bob[name] for name in ("zoe", "both", "part", "firsts")}
    assert read.report is not None
    assert read.report["erased"][SAMPLE.folder] == 5


def test_a_customer_is_erased_in_every_app_of_the_shop(drain: Drain) -> None:
    apps = [
        put_events(f"shop:{SHOP}:{app}", "2026-11-01", event(CUSTOMER), event("8")) for app in ("studio", "discounts")
    ]
    apps.append(put_firsts(f"shop:{SHOP}:discounts", CUSTOMER))
    put_events(f"shop:{SHOP}x:studio", "2026-11-01", event(CUSTOMER))
    put_events("together", "2026-11-01", event(CUSTOMER))
    before = objects()
    erase(f"customer:{SHOP}:{CUSTOMER}", drain)
    assert changed_keys(before) == set(apps)
    assert CUSTOMER not in "".join(str(rows(objects()[key])) for key in apps)


@pytest.mark.parametrize(
    ("subject", "tenants"),
    [
        (f"shop:{SHOP}", [f"shop:{SHOP}:studio", f"shop:{SHOP}:discounts"]),
        ("store:s1", ["store:s1"]),
    ],
)
def test_the_folders_of_a_tenant_are_deleted_with_it(drain: Drain, subject: str, tenants: list[str]) -> None:
    every = [f"shop:{SHOP}:studio", f"shop:{SHOP}:discounts", "store:s1", "store:s11", f"shop:x{SHOP}:studio"]
    for tenant in [*every, "together", "platform"]:
        put_events(tenant, "2026-11-01", event("zoe"))
        put_events(tenant, "2026-11-02", event("bob"), name="part-1.parquet")
        put_firsts(tenant, "zoe")
    before = objects()
    erase(subject, drain)
    own = {key for key in before for tenant in tenants if f"/{lakes.tenant_folder('', tenant)}" in key}
    assert len(own) == 3 * len(tenants)
    assert objects() == {key: data for key, data in before.items() if key not in own}


def test_a_store_is_a_person_at_the_platform(drain: Drain) -> None:
    key = put_events("platform", "2026-11-01", event("s1"), event("s2"))
    before = objects()
    erase("store:s1", drain)
    assert changed_keys(before) == {key}
    assert "s1" not in str(rows(objects()[key]))


def test_a_named_day_without_an_object_is_passed(drain: Drain) -> None:
    name_day("together", "zoe", "2026-10-01")
    key = put_events("together", "2026-11-01", event("zoe"))
    erase("member:zoe", drain)
    assert "zoe" not in str(rows(objects()[key]))


def _bucket() -> str:
    return config.settings().archive_bucket
