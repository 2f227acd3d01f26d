from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.analytics.enums import SiteKind
from chalicelib.analytics.errors import UnknownKey
from chalicelib.analytics.models import Site
from chalicelib.analytics.service import register_site, site_cache
from chalicelib.analytics.service.sites import SiteOptions
from chalicelib.kit import aws, clock
from chalicelib.kit.models import IdempotencyRecord

SITES = "/v1/operator/analytics/sites"
BODY = {"tenant": "store:1", "name": "Shop", "time_zone": "Europe/Berlin", "origins": ["https://a.example", "null"]}


def test_created_site_shows_its_secret_once(operator):
    created = operator.post(SITES, json=BODY, headers={"Idempotency-Key": "k"})
    assert created.status_code == 201
    site = created.json()
    assert site["key"].startswith("pk_")
    assert site["secret"].startswith("sk_")
    assert (site["kind"], site["currency"], site["max_events_per_day"]) == ("store", "USD", 1_000_000)
    replayed = operator.post(SITES, json=BODY, headers={"Idempotency-Key": "k"})
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.json() == {**site, "secret": None}
    rows = aws.client("dynamodb").scan(TableName=IdempotencyRecord.Meta.table_name)["Items"]
    assert rows
    assert site["secret"] not in str(rows)
    assert operator.get(f"{SITES}/store:1").json() == {name: site[name] for name in site if name != "secret"}


def test_tenant_has_one_site(operator):
    assert operator.post(SITES, json=BODY).status_code == 201
    second = operator.post(SITES, json=BODY)
    assert (second.status_code, second.json()["code"]) == (409, "SiteExists")


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": "customer:1"},
        {"tenant": "store:1#2"},
        {"tenant": "shop:a.example"},
        {"time_zone": "Mars/Olympus"},
        {"currency": "usd"},
        {"origins": ["https://a.example/"]},
        {"origins": ["https://a.example:443"]},
        {"origins": ["https://*.a.example"]},
        {"origins": ["*"]},
        {"origins": [f"https://{number}.example" for number in range(21)]},
        {"counted": {f"e{number}": "p" for number in range(11)}},
        {"readers": ["member:1"]},
        {"key": "pk_mine"},
    ],
)
def test_invalid_setting_is_rejected(operator, change):
    assert operator.post(SITES, json={**BODY, **change}).status_code == 422


def test_update_needs_the_current_version_and_keeps_other_fields(operator):
    operator.post(SITES, json=BODY)
    tag = operator.get(f"{SITES}/store:1").headers["ETag"]
    assert operator.patch(f"{SITES}/store:1", json={"name": "New"}).status_code == 428
    changed = operator.patch(f"{SITES}/store:1", json={"name": "New"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["time_zone"]) == ("New", "Europe/Berlin")
    for stale in (tag, '"x"'):
        again = operator.patch(f"{SITES}/store:1", json={"name": "Old"}, headers={"If-Match": stale})
        assert (again.status_code, again.json()["code"]) == (412, "VersionMismatch")
    assert operator.patch(f"{SITES}/store:2", json={"name": "A"}, headers={"If-Match": tag}).status_code == 404


def test_previous_key_works_for_seven_days(operator, monkeypatch):
    first = operator.post(SITES, json=BODY).json()
    tag = operator.get(f"{SITES}/store:1").headers["ETag"]
    second = operator.post(f"{SITES}/store:1/keys", headers={"If-Match": tag})
    assert second.status_code == 201
    keys = second.json()
    assert keys["previous_key"] == first["key"]
    assert len({keys["key"], keys["secret"], first["key"], first["secret"]}) == 4
    for key in (keys["key"], first["key"]):
        assert site_cache.site_by_key(key).tenant == "store:1"
    assert site_cache.site_by_secret(keys["secret"]).tenant == "store:1"
    with pytest.raises(UnknownKey):
        site_cache.site_by_secret(first["secret"])
    later = clock.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert site_cache.site_by_key(keys["key"]).tenant == "store:1"
    with pytest.raises(UnknownKey):
        site_cache.site_by_key(first["key"])


def test_retry_of_a_rotation_replaces_no_key_in_use(operator):
    first = operator.post(SITES, json=BODY).json()
    tag = operator.get(f"{SITES}/store:1").headers["ETag"]
    assert operator.post(f"{SITES}/store:1/keys").status_code == 428
    keys = operator.post(f"{SITES}/store:1/keys", headers={"If-Match": tag}).json()
    assert operator.post(f"{SITES}/store:1/keys", headers={"If-Match": tag}).status_code == 412
    assert site_cache.site_by_key(first["key"]).key == keys["key"]


def test_second_rotation_ends_the_first_key(operator):
    first = operator.post(SITES, json=BODY).json()
    for _ in range(2):
        tag = operator.get(f"{SITES}/store:1").headers["ETag"]
        operator.post(f"{SITES}/store:1/keys", headers={"If-Match": tag})
    with pytest.raises(UnknownKey):
        site_cache.site_by_key(first["key"])


def test_list_shows_the_sites_of_a_kind_without_secrets(operator, new_site):
    for tenant in ("store:1", "store:2", "together"):
        new_site(tenant)
    page = operator.get(SITES, params={"limit": 1}).json()
    assert [site["tenant"] for site in page["items"]] == ["store:1"]
    rest = operator.get(SITES, params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert [site["tenant"] for site in rest["items"]] == ["store:2"]
    assert "secret" not in str(page)
    others = operator.get(SITES, params={"kind": "together"}).json()
    assert [site["tenant"] for site in others["items"]] == ["together"]


def test_registering_again_writes_differences_only():
    options: SiteOptions = {
        "time_zone": "UTC",
        "currency": "EUR",
        "origins": ["null"],
        "counted": {"a": "b"},
        "readers": ["store:1"],
    }
    key = register_site("shop:a.example:studio", "A", **options)
    row = Site.get("shop:a.example:studio")
    assert (row.kind, row.key, row.currency) == (SiteKind.SHOP, key, "EUR")
    assert register_site("shop:a.example:studio", "A", **options) == key
    assert Site.get("shop:a.example:studio").updated_at == row.updated_at
    assert register_site("shop:a.example:studio", "B", **options) == key
    changed = Site.get("shop:a.example:studio")
    assert (changed.name, changed.version) == ("B", 1)


@pytest.mark.parametrize("path", ["", "/store:1"])
def test_only_operators_see_sites(api, path):
    assert api.get(SITES + path).status_code == 401
