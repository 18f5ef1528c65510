"""Names that nobody else has: what is made by a name that is taken is refused, and the platform looks broken."""

import math

from conformance.kube.names import LENGTH, LETTERS, unique


def chance_of_two_alike(names, bits):
    """The birthday bound."""
    return names * (names - 1) / 2 / 2 ** bits


def test_among_ten_thousand_names_two_are_hardly_ever_the_same():
    bits = LENGTH * math.log2(len(set(LETTERS)))
    assert len(set(LETTERS)) == len(LETTERS)
    assert chance_of_two_alike(10_000, bits) < 1e-6
    # As names were before: of the 16 jobs that take all of 128 GPUs two were the same once in 550 times.
    assert 1 / 550 < chance_of_two_alike(16, 16) < 1 / 540


def test_all_letters_come_in_all_places():
    """70,000 names are more than 16 bits have: were there only so many, some would be the same."""
    drawn = [unique("job") for _ in range(70_000)]
    assert len(set(drawn)) == len(drawn)
    assert all({name[-place] for name in drawn} == set(LETTERS) for place in range(1, LENGTH + 1))


def test_it_is_a_name_that_kubernetes_takes():
    stem, hyphen, letters = unique("some-job").rpartition("-")
    assert (stem, hyphen) == ("some-job", "-")
    assert letters.isascii()
    assert letters.isalnum()
    assert letters == letters.lower()
