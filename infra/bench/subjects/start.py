"""Start a bundle and answer one request: start.py SITE ROUTE TOKEN.

The parent measures the time. The process exits directly after the response, without interpreter shutdown.
"""

import os
import sys

os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "bench"
sys.path.insert(0, sys.argv[1])

import app  # type: ignore[import-not-found,unused-ignore]

EVENT = {
    "requestContext": {"resourcePath": sys.argv[2], "httpMethod": "GET", "requestId": "bench"},
    "headers": {"authorization": f"Bearer {sys.argv[3]}"},
    "multiValueQueryStringParameters": None,
    "pathParameters": {},
    "body": None,
    "isBase64Encoded": False,
    "stageVariables": None,
}
answer = app.app(EVENT, None)
assert answer["statusCode"] == 200, answer
os._exit(0)
