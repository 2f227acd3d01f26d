"""Schemas of experiments. The rules hold for `create_experiment`, too."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from chalicelib.analytics.domain.events import canonical_json
from chalicelib.analytics.domain.experiments.assignment import BUCKETS
from chalicelib.analytics.domain.experiments.events import RESERVED_NAMES
from chalicelib.analytics.enums import ExperimentStatus, MetricKind
from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Amount, Input, Schema, Timestamp

MAX_CONFIG_BYTES = 4_000

Coverage = Annotated[
    Decimal, Field(gt=0, le=1, decimal_places=4, description="The share of subjects that take part, above 0 to 1.")
]
VariantName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=3)]


class VariantCreate(Input):
    variant: VariantName
    weight: int = Field(ge=0, le=BUCKETS, description="Basis points; those of all variants sum to 10,000.")
    config: dict[str, Any] = Field(default_factory=dict, description="At most 4 kB of JSON.")

    @field_validator("config")
    @classmethod
    def _small(cls, config: dict[str, Any]) -> dict[str, Any]:
        if len(canonical_json(config).encode()) > MAX_CONFIG_BYTES:
            raise ValueError(f"must be at most {MAX_CONFIG_BYTES} bytes of JSON")
        return config


class NamespaceCreate(Input):
    """A range of subjects, `[start, end)`. Experiments with disjoint ranges of one namespace share no subject."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    start: Share
    end: Share

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.start >= self.end:
            raise ValueError("`start` must be before `end`")
        return self


class ExperimentCreate(Input):
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    metric: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.:-]{0,63}$")] = Field(
        description="The name of the events that convert a subject, from its first exposure on.",
        examples=["checkout_completed"],
    )
    metric_kind: MetricKind = MetricKind.PROPORTION
    variants: list[VariantCreate] = Field(
        min_length=2,
        max_length=10,
        description="The first is the control.",
        examples=[[{"variant": "control", "weight": 5000}, {"variant": "larger_button", "weight": 5000}]],
    )
    coverage: Coverage = Decimal(1)
    namespace: NamespaceCreate | None = None

    @field_validator("metric")
    @classmethod
    def _no_own_event(cls, metric: str) -> str:
        if metric in RESERVED_NAMES:
            raise ValueError("must not be the name of an event of experiments")
        return metric

    @field_validator("variants")
    @classmethod
    def _complete(cls, variants: list[VariantCreate]) -> list[VariantCreate]:
        if len({each.variant for each in variants}) < len(variants):
            raise ValueError("must have distinct names")
        if sum(each.weight for each in variants) != BUCKETS:
            raise ValueError(f"weights must sum to {BUCKETS}")
        return variants


class ActionName(StrEnum):
    START = "start"
    STOP = "stop"


class ExperimentAction(Input):
    """A change of an experiment. `coverage` goes with `start`; that of a running experiment only grows."""

    action: ActionName
    coverage: Coverage | None = None


class ExperimentRead(Schema):
    """The columns of `ab_tests`."""

    test_id: str
    test_name: str
    metric: str
    metric_kind: MetricKind
    status: ExperimentStatus
    coverage: Amount
    namespace: list[str] | None
    variant_a_config: Any
    variant_b_config: Any
    variant_a_conversions: int
    variant_b_conversions: int
    variant_a_revenue: Amount
    variant_b_revenue: Amount
    confidence_level: Amount | None = Field(description="In percent.")
    winner: str | None
    multiple_exposures: int = Field(description="Subjects that saw two variants; they count in neither.")
    sample_ratio_p: Amount | None = Field(description="Below 0.001 the split is wrong, and there is no winner.")
    statistics: dict[str, Any] | None = Field(description="By variant, against the first.")
    started_at: Timestamp | None
    ended_at: Timestamp | None
    computed_at: Timestamp | None
    created_at: Timestamp


class VariantRead(Schema):
    """The columns of `ab_test_variants`, with the rate and the mean computed from them."""

    variant: str
    position: int
    weight: int
    config: Any
    exposures: int
    conversions: int
    revenue: Amount
    revenue_squares: Amount
    conversion_rate: float | None = Field(default=None, description="Converted subjects per exposed subject.")
    mean: float | None = Field(default=None, description="Revenue per exposed subject.")


class ExperimentResult(ExperimentRead):
    variants: list[VariantRead]


class ExperimentDue(Message):
    """Compute the results of an experiment."""

    queue: ClassVar[str] = "analytics-compute_experiment"

    tenant: str
    test_id: str

    def subjects(self) -> tuple[str, ...]:
        return (self.tenant,)
