"""A mailbox of the e-mails that the embedded SES took: `/` is a page, `/messages?to=…` is JSON, both newest first."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape, unescape

from infra.sandbox.server import Json, Request, Response, Route, SandboxServer, html_response, json_response

_LINK = re.compile(r"https?://[^\s<>\"']+")
_HREF = re.compile(r"href=\"(https?://[^\"]+)\"")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ max-width: 46rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }}
li {{ margin-bottom: .75rem }} pre {{ white-space: pre-wrap }} small {{ color: #5a6067 }}
iframe {{ width: 100%; height: 32rem; border: 1px solid #d9dce0; border-radius: 8px }}
</style></head><body><h1>{title}</h1>{body}</body></html>"""
_FORM = '<form><label>To <input name="to" type="search" value="{to}"></label> <button>Show</button></form>'


@dataclass(frozen=True, slots=True)
class Mail:
    """A sent e-mail. `html` is null if it is plain text; `links` are the URLs in both, each once, in their order."""

    to: str
    subject: str
    text: str
    html: str | None
    links: list[str]
    sent_at: str


class Mailbox(SandboxServer):
    """Serves the e-mails of the embedded AWS at `aws_url`."""

    def __init__(self, aws_url: str, port: int = 0) -> None:
        self._source = f"{aws_url}/_ministack/ses/messages"
        routes = [
            Route("GET", "/", self._list),
            Route("GET", "/messages", self._messages),
            Route("GET", "/messages/{number}", self._show),
        ]
        super().__init__(port, routes)

    def mails(self, to: str = "") -> list[Mail]:
        """Return the e-mails, newest first: all, or those to this address, upper or lower case."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self._source, timeout=60) as answer:
            accounts = json.load(answer)["messages"]
        sent = sorted((each for account in accounts.values() for each in account), key=lambda each: each["Timestamp"])
        mails = [_mail(each) for each in reversed(sent)]
        return [mail for mail in mails if not to or mail.to.lower() == to.lower()]

    def _messages(self, request: Request) -> Response:
        mails = self.mails(request.parameters().get("to", ""))
        return json_response(200, {"messages": [asdict(mail) for mail in mails]})

    def _list(self, request: Request) -> Response:
        to = request.parameters().get("to", "")
        mails = list(enumerate(reversed(self.mails()), start=1))
        items = "".join(
            _item(number, mail) for number, mail in reversed(mails) if not to or mail.to.lower() == to.lower()
        )
        body = _FORM.format(to=escape(to)) + (f"<ul>{items}</ul>" if items else "<p>No e-mail was sent.</p>")
        return html_response(200, _PAGE.format(title="Mailbox", body=body))

    def _show(self, request: Request, number: str) -> Response:
        mails = list(reversed(self.mails()))
        if not number.isdigit() or not 1 <= int(number) <= len(mails):
            return self.not_found(request)
        mail = mails[int(number) - 1]
        links = "".join(f'<li><a href="{escape(link)}">{escape(link)}</a></li>' for link in mail.links)
        frame = f'<iframe sandbox title="HTML" srcdoc="{escape(mail.html)}"></iframe>' if mail.html else ""
        body = (
            f'<p><a href="/">All e-mails</a></p><p><small>To {escape(mail.to)}, {mail.sent_at}</small></p>'
            f"{frame}<h2>Text</h2><pre>{escape(mail.text)}</pre><h2>Links</h2><ul>{links}</ul>"
        )
        return html_response(200, _PAGE.format(title=escape(mail.subject), body=body))


def _item(number: int, mail: Mail) -> str:
    link = f'<a href="/messages/{number}">{escape(mail.subject)}</a>'
    return f"<li>{link}<br><small>To {escape(mail.to)}, {mail.sent_at}</small></li>"


def _mail(record: Json) -> Mail:
    text, html = _lines(record["BodyText"] or ""), _lines(record["BodyHtml"] or "")
    links = [*_LINK.findall(text), *(unescape(url) for url in _HREF.findall(html))]
    return Mail(
        to=", ".join(record["To"]),
        subject=record["Subject"],
        text=text,
        html=html or None,
        links=list(dict.fromkeys(links)),
        sent_at=datetime.fromtimestamp(record["Timestamp"], UTC).isoformat().replace("+00:00", "Z"),
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
