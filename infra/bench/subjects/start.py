"""Start a bundle and answer one request: start.py SITES ROUTE TOKEN [PROXY].

SITES are folders, separated as in PATH; PROXY is the rest of the path of a route with `{proxy+}`. The parent measures the time. The process exits directly after the response, without interpreter shutdown.
"""

import os
import sys

os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "bench"
sys.path.extend(sys.argv[1].split(os.pathsep))

import app  # type: ignore[import-not-found,unused-ignore]

EVENT = {
    "requestContext": {"resourcePath": sys.argv[2], "httpMethod": "GET", "requestId": "bench"},
    "headers": {"authorization": f"Bearer {sys.argv[3]}"},
    "multiValueQueryStringParameters": None,
    "pathParameters": {"proxy": sys.argv[4]} if sys.argv[4:] else {},
    "body": None,
    "isBase64Encoded": False,
    "stageVariables": None,
}
answer = app.app(EVENT, None)
assert answer["statusCode"] == 200, answer
os._exit(0)
