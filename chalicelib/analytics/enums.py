"""Enumerations of analytics, separate from the tables so that the domain rules import no database."""

from __future__ import annotations

from enum import StrEnum


class SiteKind(StrEnum):
    """The kind of a tenant: a shop's app, a store, the couples app, or the platform itself."""

    SHOP = "shop"
    STORE = "store"
    TOGETHER = "together"
    PLATFORM = "platform"


class EventType(StrEnum):
    """The types of events that have a row. Page views have their own table; `page_leave` is in the lake only."""

    USER_ACTION = "user_action"
    FEATURE_USAGE = "feature_usage"
    CONVERSION = "conversion"
    SYSTEM = "system"
    ERROR = "error"
    PAYMENT = "payment"


class CollectedType(StrEnum):
    """The types of events in the lake: those that senders name, and `bot` for a crawler's, which only its day counts."""

    USER_ACTION = "user_action"
    FEATURE_USAGE = "feature_usage"
    CONVERSION = "conversion"
    SYSTEM = "system"
    ERROR = "error"
    PAYMENT = "payment"
    PAGE_VIEW = "page_view"
    PAGE_LEAVE = "page_leave"
    BOT = "bot"


class RevenueScope(StrEnum):
    """Whose revenue a row sums up: of all customers, of members or of stores."""

    ALL = "all"
    MEMBER = "member"
    STORE = "store"


class MovementKind(StrEnum):
    """How a customer's MRR moved on a day."""

    NEW = "new"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"
    REACTIVATION = "reactivation"


class FunnelOrder(StrEnum):
    """In which order a person must do the steps of a funnel: `strict` allows no other event between them."""

    ORDERED = "ordered"
    STRICT = "strict"
    UNORDERED = "unordered"


class ReportKind(StrEnum):
    FUNNEL = "funnel"
    RETENTION = "retention"


class ReportStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ReportEngine(StrEnum):
    DUCKDB = "duckdb"
    ATHENA = "athena"


class ExperimentStatus(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"


class MetricKind(StrEnum):
    """How an experiment's metric is summarized: a mean of values, or the proportion of converted subjects."""

    MEAN = "mean"
    PROPORTION = "proportion"


class Severity(StrEnum):
    """The severity of an error, in rising order."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"
