"""The pages' kit in Chromium: components by keyboard, charts, and the API client against a network that misbehaves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from infra.local import chromium
from tests.end_to_end.test_browser import CONTRASTS, browser
from tests.timeouts import LIMIT

__all__ = ["browser"]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not chromium.is_here, reason="Chromium is not installed")]

SMALL_TARGETS = """() => [...document.querySelectorAll('button, a.button, select, input, textarea, summary')]
  .filter((e) => e.checkVisibility() && !e.matches('[type=checkbox], [type=radio]'))
  .filter((e) => e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44)
  .map((e) => e.outerHTML.slice(0, 80))"""
CALL = """async ([method, path, options]) => {
  const call = kit.client({ base: '/fake/', token: async () => 'token-' + ++window.tokens, waiting: () => ++window.waits });
  window.tokens = window.waits = 0;
  try {
    return { ...(await call(method, path, options)), tokens: window.tokens, waits: window.waits };
  } catch (error) {
    return { code: error.code, message: error.message, fields: error.fields, tokens: window.tokens, waits: window.waits };
  }
}"""


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """One tab for all tests of the module; each opens the page again."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(LIMIT * 1000)
    tab = context.new_page()
    tab.on("pageerror", lambda error: pytest.fail(str(error)))
    yield tab
    context.close()


@pytest.fixture
def page(tab: Page, api_url: str) -> Iterator[Page]:
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.goto(f"{api_url}/kit/web")
    expect(tab.get_by_role("img", name="Previews in 30 days")).to_be_visible()
    yield tab
    tab.unroute_all()


class Network:
    """Answers of a network, in order; the last one stays. A status of 0 loses the connection."""

    def __init__(self, page: Page, *answers: tuple[int, dict[str, str], Any]) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, str]] = []
        page.route("**/fake/**", self._answer)

    def _answer(self, route: Route) -> None:
        self.requests.append(route.request.headers)
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 0:
            route.abort("connectionreset")
        else:
            route.fulfill(status=status, headers={"content-type": "application/json", **headers}, body=json.dumps(body))


