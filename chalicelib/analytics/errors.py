"""Errors of analytics. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthenticated


class SiteNotFound(NotFound):
    code = "SiteNotFound"
    title = "Site not found"


class InvalidExchangeRate(InvalidInput):
    code = "InvalidExchangeRate"
    title = "Exchange rate invalid"


class InvalidRange(InvalidInput):
    code = "InvalidRange"
    title = "Choose a range of at most 366 days"


class SiteExists(Conflict):
    code = "SiteExists"
    title = "The tenant already has a site"


class InvalidEvent(InvalidInput):
    code = "InvalidEvent"
    title = "An event is invalid"


class UnknownKey(Unauthenticated):
    code = "UnknownKey"
    title = "The key of the site is unknown"


class OriginNotAllowed(Forbidden):
    code = "OriginNotAllowed"
    title = "The site does not accept this origin"


class DailyLimitReached(TooManyRequests):
    code = "DailyLimitReached"
    title = "The daily number of events is reached"


class ReportNotFound(NotFound):
    code = "ReportNotFound"
    title = "Report not found"


class FunnelNotFound(NotFound):
    code = "FunnelNotFound"
    title = "Funnel not found"


class FunnelLimitReached(Conflict):
    code = "FunnelLimitReached"
    title = "The site has the maximum number of funnels"


class ErrorGroupNotFound(NotFound):
    code = "ErrorGroupNotFound"
    title = "Group of errors not found"


class VisitNotFound(NotFound):
    code = "VisitNotFound"
    title = "Visit not found"


class ExperimentNotFound(NotFound):
    code = "ExperimentNotFound"
    title = "Experiment not found"


class VariantNotFound(NotFound):
    code = "VariantNotFound"
    title = "The experiment has no such variant"


class ExperimentNotStarted(Conflict):
    code = "ExperimentNotStarted"
    title = "The experiment has not started"


class ExperimentStopped(Conflict):
    code = "ExperimentStopped"
    title = "The experiment has stopped; create a new one"


class ExperimentLimitReached(Conflict):
    code = "ExperimentLimitReached"
    title = "Too many experiments are running; stop one first"


class CoverageReduced(Conflict):
    code = "CoverageReduced"
    title = "The coverage of a running experiment only grows"
