"""Limits per visitor over HTTP: counted visitors, uncounted requests, and the text of the refusal."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.kit.models import Attempt
from chalicelib.studio.models import Quota, Upload
from infra.bench.round_trips import metered
from tests.studio.conftest import CUSTOMER, Gallery

HOME, OFFICE = "203.0.113.7", "198.51.100.9"
WIDE = {"day": 1000, "burst": 1000}


def limits(**groups: dict[str, Any]) -> dict[str, Any]:
    """Return high limits, except for `group_action={"day": …, "burst": …}`."""
    names = ("customer", "guest_address", "all_guests")
    body = {name: dict.fromkeys(("uploads", "previews"), WIDE) for name in names}
    for name, limit in groups.items():
        group, _, action = name.rpartition("_")
        body[group][action] = limit
    return body


def set_limits(gallery: Gallery, **groups: dict[str, Any]) -> None:
    response = gallery.merchant("PUT", "visitor-limits", limits(**groups))
    assert response.status_code == 200, response.text


def counts() -> list[int]:
    """Return the counts of the visitors' counters."""
    return sorted(row.failures for row in Attempt.scan() if row.key.startswith("studio/"))


def end_windows(moment: datetime) -> None:
    """Set the end of the full windows to that time."""
    for row in Attempt.scan(Attempt.failures == 2):
        row.update([Attempt.window_ends_at.set(moment)])


