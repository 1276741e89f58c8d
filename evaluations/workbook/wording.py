"""Text cells of evaluations in the workbook, in a form that imports can read (domain §11). Pure.

Round trips are stable: writing a text that was read, or reading one that was written, changes nothing.
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
    """Returns the comment and, after a newline and `整改意见：`, the opinion."""
    comment, opinion = clean_text(comment), clean_text(opinion)
    if not opinion:
        return comment
    marked = OPINION[english] + opinion
    return f"{comment}\n{marked}" if comment else marked


def read_comment(text: str) -> tuple[str, str]:
    """Splits a cell into (comment, opinion)."""
    found = _OPINION.search(text)
    if found is None:
        return clean_text(text), ""
    return clean_text(text[: found.start()]), clean_text(text[found.end() :])


def comment_cell(comment: str, opinion: str, *, english: bool = False) -> str:
    """Like `write_comment`, but stable: a comment that contains the mark is written as it will be read."""
    return write_comment(*read_comment(write_comment(comment, opinion, english=english)), english=english)


def read_ended(summary: str) -> CallbackState | None:
    """Returns the state of a callback ended without a rating, by the beginning of its 情况统计, else None."""
    for state, marks in ENDED_WITHOUT_RATING.items():
        if summary.casefold().startswith(tuple(mark.casefold() for mark in marks)):
            return CallbackState(state)
    return None


def summary_cell(state: str, summary: str, *, english: bool = False) -> str:
    """Returns the 情况统计 of an ended callback; it begins with the mark of its state and of no other."""
    summary = clean_text(summary)
    if read_ended(summary) == (state if state in ENDED_WITHOUT_RATING else None):
        return summary
    if state in ENDED_WITHOUT_RATING:
        mark = ENDED_WITHOUT_RATING[state][english]
        return f"{mark}：{summary}" if summary else mark
    return CORRECTED[english] + summary


def answers_text(answers: Sequence[tuple[str, str]]) -> str:
    """Joins (question, answer) pairs on one line."""
    return "；".join(f"{question}：{answer}" for question, answer in answers)


def words_cell(problems: Sequence[str], words: str) -> str:
    """Returns the problem types on one line, then the reporter's words."""
    return clean_text("\n".join(part for part in ("；".join(problems), clean_text(words)) if part))
