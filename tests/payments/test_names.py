"""Whether the holder whom a bank names is the payee."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.names import Likeness, likeness

WORDS = st.lists(st.sampled_from(["ASHA", "RAO", "KUMAR", "IYER", "DEVI"]), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("registered", "given_name"),
    [
        ("ASHA RAO", "Asha Rao"),
        ("RAO ASHA", "Asha Rao"),
        ("  ASHA   RAO ", "asha rao"),
        ("Mrs. ASHA RAO", "Smt Asha Rao"),
        ("ASHARAO", "Asha Rao"),
        ("ASHA.RAO", "Asha Rao"),
        ("ASHA RAO S/O RAVI RAO", "Asha Rao"),
        ("MARIA D'SOUZA", "Maria DSouza"),
        ("MARY-JANE PAUL", "Mary Jane Paul"),
        ("JOSE PEREZ", "José Pérez"),
        ("CORNER CAFE PRIVATE LIMITED", "Corner Café Pvt. Ltd."),
        ("M/S RAO AND SONS", "Rao & Sons"),
        ("राव आशा", "आशा राव"),
        # Both are titles and nothing else: then they are the name.
        ("DR", "Dr."),
    ],
)
def test_the_same_words_in_any_order_are_the_payee(registered: str, given_name: str) -> None:
    assert likeness(registered, given_name) == Likeness.MATCH


@pytest.mark.parametrize(
    ("registered", "given_name"),
    [
        ("A RAO", "Asha Rao"),
        ("ASHA R", "Asha Rao"),
        ("ASHA KUMARI RAO", "Asha Rao"),
        ("ASHA", "Asha Rao"),
        ("VENKATESH IYER", "Venkatash Iyer"),
        ("VENKATSEH IYER", "Venkatesh Iyer"),
        ("LAKSHMI DEVI", "Laxmi Devi Lakshmi"),
        # Cut off at twenty characters.
        ("VENKATANARASIMHA RAJ", "Venkatanarasimha Rajuvaripeta"),
        ("CORNER CAFE LLP", "Corner Cafe Private Limited LLP"),
        # Nothing to compare.
        ("", "Asha Rao"),
        ("---", "Asha Rao"),
    ],
)
def test_what_a_clerk_makes_of_a_name_is_left_to_a_person(registered: str, given_name: str) -> None:
    assert likeness(registered, given_name) == Likeness.CLOSE


@pytest.mark.parametrize(
    ("registered", "given_name"),
    [
        ("RAVI KUMAR", "Asha Rao"),
        ("ASHA IYER", "Asha Rao"),
        # A short word with another letter is another word.
        ("ASHA RAU", "Asha Rao"),
        # Initials alone are half the country.
        ("A R", "Asha Rao"),
        ("RAVI SHARMA", "Ravi Kumar"),
        ("आशी राव", "आशा राव"),
        ("ASHA RAO", "Asha Asha"),
    ],
)
def test_another_name_is_another_persons(registered: str, given_name: str) -> None:
    assert likeness(registered, given_name) == Likeness.MISMATCH


@given(WORDS, WORDS)
def test_it_does_not_matter_which_is_the_banks(ours: list[str], theirs: list[str]) -> None:
    one, other = " ".join(ours), " ".join(theirs)

    assert likeness(one, other) == likeness(other, one)
    assert likeness(" ".join(reversed(ours)), one.title()) == Likeness.MATCH
    # Nothing matches by itself that has not the same letters.
    if sorted(one.replace(" ", "")) != sorted(other.replace(" ", "")):
        assert likeness(one, other) != Likeness.MATCH


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_it(one: str, other: str) -> None:
    assert likeness(one, other) in set(Likeness)
