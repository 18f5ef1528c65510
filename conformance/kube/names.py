"""Names that nobody else has: Kubernetes takes an object for another one's when both have the same name."""

import secrets  # noqa: TID251 -- this is where they are made

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Those that Kubernetes draws for `generateName` (apimachinery, pkg/util/rand): no vowels, so that no words come out,
and nothing that is taken for something else."""
LENGTH = 10
"""27 letters, 10 times: 47.5 bits. Of 10,000 names, more than a run makes in one namespace, two are the same once in
4 million times; with the 16 bits that names had before, two of 16 jobs were the same once in 550 times."""


def unique(stem: str) -> str:
    """Return `stem`, a hyphen and ten random letters: a name that nobody else has, also not another run."""
    return f"{stem}-{letters()}"


def letters() -> str:
    """Return ten random letters."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
