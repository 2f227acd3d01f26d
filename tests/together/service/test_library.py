"""The library's content, checked by a schema, and what a member gets of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter

from chalicelib.kit import clock, ids
from chalicelib.kit.schemas import Input
from chalicelib.together.enums import ActivityKind, ActivityStatus, Difficulty, LoveLanguage
from chalicelib.together.models import User
from chalicelib.together.repository import activities
from chalicelib.together.schemas.library import LibraryKind
from chalicelib.together.service import library
from chalicelib.together.service.library_content import _FOLDER, items_of
from tests.together.clocks import MovedClock
from tests.together.conftest import As
from tests.together.members import new_couple, new_member

Id = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
Words = Annotated[str, Field(min_length=3, max_length=300)]
Languages = Annotated[list[LoveLanguage], Field(min_length=1)]


class Prompt(Input):
    id: Id
    category: Id
    text: Words


class DateIdea(Input):
    id: Id
    title: Words
    text: Words
    activity_kind: ActivityKind
    minutes: Annotated[int, Field(ge=15, le=480)]
    budget: Literal["free", "low", "medium", "high"]
    love_languages: Languages


class Template(Input):
    id: Id
    version: Annotated[int, Field(ge=1)]
    title: Words
    text: Words
    difficulty: Difficulty
    duration_days: Annotated[int, Field(ge=1, le=31)]
    love_languages: Languages


class Guide(Input):
    id: Id
    title: Words
    text: Words
    minutes: Annotated[int, Field(ge=5, le=60)]
    steps: Annotated[list[Words], Field(min_length=3)]
    course: Id


class Course(Input):
    id: Id
    title: Words
    text: Words
    guides: Annotated[list[Id], Field(min_length=3)]


@pytest.mark.parametrize(
    ("kind", "schema", "least"),
    [
        (LibraryKind.PROMPTS, Prompt, 60),
        (LibraryKind.DATE_IDEAS, DateIdea, 40),
        (LibraryKind.CHALLENGES, Template, 20),
        (LibraryKind.GUIDES, Guide, 10),
        (LibraryKind.COURSES, Course, 3),
    ],
)
def test_the_content_fits_its_schema(kind: LibraryKind, schema: Any, least: int) -> None:
    rows = TypeAdapter(list[schema]).validate_json((_FOLDER / f"{kind}.json").read_bytes())
    assert len(rows) >= least
    for unique in ("id", "text"):
        assert len({getattr(row, unique) for row in rows}) == len(rows)


def test_each_guide_has_its_place_in_one_course() -> None:
    courses = items_of(LibraryKind.COURSES)
    placed = [(guide, course.id) for course in courses for guide in course.guides or ()]
    assert placed == [(guide.id, guide.course) for guide in items_of(LibraryKind.GUIDES)]


def test_the_prompt_changes_at_midnight_of_the_member(moved_clock: MovedClock) -> None:
    one, two = new_couple(timezone="Pacific/Auckland")
    noon_in_utc = library.read_library(one, LibraryKind.PROMPTS)
    assert noon_in_utc == library.read_library(two, LibraryKind.PROMPTS)
    assert len(noon_in_utc.items) == 1
    moved_clock.move(hours=-2)  # 23:00 in Auckland
    assert library.read_library(one, LibraryKind.PROMPTS) != noon_in_utc


def test_date_ideas_are_ranked_by_love_language_and_ratings(moved_clock: MovedClock) -> None:
    user = new_member(love_language_primary=LoveLanguage.PHYSICAL_TOUCH)
    ranked = library.read_library(user, LibraryKind.DATE_IDEAS).items
    assert sorted(item.id for item in ranked) == sorted(item.id for item in items_of(LibraryKind.DATE_IDEAS))
    speaks = [LoveLanguage.PHYSICAL_TOUCH in item.love_languages for item in ranked]
    assert speaks == sorted(speaks, reverse=True)
    _complete(user, ActivityKind.ADVENTURE, 10)
    best = library.read_library(user, LibraryKind.DATE_IDEAS).items[0]
    assert best.activity_kind is ActivityKind.ADVENTURE


def _complete(user: User, kind: ActivityKind, rating: int) -> None:
    now = clock.now()
    columns = {"title": "A", "kind": kind, "created_at": now, "updated_at": now, "completed_at": now}
    columns |= {"status": ActivityStatus.COMPLETED, "satisfaction_user_1": rating}
    activities.new_activity(str(user.relationship_id), ids.new(), user.id, columns).save()


def test_the_library_is_read_over_http(acting: As) -> None:
    client = acting(new_member())
    assert client.call("GET", "library?kind=guides").json()["items"][0]["steps"]
    assert client.call("GET", "library?kind=courses").json()["items"][0]["guides"]
    assert len(client.call("GET", "library?kind=challenges").json()["items"]) >= 20
    assert client.call("GET", "library?kind=horoscopes").status_code == 422
    assert client.call("GET", "library").json()["errors"][0]["path"] == "query.kind"
