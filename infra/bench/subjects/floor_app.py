"""The minimal app that reads a row: Chalice and botocore alone. It is copied to the bundle's libraries as `app`."""

import os

from botocore.session import get_session
from chalice.app import Chalice

app = Chalice(app_name="floor")


@app.route("/read")
def read() -> dict[str, str]:
    session = get_session()
    client = session.create_client("dynamodb", "us-east-1", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    client.get_item(TableName=f"backroom-{os.environ['STAGE']}-kit-locks", Key={"name": {"S": "ready"}})
    return {"status": "ok"}
