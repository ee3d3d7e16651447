"""Every sentence of the pages stands in every catalogue, with the same blanks to fill in."""

import re
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

from apps.business.pages.scanning import refusal_words
from apps.handshake.views import CheckInView, ExecuteView, PreviewView

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("hi", "kn")
# Where the apps in the browser say something.
TEMPLATES = ("templates/business", "templates/rider", "templates/web")
CODE = ("apps", "uma/kernel/http/browser_app.py")
_LITERAL = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_PLURAL = re.compile(rf"\bngettext(?:_lazy)?\(\s*u?(?P<one>{_LITERAL}),\s*u?(?P<many>{_LITERAL}),")
_CALL = re.compile(
    r"\b(?:gettext|_|pgettext|pgettext_lazy|gettext_lazy|gettext_noop)\(\s*"
    r"(?:(?:u?r?)(?P<first>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))"
    r"(?:,\s*u?(?P<second>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'))?\s*,?\s*\)"
)
_BLANK = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w+\}")
# Of each script, what tells a translation from a sentence that was left as it was.
SCRIPTS = {"hi": re.compile("[\u0900-\u097f]"), "kn": re.compile("[\u0c80-\u0cff]")}
# Names that are the same everywhere.
NAMES = {"GST", "GSTIN", "IFSC"}
_ENDS = ".?!\u0964"


def _text(literal: str) -> str:
    return literal[1:-1].replace('\\"', '"').replace("\\'", "'")


def said() -> set[tuple[str, str]]:
    """Return (context, sentence) of everything that templates and pages may say."""
    found: set[tuple[str, str]] = set()
    sources = [
        templatize(path.read_text(), origin=str(path))
        for folder in TEMPLATES
        for path in sorted((ROOT / folder).rglob("*.html"))
    ]
    for name in CODE:
        one = ROOT / name
        files = [one] if one.is_file() else sorted(one.rglob("*.py"))
        sources += [path.read_text() for path in files]
    for source in sources:
        for call in _CALL.finditer(source):
            first, second = _text(call["first"]), call["second"]
            found.add((first, _text(second)) if second else ("", first))
        for call in _PLURAL.finditer(source):
            found |= {("", _text(call["one"])), ("", _text(call["many"]))}
    return found


def catalogue(language: str) -> dict[tuple[str, str], str]:
    entries = polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))
    words = {(entry.msgctxt or "", entry.msgid): texts_of(entry)[0] for entry in entries}
    return words | {("", one.msgid_plural): texts_of(one)[1] for one in entries if one.msgid_plural}


def texts_of(entry: polib.POEntry) -> list[str]:
    """Return what an entry says: of one and of several where it counts something."""
    forms: dict[int, str] = entry.msgstr_plural
    return [forms[number] for number in sorted(forms)] or [entry.msgstr]


def test_the_sentences_are_found() -> None:
    sentences = said()

    assert ("", "Wallet") in sentences
    assert ("movement", "Money added") in sentences
    assert ("", "From %(least)s to %(most)s") in sentences
    assert len(sentences) > 50


def test_the_counter_has_words_of_its_own_for_each_refusal_of_a_scan() -> None:
    views = (ExecuteView, PreviewView, CheckInView)
    codes = {refusal.code for view in views for refusal in view.refusals}

    # These say that the page is not a merchant's, and it is.
    assert set(refusal_words()) == codes - {"role_not_allowed", "insufficient_scope"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_says_everything_and_nothing_else(language: str) -> None:
    words = catalogue(language)

    assert said() - set(words) == set(), "not translated"
    assert set(words) - said() == set(), "nobody says this any more"
    assert [msgid for (_, msgid), text in words.items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_blanks_of_its_sentence(language: str) -> None:
    wrong = [
        msgid
        for (_, msgid), text in catalogue(language).items()
        if sorted(_BLANK.findall(msgid)) != sorted(_BLANK.findall(text))
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_a_catalogue_is_a_guess_or_was_left_as_it_was(language: str) -> None:
    entries = polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))

    assert entries.obsolete_entries() == []
    assert [one.msgid for one in entries if one.fuzzy] == []
    own, others = SCRIPTS[language], [SCRIPTS[one] for one in LANGUAGES if one != language]
    assert [
        one.msgid for one in entries if not all(own.search(text) for text in texts_of(one))
    ] == sorted(NAMES)
    assert [
        one.msgid
        for one in entries
        if any(script.search(text) for script in others for text in texts_of(one))
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_translated_by_a_sentence(language: str) -> None:
    wrong = [
        msgid
        for (_, msgid), text in catalogue(language).items()
        if (msgid[-1] in _ENDS) != (text[-1] in _ENDS) or text != text.strip() or "  " in text
    ]

    assert wrong == []
