"""A person of the demo: signs up, verifies the address from the mailbox, and signs in."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

import httpx2

from infra.local.demo.world import World, eventually


class Person:
    """A person with a browser of their own. `token` is the access token of their session.

    A subclass names the path of its accounts, and the fields of its sign-up.
    """

    base: ClassVar[str]
    sign_up_fields: ClassVar[dict[str, Any]] = {}

    def __init__(self, world: World, mailbox: httpx2.Client, name: str) -> None:
        self.world, self.mailbox, self.name = world, mailbox, name
        self.email = f"{name.lower()}-{secrets.token_hex(4)}@example.com"
        self.password = f"{name} walks along the river {secrets.token_hex(3)}"
        self.token = ""
        self.id = ""

    def request(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """Send a request as this person and return the response body. Raises Wrong for another status."""
        return self.world.bearer(self.token, method, f"{self.base}/{path}", body, expect)

    def sign_up(self) -> None:
        """Create the account. The response does not say whether the address was known."""
        body = {"email": self.email, "password": self.password, "display_name": self.name, "accept_terms": True}
        self.world.send("POST", f"{self.base}/accounts", body | self.sign_up_fields, expect=202)

    def mailed_token(self, purpose: str) -> str:
        """Return the token of the newest mailed link for a purpose (`verify`, `reset`, …), once the mail is there."""

        def find() -> str:
            messages = self.mailbox.get("/messages", params={"to": self.email}).json()["messages"]
            links = [link for message in messages for link in message["links"] if f"#{purpose}=" in link]
            return links[0].partition(f"#{purpose}=")[2] if links else ""

        return str(eventually(find, f"a mail with a {purpose} link"))

    def verify(self) -> None:
        """Confirm the address with the mailed link and the password, then sign in."""
        body = {"token": self.mailed_token("verify"), "password": self.password}
        self.world.send("POST", f"{self.base}/accounts/verify", body, expect=204)
        credentials = {"email": self.email, "password": self.password, "device_name": "demo"}
        self.token = self.world.send("POST", f"{self.base}/sessions", credentials, expect=201)["access_token"]
        self.id = self.request("GET", "me")["id"]
