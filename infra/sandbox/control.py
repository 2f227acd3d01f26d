"""The manners of `/sandbox/…`, by which another process (the demo, say) does what tests do by method call."""

from collections.abc import Callable

from infra.sandbox.server import Handler, Json, Request, Response, json_response

Action = Callable[..., Json]


def answering(action: Action) -> Handler:
    """JSON in and out: the action gets the body's fields, and the path's names as keywords.

    400 says what is missing or wrong.
    """

    def handle(request: Request, **names: str) -> Response:
        try:
            return json_response(200, action(request.fields(), **names))
        except KeyError as error:
            return json_response(400, {"error": f"missing or unknown: {error}"})
        except (TypeError, ValueError) as error:
            return json_response(400, {"error": str(error)})

    return handle
