"""Queue consumer of AI ideas."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.jobs import consumes
from chalicelib.together.schemas.messages import IdeaRequested
from chalicelib.together.service import idea_generation

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="together-generate_idea", batch_size=1, name="together-generate_idea")
# maximum_concurrency: a member waits; the text model takes most of a minute
@consumes(IdeaRequested, maximum_concurrency=5)
def generate_idea(message: IdeaRequested) -> None:
    """Write the ideas of a paid order."""
    idea_generation.generate_idea(message.user_id, message.idea_id)
