from __future__ import annotations

import pytest

from chalicelib.analytics.models import Experiment
from chalicelib.analytics.service import exposures
from chalicelib.analytics.service.experiment_results import compute_experiment
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from tests.analytics.event_factories import TENANT, store
from tests.analytics.experiment_factories import METRIC, conversion, exposure, later, running_experiment, variants

PATH = f"/v1/analytics/sites/{TENANT}/experiments"
BODY = {"name": "Button", "metric": METRIC, "variants": variants()}


@pytest.fixture(autouse=True)
def sites(new_site):
    exposures.forget()
    new_site(TENANT, readers=["store:mine"])
    new_site("store:2", readers=["store:other"])


@pytest.fixture
def as_role(api):
    """The API with a token of an account."""

    def client(role: Role, account: str):
        api.headers["Authorization"] = f"Bearer {auth.mint(role, account)}"
        return api

    return client


def test_experiment_runs_from_draft_to_stop(operator):
    created = operator.post(PATH, json={**BODY, "coverage": "0.5", "namespace": {"name": "n", "start": 0, "end": 0.5}})
    assert created.status_code == 201
    draft = created.json()
    assert (draft["status"], draft["coverage"], draft["namespace"]) == ("draft", "0.5", ["n", "0", "0.5"])
    path = f"{PATH}/{draft['test_id']}"
    assert operator.post(path, json={"action": "start", "coverage": "0.8"}).json()["status"] == "running"
    reduced = operator.post(path, json={"action": "start", "coverage": "0.7"})
    assert (reduced.status_code, reduced.json()["code"]) == (409, "CoverageReduced")
    assert operator.get(path).json()["coverage"] == "0.8"
    assert operator.post(path, json={"action": "stop"}).json()["status"] == "stopped"
    [listed] = operator.get(PATH).json()["items"]
    assert (listed["test_id"], listed["status"]) == (draft["test_id"], "stopped")


def test_result_has_the_columns_and_the_rates(operator):
    test, now = running_experiment(), clock.now()
    Experiment(test).update([Experiment.started_at.set(later(now, hours=-2))])
    at = later(now, hours=-1)
    store([exposure(test, "c1", 0, at), exposure(test, "c2", 0, at), conversion(test, "c1", at, "3")])
    compute_experiment(test)
    read = operator.get(f"{PATH}/{test}").json()
    control, other = read["variants"]
    assert (control["exposures"], control["conversion_rate"], control["mean"], control["revenue"]) == (2, 0.5, 1.5, "3")
    assert (other["exposures"], other["conversion_rate"]) == (0, None)
    assert read["statistics"]["b"]["reason"] == "too_few"
    assert (read["variant_a_conversions"], read["winner"]) == (1, None)


def test_readers_of_the_site_may_use_its_experiments(as_role):
    reader = as_role(Role.STORE_OWNER, "mine")
    test = reader.post(PATH, json=BODY).json()["test_id"]
    assert reader.post(f"{PATH}/{test}", json={"action": "start"}).status_code == 200
    assert reader.get(PATH).json()["items"][0]["status"] == "running"


def test_another_account_sees_no_site(as_role):
    test = running_experiment()
    stranger = as_role(Role.STORE_OWNER, "other")
    path = f"{PATH}/{test}"
    answers = [stranger.get(PATH), stranger.post(PATH, json=BODY), stranger.get(path)]
    answers += [stranger.post(path, json={"action": "stop"}), stranger.get("/v1/analytics/sites/store:9/experiments")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "SiteNotFound")}
    foreign = stranger.get(f"/v1/analytics/sites/store:2/experiments/{test}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "ExperimentNotFound")
    assert stranger.post(f"/v1/analytics/sites/store:2/experiments/{test}", json={"action": "stop"}).status_code == 404


def test_support_reads_and_members_do_not(as_role):
    support = as_role(Role.SUPPORT, "s")
    assert support.get(PATH).status_code == 200
    assert support.post(PATH, json=BODY).status_code == 403
    assert as_role(Role.MEMBER, "mine").get(PATH).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"coverage": "0"},
        {"coverage": "1.5"},
        {"namespace": {"name": "n", "start": 0.5, "end": 0.5}},
        {"variants": variants(5000, 4999)},
        {"status": "running"},
    ],
)
def test_invalid_body_is_refused(operator, change):
    assert operator.post(PATH, json={**BODY, **change}).status_code == 422
