"""The queries that the rows of a relationship share."""

from typing import Annotated

from pydantic import Field

from chalicelib.kit.schemas import PageQuery, Query

RelationshipId = Annotated[str, Field(min_length=1, max_length=64, description="The id of a former relationship.")]


class SpaceQuery(PageQuery):
    """A list of the member's present relationship, or of a former one."""

    relationship: RelationshipId | None = None


class SpaceRowQuery(Query):
    """A row of the member's present relationship, or of a former one."""

    relationship: RelationshipId | None = None
