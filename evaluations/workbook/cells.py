"""The evaluation cells of one workbook row, and the ratings read from them (domain §11)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict

from evaluations.enums import CallbackState
from workorders.intake.order_rows import ImportRejection, Points, Text, Text64

from .columns import GROUPS
from .wording import read_comment, read_ended


class EvaluationCells(BaseModel):
    """The cells of both ratings in one row; a blank cell is "" or None."""

    model_config = ConfigDict(frozen=True)

    self_points: Points = None
    self_comment: Text = ""
    dispatcher_caller: Text64 = ""
    dispatcher_points: Points = None
    dispatcher_summary: Text = ""
    manager_caller: Text64 = ""
    manager_points: Points = None
    manager_summary: Text = ""
    total: Points = None
    words: Text = ""

    @property
    def values(self) -> dict[str, str | int]:
        """Returns the filled cells by field; a total of 0 without any other cell counts as blank."""
        values = {field: value for field, value in self.__dict__.items() if value not in ("", None)}
        return {} if values == {"total": 0} else values


@dataclass(frozen=True)
class SelfRating:
    points: int
    comment: str
    opinion: str


@dataclass(frozen=True)
class EndedCall:
    """An ended callback; it has points if and only if `state` is RATED."""

    group: str
    caller: str
    points: int | None
    state: CallbackState
    summary: str
    words: str


@dataclass(frozen=True)
class Ratings:
    """Both ratings of one row; None if the row has no such rating."""

    crew: SelfRating | None
    call: EndedCall | None


def read_ratings(cells: EvaluationCells) -> Ratings:
    """Returns the ratings in the cells. Raises ImportRejection: the cells contradict each other."""
    calls = [call for call in (_call(cells, group) for group in GROUPS) if call]
    if len(calls) > 1:
        field = "manager_points" if cells.manager_points is not None else "manager_caller"
        raise ImportRejection(field, _("一张工单只能有一个回访:调度和管理人员两栏都已填写"))
    if cells.words and not calls:
        raise ImportRejection("words", _("没有回访评价,却有不满意问题和建议"))
    return Ratings(_self_rating(cells), calls[0] if calls else None)


def _self_rating(cells: EvaluationCells) -> SelfRating | None:
    if cells.self_points is None:
        if cells.self_comment:
            raise ImportRejection("self_comment", _("有工长评语而没有工长测评分值"))
        return None
    return SelfRating(cells.self_points, *read_comment(cells.self_comment))


def _call(cells: EvaluationCells, group: str) -> EndedCall | None:
    """Returns the group's callback, or None if its cells are blank.

    Raises ImportRejection: both points and 未接通/拒绝评价, or a caller or a text with neither.
    """
    caller, points, summary = (getattr(cells, f"{group}_{part}") for part in ("caller", "points", "summary"))
    if not caller and points is None and not summary:
        return None
    ended = read_ended(summary)
    if ended and points is not None:
        raise ImportRejection(f"{group}_summary", _("情况统计说没有评价,却有测评分值"))
    if not ended and points is None:
        raise ImportRejection(
            f"{group}_points", _("没有测评分值;未评价的回访,情况统计须以“未接通”或“拒绝评价”开头")
        )
    return EndedCall(group, caller, points, ended or CallbackState.RATED, summary, cells.words)


def check_total(cells: EvaluationCells, ratings: Ratings) -> None:
    """Raises ImportRejection: the total is not the sum. Call it last; an invalid rating also breaks the sum."""
    crew = ratings.crew.points if ratings.crew else 0
    call = (ratings.call.points or 0) if ratings.call else 0
    if cells.total is not None and cells.total != crew + call:
        raise ImportRejection("total", _("分值累计应为 %(sum)d") % {"sum": crew + call})
