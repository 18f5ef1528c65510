"""Letters that somebody else chose, made fit for where they are shown."""

import re

_SPECIAL = re.compile(r"(^[-+]|[\\`*_{}\[\]()#!|~$@])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def clean(text: str) -> str:
    """Return a text as one line, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def in_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text))
    return "".join(_HTML.get(letter, letter) for letter in escaped)


def in_code(text: str) -> str:
    """Return a text as code in a cell of a table in Markdown."""
    shown = clean(text).replace("`", "'").replace("|", r"\|")
    return f"`{shown}`"
