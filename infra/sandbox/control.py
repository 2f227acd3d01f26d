"""JSON handlers for the control routes `/sandbox/…`.

Through these routes, another process (for example the demo) does what tests do by method call.
"""

from collections.abc import Callable

from infra.sandbox.server import Handler, Json, Request, Response, json_response

Action = Callable[..., Json]


def answering(action: Action) -> Handler:
    """Wrap an action as a handler with JSON request and response.

    The action receives the body's fields, and the path's parameters as keywords. Responds 400 with the reason if a
    field is missing or invalid.
    """

    def handle(request: Request, **names: str) -> Response:
        try:
            return json_response(200, action(request.fields(), **names))
        except KeyError as error:
            return json_response(400, {"error": f"missing or unknown: {error}"})
        except (TypeError, ValueError) as error:
            return json_response(400, {"error": str(error)})

    return handle
