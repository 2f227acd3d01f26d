"""Tests of e-mails as plain text and as HTML."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.mail import Letter, letter_html, letter_text

URL = "https://backroom.example/together/app#verify=" + "t" * 200
LETTER = Letter(
    "Confirm your address",
    ("Welcome.\nOpen the link.", "It is valid for 24 hours."),
    "Somebody signed up with this address.",
    ("Confirm", URL),
    "https://backroom.example/together/unsubscribe?token=a&b",
)


class _Reader(HTMLParser):
    """Collects the elements and the text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def links(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == "a"]


def test_the_text_has_everything_and_each_url_on_its_own_line() -> None:
    lines = letter_text(LETTER).splitlines()
    assert lines[:4] == ["Confirm your address", "", "Welcome.", "Open the link."]
    assert lines[lines.index("Confirm:") + 1] == URL
    assert lines[lines.index("Unsubscribe:") + 1] == LETTER.unsubscribe_url
    assert "-- " in lines
    assert all(len(line) <= 76 for line in lines if "https://" not in line)


def test_a_long_paragraph_is_wrapped() -> None:
    text = letter_text(Letter("Title", ("word " * 60,), "Reason"))
    assert max(map(len, text.splitlines())) <= 76
    assert text.count("word") == 60


def test_the_html_has_both_links_and_loads_nothing() -> None:
    reader = _Reader(letter_html(LETTER))
    assert [link["href"] for link in reader.links()] == [URL, URL, LETTER.unsubscribe_url]
    assert not {"img", "script", "link", "style", "iframe"} & {tag for tag, _ in reader.elements}
    assert "Welcome." in reader.words


def test_ses_rewrites_no_link_unless_it_may_and_never_the_one_to_unsubscribe() -> None:
    links = _Reader(letter_html(LETTER)).links()
    assert ["ses:no-track" in link for link in links] == [True, True, True]
    links = _Reader(letter_html(replace(LETTER, is_tracked=True))).links()
    assert ["ses:no-track" in link for link in links] == [False, False, True]


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_no_text_becomes_markup(title: str, paragraph: str) -> None:
    plain = _Reader(letter_html(Letter("Title", ("Paragraph",), "Reason")))
    html = letter_html(Letter(f"<b>{title}", (f"<a href=x>{paragraph} $title",), "Reason"))
    tags = [tag for tag, _ in _Reader(html).elements if tag != "br"]
    assert tags == [tag for tag, _ in plain.elements]
    assert "$title" in html