def call(page: Page, method: str, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = page.evaluate(CALL, [method, "things", options])
    return result


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen_and_targets_are_large(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("look", ["plain", "admin"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_have_contrast(page: Page, scheme: Literal["light", "dark"], look: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.locator("select[name=look]").select_option(look)
    assert page.evaluate(CONTRASTS) == []


def test_a_refused_form_says_what_is_wrong_beside_the_field(page: Page) -> None:
    form = page.get_by_role("form", name="Example")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Name")).to_be_focused()
    expect(form.get_by_label("Name")).to_have_accessible_description("As shoppers see it. Please fill this in.")
    form.get_by_label("Name").fill("wrong")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Width in px")).to_have_accessible_description("The width is too large.")
    expect(form.get_by_label("Width in px")).to_be_focused()
    form.get_by_label("Name").fill("conflict")
    form.get_by_label("Width in px").fill("3000")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert").filter(has_text="Somebody else changed this")).to_be_visible()
    form.get_by_role("button", name="Load it again").click()
    expect(page.get_by_text("Loaded again.")).to_be_visible()


def test_tabs_and_dialogs_work_by_keyboard(page: Page) -> None:
    page.get_by_role("tab", name="Products").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel")).to_have_text("The second panel.")
    page.keyboard.press("Home")
    expect(page.get_by_role("tabpanel")).to_have_text("The first panel.")
    page.get_by_role("button", name="Ask", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Remove the size?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Kept.")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()


def test_the_skip_link_leaves_the_open_tab_alone(page: Page) -> None:
    page.get_by_role("tab").nth(1).click()
    expect(page.get_by_role("tabpanel")).to_have_text("The second panel.")
    page.get_by_role("link", name="To the content").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert page.evaluate("location.hash") == "#main"
    expect(page.get_by_role("tabpanel")).to_have_text("The second panel.")
    page.evaluate("location.hash = ''")
    expect(page.get_by_role("tabpanel")).to_have_text("The first panel.")


def test_each_value_of_a_chart_can_be_reached_and_read(page: Page) -> None:
    chart = page.locator("figure").filter(has_text="Revenue by plan")
    chart.get_by_role("img", name="Basic, Q1: 1,200 USD").focus()
    for key, name in (
        ("ArrowRight", "Basic, Q2: 1,500 USD"),
        ("ArrowDown", "Plus, Q2: 900 USD"),
        ("End", "Plus, Q4: 2,100 USD"),
    ):
        page.keyboard.press(key)
        expect(chart.get_by_role("img", name=name)).to_be_focused()
        expect(chart.locator(".value")).to_have_text(name)
    assert chart.locator("[tabindex='0']:visible").count() == 1
    chart.get_by_text("Show as a table").click()
    expect(chart.get_by_role("row", name="Q4")).to_contain_text("1,800")


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("Previews a day", ["This year, Jan 15: 40 previews"]),
        ("Images by style", ["Pencil: 120", "Oil: 80"]),
        ("Orders by day and hour", ["Monday, 7:00: 10"]),
        ("Conversion with its 95 % interval", ["Variant A: 3.6 % (3.1 to 4.1)"]),
    ],
)
def test_each_kind_of_chart_names_its_values(page: Page, title: str, values: list[str]) -> None:
    chart = page.locator("figure").filter(has_text=title)
    for value in values:
        expect(chart.get_by_role("img", name=value, exact=True)).to_be_visible()


def test_a_value_that_is_not_complete_is_hatched_and_named_so(page: Page) -> None:
    chart = page.locator("figure").filter(has_text="Previews a day")
    assert chart.locator("rect.open").count() == 1
    expect(chart.get_by_text("Hatched: not complete yet.")).to_be_visible()
    expect(chart.get_by_role("img", name=re.compile("This year, Feb 13: .* previews so far"))).to_be_visible()
    assert chart.get_by_role("img", name=re.compile("so far")).count() == 2  # of both series


def test_a_chart_draws_what_it_says(page: Page) -> None:
    heights = page.evaluate(
        """() => { const figure = kit.chart({ type: 'bar', title: 'T', x: ['a', 'b', 'c'], series: [{ name: 's', values: [10, 20, null] }] });
        document.querySelector('main').append(figure);
        return new Promise((done) => setTimeout(() => done([...figure.querySelectorAll('rect')].map((e) => +e.getAttribute('height'))), 100)); }"""
    )
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0])


DRAW = """(spec) => { const figure = kit.chart({ title: 'T', ...spec });
  document.querySelector('main').replaceChildren(figure);
  return new Promise((done) => { const look = () => (figure.querySelector('svg [tabindex]') ? done() : requestAnimationFrame(look)); look(); }); }"""


def draw(page: Page, kind: str, x: list[str], *series: list[float | None]) -> Locator:
    """Draw a chart and return its marks."""
    page.evaluate(
        DRAW, {"type": kind, "x": x, "series": [{"name": f"s{n}", "values": each} for n, each in enumerate(series)]}
    )
    return page.locator("figure svg [role=img] .mark")


def tick_labels(page: Page) -> list[str]:
    return page.locator("figure svg text[text-anchor=end]").all_text_contents()


def test_only_a_whole_date_is_written_short(page: Page) -> None:
    draw(page, "bar", ["2024-12-25", "2024-12-25T10:00:00Z", "2024-12-25 Xmas", "2026-13-01"], [1, 2, 3, 4])
    names = [mark.get_attribute("aria-label") for mark in page.locator("figure svg [role=img]").all()]
    assert names == ["Dec 25: 1", "Dec 25: 2", "2024-12-25 Xmas: 3", "2026-13-01: 4"]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1, ["0", "0.25", "0.5", "0.75", "1"]),
        (0.0041, ["0", "0.002", "0.004", "0.006"]),
        (9.5, ["0", "2.5", "5", "7.5", "10"]),
        (1250, ["0", "500", "1K", "1.5K"]),
        (1000, ["0", "250", "500", "750", "1K"]),
        (950, ["0", "250", "500", "750", "1K"]),
    ],
)
def test_the_labels_of_an_axis_are_exact(page: Page, most: float, ticks: list[str]) -> None:
    draw(page, "line", ["a", "b"], [most / 3, most])
    assert tick_labels(page) == ticks


