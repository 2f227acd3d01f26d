"""Errors of analytics. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthenticated


class SiteNotFound(NotFound):
    title = "Site not found"


class InvalidExchangeRate(InvalidInput):
    title = "Exchange rate invalid"


class InvalidRange(InvalidInput):
    title = "Choose a range of at most 366 days"


class SiteExists(Conflict):
    title = "The tenant already has a site"


class InvalidEvent(InvalidInput):
    title = "An event is invalid"


class UnknownKey(Unauthenticated):
    title = "The key of the site is unknown"


class OriginNotAllowed(Forbidden):
    title = "The site does not accept this origin"


class DailyLimitReached(TooManyRequests):
    title = "The daily number of events is reached"


class ReportNotFound(NotFound):
    title = "Report not found"


class FunnelNotFound(NotFound):
    title = "Funnel not found"


class FunnelLimitReached(Conflict):
    title = "The site has the maximum number of funnels"


class ErrorGroupNotFound(NotFound):
    title = "Group of errors not found"


class VisitNotFound(NotFound):
    title = "Visit not found"


class ExperimentNotFound(NotFound):
    title = "Experiment not found"


class VariantNotFound(NotFound):
    title = "The experiment has no such variant"


class ExperimentNotStarted(Conflict):
    title = "The experiment has not started"


class ExperimentStopped(Conflict):
    title = "The experiment has stopped; create a new one"


class ExperimentLimitReached(Conflict):
    title = "Too many experiments are running; stop one first"


class CoverageReduced(Conflict):
    title = "The coverage of a running experiment only grows"
