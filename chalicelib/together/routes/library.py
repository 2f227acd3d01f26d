"""`/v1/together/library`: prompts, date ideas, challenges, guides and courses."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.schemas.library import LibraryQuery, LibraryRead
from chalicelib.together.service import library
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/library", methods=["GET"])
@endpoint(bp, auth=member, query=LibraryQuery, returns=LibraryRead)
def read_library(call: ApiRequest[Member, None, LibraryQuery]) -> LibraryRead:
    """Return one list of the library: today's prompt, the ranked date ideas, the challenges, guides or courses."""
    return library.read_library(call.principal.user, call.query.kind)