def test_stacked_values_below_zero_grow_downwards(page: Page) -> None:
    boxes = [mark.bounding_box() for mark in draw(page, "stacked", ["a"], [30], [-20], [10]).all()]
    first, below, last = (box for box in boxes if box)
    assert tick_labels(page) == ["-20", "0", "20", "40"]
    assert below["y"] == pytest.approx(first["y"] + first["height"], abs=2)
    assert last["y"] + last["height"] == pytest.approx(first["y"], abs=2)


def test_a_missing_value_is_none_in_the_chart_and_its_table(page: Page) -> None:
    for kind in ("line", "bar", "stacked", "heat", "interval"):
        page.evaluate(DRAW, {"type": kind, "x": ["a", "b"], "series": [{"name": "s", "values": [1]}]})
        assert "NaN" not in page.locator("figure").inner_html()
        page.get_by_text("Show as a table").click()
        expect(page.get_by_role("row", name="b")).to_contain_text("–")


def test_a_heat_map_is_faint_where_values_are_negative(page: Page) -> None:
    marks = draw(page, "heat", ["a", "b", "c"], [-5, 0, 5]).all()
    assert [float(mark.get_attribute("fill-opacity") or 0) for mark in marks] == pytest.approx([0.06, 0.06, 1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_is_seen_on_a_value_and_on_the_table(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    stroke, fill = draw(page, "bar", ["a"], [1]).evaluate(
        "(e) => { e.parentNode.focus(); const { stroke, fill } = getComputedStyle(e); return [stroke, fill]; }"
    )
    assert stroke != fill
    page.get_by_text("Show as a table").click()
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="T")).to_be_focused()
    assert page.get_by_role("region", name="T").evaluate("(e) => getComputedStyle(e).outlineStyle") == "solid"


def test_an_answer_carries_data_and_version(page: Page) -> None:
    network = Network(page, (200, {"ETag": '"7"'}, {"name": "x"}))
    answer = call(page, "PUT", body={"name": "x"}, etag='"6"')
    assert (answer["data"], answer["etag"]) == ({"name": "x"}, '"7"')
    (request,) = network.requests
    assert (request["authorization"], request["if-match"]) == ("Bearer token-1", '"6"')


@pytest.mark.parametrize(
    "failure", [(429, {"Retry-After": "0.1"}, {}), (503, {}, {}), (0, {}, {})], ids=["429", "503", "network"]
)
def test_a_passing_failure_is_retried_with_the_same_key(page: Page, failure: tuple[int, dict[str, str], Any]) -> None:
    network = Network(page, failure, (201, {}, {"uuid": "1"}))
    answer = call(page, "POST", body={}, key=True)
    assert (answer["status"], answer["waits"]) == (201, 1)
    keys = [request["idempotency-key"] for request in network.requests]
    assert len(keys) == 2
    assert len(set(keys)) == 1


@pytest.mark.parametrize(("method", "options"), [("POST", {}), ("PUT", {"etag": '"1"'})])
def test_a_lost_request_that_may_have_worked_is_not_repeated(page: Page, method: str, options: dict[str, Any]) -> None:
    network = Network(page, (0, {}, {}))
    answer = call(page, method, body={}, **options)
    assert (answer["code"], len(network.requests)) == ("Offline", 1)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}], ids=["no time", "an hour"])
def test_a_used_up_quota_is_not_retried(page: Page, headers: dict[str, str]) -> None:
    network = Network(
        page, (429, headers, {"code": "QuotaExceeded", "detail": "The shop's monthly image quota is used up"})
    )
    answer = call(page, "GET")
    assert (answer["message"], len(network.requests)) == ("The shop's monthly image quota is used up", 1)


def test_concurrent_calls_repeat_with_a_key(page: Page) -> None:
    """The first successful call deletes the shared key; the other call still repeats with it."""
    network = Network(page, (201, {}, {}), (503, {}, {}), (201, {}, {}))
    page.evaluate(
        """async () => {
        const call = kit.client({ base: '/fake/' });
        await Promise.all([call('POST', 'x', { key: true, body: {} }), call('POST', 'x', { key: true, body: {} })]);
        }"""
    )
    keys = [request["idempotency-key"] for request in network.requests]
    assert (len(keys), len(set(keys))) == (3, 1)


