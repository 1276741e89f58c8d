"""What the workbook says of evaluations in words, such that it reads back (domain §11). Pure.

Writing what was read, and reading what was written, changes nothing from then on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluations.enums import CallbackState
from satisfaction.sheets.cells import clean_text

OPINION = ("整改意见：", "Rectification: ")
_OPINION = re.compile(r"(?:^|\n)[^\S\n]*(?:整改意见|Rectification)[:：]", re.IGNORECASE)
ENDED_WITHOUT_RATING: dict[str, tuple[str, str]] = {
    CallbackState.UNREACHABLE: ("未接通", "Not reached"),
    CallbackState.REFUSED: ("拒绝评价", "Rating refused"),
}
CORRECTED = ("更正：", "Corrected: ")


def write_comment(comment: str, opinion: str, *, english: bool = False) -> str:
    """The comment and, after a newline and `整改意见：`, the opinion."""
    comment, opinion = clean_text(comment), clean_text(opinion)
    if not opinion:
        return comment
    marked = OPINION[english] + opinion
    return f"{comment}\n{marked}" if comment else marked


def read_comment(text: str) -> tuple[str, str]:
    """(comment, opinion)."""
    found = _OPINION.search(text)
    if found is None:
        return clean_text(text), ""
    return clean_text(text[: found.start()]), clean_text(text[found.end() :])


def comment_cell(comment: str, opinion: str, *, english: bool = False) -> str:
    """As `write_comment`, and stable: a comment that itself holds the mark is written as it will be read."""
    return write_comment(*read_comment(write_comment(comment, opinion, english=english)), english=english)


def read_ended(summary: str) -> CallbackState | None:
    """How a callback ended without a rating, if its 情况统计 begins so."""
    for state, marks in ENDED_WITHOUT_RATING.items():
        if summary.casefold().startswith(tuple(mark.casefold() for mark in marks)):
            return CallbackState(state)
    return None


def summary_cell(state: str, summary: str, *, english: bool = False) -> str:
    """The 情况统计 of an ended callback, beginning as its state demands and not as another's would."""
    summary = clean_text(summary)
    if read_ended(summary) == (state if state in ENDED_WITHOUT_RATING else None):
        return summary
    if state in ENDED_WITHOUT_RATING:
        mark = ENDED_WITHOUT_RATING[state][english]
        return f"{mark}：{summary}" if summary else mark
    return CORRECTED[english] + summary


def answers_text(answers: Sequence[tuple[str, str]]) -> str:
    """(question, answer) of what was asked, on one line."""
    return "；".join(f"{question}：{answer}" for question, answer in answers)


def words_cell(problems: Sequence[str], words: str) -> str:
    """The problem types on a line, then the reporter's own words."""
    return clean_text("\n".join(part for part in ("；".join(problems), clean_text(words)) if part))
