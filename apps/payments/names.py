"""
Whether the holder whom a bank names is the payee: normalise, then match, close or mismatch.

The rule is the platform's own (decisions/0044). Product rule 2.8 asks for a name-matched account and says
no more; the RBI's name look-up for NEFT and RTGS (circular of 30 December 2024) shows the bank's name and
leaves the judgement to whoever pays; Razorpay's account validation gives the registered name, and in one of
its forms a score without its method. So only what needs no judgement matches by itself: the same words in
any order, however they are written. What a bank's clerk or a form of twenty characters makes of a name is
close, and a person decides. All else is another's name.
"""

import re
import unicodedata
from enum import StrEnum

# How people are addressed; no part of a name, except where it is all that there is.
_TITLES = frozenset(
    {
        "MR", "MRS", "MS", "MISS", "MASTER", "DR", "PROF", "SHRI", "SRI", "SMT", "SHRIMATI", "KUM",
        "SUSHRI", "MESSRS",
    }
)  # fmt: skip
# "son of …": whose child or spouse somebody is comes behind the name.
_RELATION = re.compile(r"\b[SDWCH]\s*/\s*O\b.*")
_FIRMS = {
    "PRIVATE": "PVT", "LIMITED": "LTD", "COMPANY": "CO", "CORPORATION": "CORP", "AND": "&",
    "INCORPORATED": "INC",
}  # fmt: skip
# Where the scripts of India begin in Unicode.
_INDIC = 0x0900
# The names that payment systems carry are cut off, at twenty characters by some.
_CUT_AT_LEAST = 15
# A shorter word with another letter in it is another word.
_NEAR_FROM = 5
# One full word in common, not initials alone.
_WORD = 3


class Likeness(StrEnum):
    """How a bank's name and a payee's name are alike."""

    MATCH = "match"
    CLOSE = "close"
    MISMATCH = "mismatch"


def likeness(registered: str, given: str) -> Likeness:
    """
    Compare the holder's name as the bank writes it with the one that the payee gave.

    A name that the bank does not tell, or that has no letter, is close to every name: a person looks.
    """
    ours, theirs = _words(given), _words(registered)
    if not ours or not theirs:
        return Likeness.CLOSE
    if sorted(ours) == sorted(theirs) or "".join(ours) == "".join(theirs):
        return Likeness.MATCH
    return (
        Likeness.CLOSE if _is_cut_off(ours, theirs) or _is_near(ours, theirs) else Likeness.MISMATCH
    )


def _words(name: str) -> list[str]:
    """Return the words of a name as capital letters and digits, without accents, titles and relations."""
    plain = unicodedata.normalize("NFKD", name.upper())
    plain = _RELATION.sub(" ", plain).replace("M/S", " ")
    words = "".join(map(_written, plain)).split()
    named = [_FIRMS.get(word, word) for word in words if word not in _TITLES]
    return named or words


def _written(sign: str) -> str:
    """Return what is left of one character: itself, the space between two words, or nothing."""
    kind = unicodedata.category(sign)[0]
    # An accent stands beside its letter here; the vowel signs of Indic scripts are no accents.
    if kind in "LN" or sign == "&" or (kind == "M" and ord(sign) >= _INDIC):
        return sign
    return " " if sign in ".-/,_" or kind == "Z" or sign.isspace() else ""


def _is_cut_off(ours: list[str], theirs: list[str]) -> bool:
    short, long = sorted(("".join(ours), "".join(theirs)), key=len)
    return len(short) >= _CUT_AT_LEAST and long.startswith(short)


def _is_near(ours: list[str], theirs: list[str]) -> bool:
    """Say whether each word of the shorter name stands for one of the longer, one of them in full."""
    short, long = sorted((ours, theirs), key=len)
    left = list(long)
    full = 0
    # Whole words first, so that an initial does not take the place of a word.
    for word in sorted(short, key=len, reverse=True):
        found = next((other for other in left if other == word), None) or next(
            (other for other in left if _stands_for(word, other)), None
        )
        if found is None:
            return False
        left.remove(found)
        full += len(word) >= _WORD and len(found) >= _WORD
    return full > 0


def _stands_for(word: str, other: str) -> bool:
    """Say whether one is the other's initial, or they differ by one letter."""
    short, long = sorted((word, other), key=len)
    if len(short) == 1:
        return long.startswith(short)
    return len(short) >= _NEAR_FROM and _differ_by_one(short, long)


def _differ_by_one(short: str, long: str) -> bool:
    """Say whether a letter more, another letter or two changed about is all the difference."""
    if len(long) - len(short) > 1:
        return False
    at = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    if len(long) > len(short):
        return short[at:] == long[at + 1 :]
    changed_about = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or changed_about == long[at:]