@pytest.mark.parametrize("window", ["burst", "day"])
def test_a_customer_is_refused_above_the_limit_until_the_window_ends(
    gallery: Gallery, stopped_clock: datetime, window: str
) -> None:
    set_limits(gallery, customer_uploads={"day": 2, "burst": 2} if window == "day" else {"day": 9, "burst": 2})
    statuses = [gallery.shopper("POST", "uploads", {}).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
    response = gallery.shopper("POST", "uploads", {})
    length = timedelta(days=1) if window == "day" else timedelta(minutes=10)
    words = "24 hours" if window == "day" else "10 minutes"
    assert response.headers["retry-after"] == str(int(length.total_seconds()))
    assert response.headers["ratelimit"] == f'"studio/customer/uploads/{window}";r=0;t={int(length.total_seconds())}'
    body = response.json()
    assert (body["code"], body["retry_at"]) == ("VisitorLimitReached", clock.iso(stopped_clock + length))
    assert body["detail"] == f"You have reached this shop's limit of uploads. Try again in {words}."
    assert gallery.shopper("POST", "uploads", {}, customer=1).status_code == 201
    end_windows(stopped_clock + timedelta(seconds=1))
    assert gallery.shopper("POST", "uploads", {}).headers["retry-after"] == "1"
    end_windows(stopped_clock)
    assert gallery.shopper("POST", "uploads", {}).status_code == 201


def test_guests_are_counted_by_address_and_together(gallery: Gallery) -> None:
    set_limits(gallery, guest_address_uploads={"day": 2, "burst": 2}, all_guests_uploads={"day": 3, "burst": 3})

    def upload(address: str) -> int:
        return gallery.guest("POST", "uploads", {}, address=address).status_code

    assert [upload(HOME) for _ in range(3)] == [201, 201, 429]
    assert upload(f"{OFFICE}, {HOME}") == 429  # a forged prefix
    assert upload(OFFICE) == 201
    response = gallery.guest("POST", "uploads", {}, address="192.0.2.1")
    assert (response.status_code, "for guests is reached. Log in" in response.json()["detail"]) == (429, True)
    assert gallery.shopper("POST", "uploads", {}).status_code == 201
    assert gallery.shopper("POST", "uploads", {}, customer=None).status_code == 429  # a guest without an address


def test_addresses_of_one_ipv6_network_are_one_guest_and_are_not_stored(gallery: Gallery) -> None:
    set_limits(gallery, guest_address_uploads={"day": 1, "burst": 1})
    assert gallery.guest("POST", "uploads", {}, address="2001:db8::1").status_code == 201
    assert gallery.guest("POST", "uploads", {}, address="2001:db8::2").status_code == 429
    stored = [row for row in Attempt.scan() if row.key.startswith("studio/")]
    assert len(stored) == 4
    assert all("2001" not in row.key and gallery.shop not in row.key for row in stored)
    assert max(row.expires_epoch for row in stored) <= clock.now() + timedelta(days=1)
    assert all("2001:db8" not in json.dumps(row.to_simple_dict(), default=str) for row in Upload.scan())


def test_only_accepted_requests_are_counted_and_only_once(gallery: Gallery) -> None:
    upload = gallery.accepted_upload()
    before = counts()
    request = gallery.preview_request(upload)
    other_style = request | {"style_id": gallery.product}
    assert gallery.shopper("POST", "generations", other_style).json()["code"] == "NotOffered"
    Quota(gallery.shop).update([Quota.max_concurrent_generations.set(0)])
    assert gallery.shopper("POST", "generations", request).json()["code"] == "TooManyGenerations"
    assert counts() == before
    Quota(gallery.shop).update([Quota.max_concurrent_generations.set(9)])
    answers = [gallery.shopper("POST", "generations", request, key="k") for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert counts() == sorted([*before, 1, 1])
    uploads = [gallery.shopper("POST", "uploads", {}, key="k") for _ in range(3)]
    assert len({answer.json()["id"] for answer in uploads}) == 1
    assert counts() == [1, 1, 2, 2]


def test_concurrent_requests_do_not_exceed_a_limit(gallery: Gallery) -> None:
    set_limits(gallery, all_guests_uploads={"day": 5, "burst": 9} | {"burst": 5})

    def upload(number: int) -> int:
        return gallery.guest("POST", "uploads", {}, address=f"10.0.0.{number}").status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(upload, range(12)))
    assert statuses.count(201) <= 5
    assert set(statuses) <= {201, 429, 503}
    assert Upload.by_shop.count(gallery.shop) == statuses.count(201)
    assert counts().count(statuses.count(201)) >= 2
    assert [upload(20 + number) for number in range(6 - statuses.count(201))][-1] == 429


def test_a_concurrent_repeat_of_the_last_allowed_request_gets_its_response(gallery: Gallery) -> None:
    set_limits(gallery, customer_previews={"day": 1, "burst": 1})
    request = gallery.preview_request(gallery.accepted_upload())
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: gallery.shopper("POST", "generations", request, key="k"), range(6)))
    assert [answer.status_code for answer in answers] == [202] * 6
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_limits_of_the_merchant_apply_at_once(gallery: Gallery) -> None:
    first = gallery.merchant("GET", "visitor-limits")
    assert first.json()["customer"]["previews"] == {"day": 15, "burst": 8}
    assert first.json()["all_guests"]["previews"]["day"] == 100
    assert gallery.guest("POST", "uploads", {}, address=HOME).status_code == 201
    changed = gallery.merchant(
        "PUT",
        "visitor-limits",
        limits(guest_address_uploads={"day": 1, "burst": 1}),
        **{"If-Match": first.headers["etag"]},
    )
    assert changed.status_code == 200, changed.text
    assert gallery.guest("POST", "uploads", {}, address=HOME).status_code == 429
    stale = gallery.merchant("PUT", "visitor-limits", limits(), **{"If-Match": first.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "VersionMismatch")
    gallery.preview()  # using the quota does not change the limits
    again = gallery.merchant("PUT", "visitor-limits", limits(), **{"If-Match": changed.headers["etag"]})
    assert again.status_code == 200
    assert gallery.guest("POST", "uploads", {}, address=HOME).status_code == 201


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ({"day": 0, "burst": 1}, "day"),
        ({"day": 5, "burst": 6}, "burst"),
        ({"day": 100_001, "burst": 1}, "day"),
        ({"day": "x", "burst": 1}, "day"),
    ],
)
def test_the_error_has_the_path_of_an_invalid_limit(gallery: Gallery, limit: dict[str, Any], path: str) -> None:
    response = gallery.merchant("PUT", "visitor-limits", limits(customer_previews=limit))
    assert response.status_code == 422
    assert {error["path"] for error in response.json()["errors"]} == {f"body.customer.previews.{path}"}


def test_a_refusal_writes_nothing(gallery: Gallery) -> None:
    set_limits(gallery, customer_uploads={"day": 1, "burst": 1})
    gallery.shopper("POST", "uploads", {})
    with metered() as meter:
        assert gallery.shopper("POST", "uploads", {}, customer=CUSTOMER).status_code == 429
    assert (meter.cost.reads, meter.cost.writes) == (1, 0)
