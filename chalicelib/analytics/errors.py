"""Errors of analytics. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthenticated


class SiteNotFound(NotFound):
    title = "Site not found"


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


class ErrorGroupNotFound(NotFound):
    title = "Group of errors not found"


class VisitNotFound(NotFound):
    title = "Visit not found"


class CampaignNotFound(NotFound):
    title = "Campaign not found"