def test_the_idempotency_key_of_the_caller_is_sent(page: Page) -> None:
    network = Network(page, (201, {}, {}))
    call(page, "POST", body={}, key="my-own-key")
    assert network.requests[0]["idempotency-key"] == "my-own-key"


def test_a_refused_token_is_renewed_once(page: Page) -> None:
    refused: tuple[int, dict[str, str], Any] = (401, {}, {"code": "Unauthenticated"})
    assert call_with(page, refused, (200, {}, {}))["tokens"] == 2
    expired = call_with(page, refused)
    assert (expired["code"], expired["tokens"]) == ("SessionExpired", 2)


def call_with(page: Page, *answers: tuple[int, dict[str, str], Any]) -> dict[str, Any]:
    page.unroute_all()
    Network(page, *answers)
    return call(page, "GET")


def test_errors_are_said_by_field_and_in_words(page: Page) -> None:
    errors = [{"path": "body.name", "message": "too long"}, {"path": "body.sizes.0.width", "message": "too wide"}]
    answer = call_with(page, (422, {}, {"code": "InvalidInput", "detail": "x", "errors": errors}))
    assert answer["fields"] == {"name": "too long", "sizes.0.width": "too wide"}
    assert call_with(page, (412, {}, {"code": "VersionMismatch"}))["message"].startswith("Somebody else changed this")
    assert call_with(page, (500, {}, "not a problem"))["message"] == "Something went wrong. Please try again."


def test_an_admin_that_gives_no_token_has_ended_the_session(page: Page) -> None:
    code = page.evaluate(
        "kit.client({ base: '/', token: () => Promise.reject(new Error('ended')) })('GET', 'x').catch((error) => error.code)"
    )
    assert code == "SessionExpired"


def test_a_token_that_never_comes_ends_the_session(page: Page) -> None:
    code = page.evaluate(
        "kit.client({ base: '/', timeout: 0.01, token: () => new Promise(() => {}) })('GET', 'x').catch((error) => error.code)"
    )
    assert code == "SessionExpired"


def test_a_picture_that_is_gone_shows_words_and_asks_for_one_other_link(page: Page) -> None:
    page.evaluate(
        """() => { window.renewed = 0; document.querySelector('main').prepend(
        kit.picture('data:,gone', 'A portrait', async () => { window.renewed++; return 'data:,also-gone'; })) }"""
    )
    expect(page.get_by_text("A portrait", exact=True)).to_be_visible()
    assert page.evaluate("window.renewed") == 1


def test_few_labels_of_an_axis_are_cut_and_many_are_left_out(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    hours = page.locator("figure").filter(has_text="Orders by day and hour").locator("svg text")
    expect(hours.filter(has_text=re.compile("^7:00$"))).to_have_count(1)
    assert not [text for text in hours.all_text_contents() if "…" in text]
    expect(
        page.locator("figure").filter(has_text="Images by style").locator("svg text").filter(has_text="…")
    ).to_have_count(2)


def test_an_answer_that_stalls_is_given_up(page: Page) -> None:
    page.evaluate(
        """() => { window.fetch = (url, { signal }) => new Promise(
        (_, fail) => signal.addEventListener('abort', () => fail(new Error('aborted')))) }"""
    )
    code = page.evaluate("kit.client({ base: '/', timeout: 0.01, tries: 2 })('GET', 'x').catch((error) => error.code)")
    assert code == "Offline"


def test_pressing_the_button_again_repeats_nothing(page: Page) -> None:
    """After a 5xx the work may be done: the same request keeps its key. After an answer it gets another."""
    network = Network(page, (500, {}, {}), (201, {}, {}), (201, {}, {}))
    page.evaluate(
        """async () => { const call = kit.client({ base: '/fake/' });
        for (let n = 0; n < 3; n++) await call('POST', 'things', { key: true, body: { a: 1 } }).catch(() => null) }"""
    )
    keys = [request["idempotency-key"] for request in network.requests]
    assert keys[0] == keys[1] != keys[2]
