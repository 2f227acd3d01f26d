"""Error codes: declared apart from class names, listed, never removed, and each with a page."""

from __future__ import annotations

from html import unescape

import httpx2
import pytest

from chalicelib.kit import error_catalogue, error_pages
from chalicelib.kit.errors import Conflict, NotFound
from infra.docs import error_catalogue as generated
from infra.docs import problem_scan
from tests import public_names

SHARED = {"InvalidCode", "InvalidUpload", "InvitationNotFound"}
"""Codes of two contexts each, from before codes had to be unique. No other code may be shared."""


@pytest.mark.parametrize("name", ["error_codes", "operations", "schemas"])
def test_public_names_are_the_committed_ones(name: str) -> None:
    """`python -m tests.public_names` adds new names; a name that is missing here was removed or renamed."""
    assert public_names.current()[name] == public_names.committed(name)


def test_every_class_declares_a_code_of_its_own() -> None:
    generated.entries()  # imports every module that has some
    kinds = problem_scan.public_problems()
    assert [kind.__qualname__ for kind in kinds if "code" not in vars(kind)] == []
    codes = [kind.code for kind in kinds]
    assert {code for code in codes if codes.count(code) > 1} == SHARED


def test_a_renamed_class_keeps_its_code() -> None:
    class Renamed(Conflict):
        code = "Original"

    assert Renamed().as_dict("r")["code"] == "Original"


def test_the_catalogue_agrees_with_the_classes() -> None:
    """`make generate` writes it."""
    assert error_catalogue.FILE.read_text() == generated.render_json()


def test_every_code_has_a_page_that_says_what_to_do() -> None:
    for error in error_catalogue.load_codes():
        html = unescape(error_pages.code_page(error.code).html)
        for text in (error.code, error.title, error.advice, str(error.status)):
            assert text in html
    with pytest.raises(NotFound):
        error_pages.code_page("NoSuchCode")


def test_the_type_of_a_problem_is_the_page_of_its_code(api: httpx2.Client) -> None:
    problem = api.get("/v1/studio/styles").json()
    page = api.get(problem["type"])
    assert (problem["code"], page.status_code) == ("Unauthenticated", 200)
    assert "send a valid credential" in page.text
    assert "list_styles" in page.text
    assert f'href="errors/{problem["code"]}"' in api.get("/docs/errors").text


def test_pages_refer_to_operations_of_the_document() -> None:
    ids = {name.split()[0] for name in public_names.current()["operations"]}
    assert {operation for error in error_catalogue.load_codes() for operation in error.operations} <= ids


@pytest.mark.parametrize(
    ("operation", "codes"),
    [
        ("get_style", {"404 StyleNotFound", "401 InvalidSessionToken", "503 Unavailable"}),
        ("redeem_gift", {"404 GiftNotFound", "409 GiftNotRedeemable", "401 Unauthenticated"}),
        ("create_rows", {"402 PlanLimitReached", "422 InvalidRow", "429 ApiCallLimitReached"}),
    ],
)
def test_problems_of_services_and_verifiers_are_derived(operation: str, codes: set[str]) -> None:
    derived = {f"{error.status} {error.code}" for error in error_catalogue.codes_by_operation()[operation]}
    assert codes <= derived


def test_problems_of_other_contexts_are_not_derived() -> None:
    codes = {error.code for error in error_catalogue.codes_by_operation()["get_style"]}
    assert codes.isdisjoint({"GiftNotFound", "InvalidRow", "RelationshipNotFound", "TransferNotFound"})
