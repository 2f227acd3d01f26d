"""Schemas of reports and funnels: the questions, and their results."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictBool, StrictInt, StringConstraints, model_validator

from chalicelib.analytics.domain.reports.questions import (
    MAX_DAYS,
    MAX_SAME_NAME,
    MAX_WINDOW_SECONDS,
    EventFilter,
    FunnelQuestion,
    Period,
    Question,
    RetentionQuestion,
)
from chalicelib.analytics.enums import FunnelOrder, ReportEngine, ReportKind, ReportStatus
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Amount, Schema, Timestamp

EventName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
DataKey = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r'^[^\x00-\x1f\x7f"\\*]+$')]
DataValue = (
    StrictBool
    | Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
    | Annotated[str, StringConstraints(strict=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
)


class _Question(BaseModel):
    """A part of a question. Texts keep their spaces: they are compared with the events'."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class StepInput(_Question):
    name: EventName = Field(description="The name of an event.")
    where: dict[DataKey, DataValue] = Field(
        default_factory=dict, max_length=10, description="By key of the event's `data`: the value that it must have."
    )

    def to_filter(self) -> EventFilter:
        """Return the filter of the domain."""
        return EventFilter(self.name, self.where)


class FunnelSteps(_Question):
    """What a saved funnel and a funnel report have in common."""

    steps: list[StepInput] = Field(
        min_length=2, max_length=10, examples=[[{"name": "sign_up"}, {"name": "booking", "where": {"plan": "basic"}}]]
    )
    order: FunnelOrder = FunnelOrder.ORDERED
    window_seconds: int = Field(
        default=14 * 86_400, ge=1, le=MAX_WINDOW_SECONDS, description="From the first step; its last second counts."
    )

    @model_validator(mode="after")
    def _has_few_equal_names(self) -> Self:
        names = [step.name for step in self.steps]
        if self.order is FunnelOrder.UNORDERED and any(names.count(name) > MAX_SAME_NAME for name in names):
            raise ValueError(f"an unordered funnel has at most {MAX_SAME_NAME} steps with the same event name")
        return self

    def to_question(self, first_day: date, last_day: date) -> FunnelQuestion:
        """Return the question of the domain for attempts that begin between two days."""
        steps = tuple(step.to_filter() for step in self.steps)
        return FunnelQuestion(steps, self.order, self.window_seconds, first_day, last_day)


class _Range(_Question):
    first_day: date = Field(alias="from", ge=date(2000, 1, 1), le=date(2100, 1, 1))
    last_day: date = Field(alias="to", ge=date(2000, 1, 1), le=date(2100, 1, 1))

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days < MAX_DAYS:
            raise ValueError(f"`to` must not be before `from`; a report covers at most {MAX_DAYS} days")
        return self


class FunnelReportCreate(FunnelSteps, _Range):
    """How many persons do steps. An attempt begins in the range and may end after it."""

    kind: Literal[ReportKind.FUNNEL]


class RetentionReportCreate(_Range):
    """How many persons of a period return in the later ones."""

    kind: Literal[ReportKind.RETENTION]
    start: StepInput
    returning: StepInput = Field(alias="return")
    period: Period = Period.WEEK
    first_time: bool = Field(
        default=False, description="Count the start only in the period of a person's first event of this name."
    )


class ReportCreate(RootModel[FunnelReportCreate | RetentionReportCreate]):
    """A question, by its `kind`."""

    root: FunnelReportCreate | RetentionReportCreate = Field(discriminator="kind")

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    def to_question(self) -> Question:
        """Return the question of the domain."""
        body = self.root
        if isinstance(body, FunnelReportCreate):
            return FunnelSteps.to_question(body, body.first_day, body.last_day)
        return RetentionQuestion(
            body.start.to_filter(),
            body.returning.to_filter(),
            body.period,
            body.first_time,
            body.first_day,
            body.last_day,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the question as JSON in the form of the request, with every default."""
        return self.root.model_dump(mode="json", by_alias=True)


class ReportSummary(Schema):
    id: str
    status: ReportStatus


class StepRead(Schema):
    name: str
    reached: int = Field(description="Persons. In an unordered funnel: those that did as many of the steps.")
    average_seconds: Amount | None = Field(description="From the step before.")
    median_seconds: Amount | None


class RetentionRowRead(Schema):
    date: date
    values: list[int | None] = Field(
        description="Persons that start in the period, then those that return, by period; null: it has not begun."
    )
    complete: bool = Field(description="The period is over and lies in the range with all its days.")


class ReportResult(Schema):
    """`steps` of a funnel, `rows` of retention."""

    steps: list[StepRead] | None = None
    rows: list[RetentionRowRead] | None = None


class ReportRead(ReportSummary):
    kind: ReportKind
    question: dict[str, Any]
    engine: ReportEngine | None
    result: ReportResult | None
    error: str | None = Field(description="Why the report failed; ask again to retry.")
    created_at: Timestamp
    completed_at: Timestamp | None


class ReportRequested(Message):
    """Run a report, or look at its query in Athena."""

    queue = "analytics-run_report"

    tenant: str
    report_id: str

    def subjects(self) -> tuple[str, ...]:
        return (self.tenant,)
