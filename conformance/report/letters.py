"""Letters that somebody else chose, made fit for where they are shown."""

import re

_SPECIAL = re.compile(r"[\\`*_\[\]#|~$@]")
_LIST = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+](?:[-\s]|$)))")
"""What would make an entry of a list, where a text begins with it."""
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def clean(text: str) -> str:
    """Return a text as one line, without what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)


def in_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line."""
    escaped = _LIST.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", clean(text).strip()))
    return "".join(_HTML.get(letter, letter) for letter in escaped)


def in_code(text: str) -> str:
    """Return a text as code in a cell of a table in Markdown."""
    shown = clean(text).replace("`", "'").replace("|", r"\|")
    return f"`{shown}`"
