"""`python -m docs.make_data_model`: draws docs/pictures/data-model.svg from the metadata of our models.

The picture depends on the models only: the same models give the same bytes. With `--check` nothing is
written, and the exit code is 1 if the picture is out of date.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Field, ManyToManyField, Model
from django.utils import translation

PICTURE = Path(__file__).resolve().parent / "pictures" / "data-model.svg"
PACKAGES = ("satisfaction", "workorders", "evaluations", "improvement")
MAX_PLAIN_FIELDS = 7
TECHNICAL_NAMES = (
    "_key",
    "token",
    "version",
    "password",
    "held_",
    "drawn_",
    "is_staff",
    "is_superuser",
    "last_login",
)
"""Beginnings or ends of names of technical fields; these are counted under "more"."""

BOX_WIDTH, ROW_HEIGHT, HEAD_HEIGHT, GAP, LANE_WIDTH, PADDING = 268, 19, 28, 22, 64, 20
TITLE_HEIGHT = 40


@dataclass(frozen=True)
class Group:
    """Apps under one heading, in `columns` columns of boxes."""

    name: str
    labels: tuple[str, ...]
    columns: int
    colour: str


GROUPS = (
    Group("workorders · what happened", ("workorders",), 1, "#1d4ed8"),
    Group("evaluations · what people thought", ("evaluations",), 3, "#0f766e"),
    Group("improvement · what we do about it", ("improvement",), 2, "#b45309"),
    Group("satisfaction · people, days, long work", (), 2, "#6b21a8"),
)
"""A group without labels has the apps of no other group."""


@dataclass(frozen=True)
class FieldRow:
    """One line of a box; `target`: the model of a relation."""

    name: str
    label: str
    target: type[Model] | None = None
    mark: str = ""


@dataclass
class Box:
    model: type[Model]
    rows: list[FieldRow]
    colour: str
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        return HEAD_HEIGHT + ROW_HEIGHT * len(self.rows) + 8


def our_models() -> list[type[Model]]:
    """Returns the models of the product without history and join tables."""
    found = [
        model
        for model in apps.get_models()
        if model.__module__.split(".")[0] in PACKAGES and not model.__name__.startswith("Historical")
    ]
    return sorted(found, key=lambda model: (model._meta.app_label, model.__module__, model.__name__))


def field_rows(model: type[Model]) -> list[FieldRow]:
    """Returns relations first, then people in one line, then the first plain fields."""
    relations, people, plain, hidden = [], [], [], 0
    for field in [*model._meta.fields, *model._meta.many_to_many]:
        target = field.remote_field.model if field.remote_field else None
        if field.primary_key or (target and target.__module__.split(".")[0] not in PACKAGES):
            continue
        if target is get_user_model():
            people.append(field.name)
        elif target:
            relations.append(FieldRow(field.name, target.__name__, target, cardinality(field)))
        elif is_technical(field.name) or len(plain) == MAX_PLAIN_FIELDS:
            hidden += 1
        else:
            plain.append(FieldRow(field.name, chinese_label(field)))
    if people:
        relations.append(FieldRow(shorten(", ".join(people), 25), "→ User"))
    if hidden:
        plain.append(FieldRow(f"… {hidden} more", ""))
    return relations + plain


def cardinality(field: Field) -> str:
    """Returns how many rows may refer to one: one (1), many (n), many on both sides (n:m)."""
    if isinstance(field, ManyToManyField):
        return "n:m"
    return "1" if field.unique else "n"


def is_technical(name: str) -> bool:
    return any(name.startswith(part) or name.endswith(part) for part in TECHNICAL_NAMES)


def chinese_label(field: Field) -> str:
    """Returns the Chinese name of the field, "" if it has none."""
    label = str(field.verbose_name)
    return "" if label.isascii() else shorten(label.partition("(")[0], 9)


def shorten(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def place_boxes(boxes: list[Box], columns: int, left: int) -> int:
    """Places the boxes in columns of similar height, in order; returns the height."""
    total = sum(box.height + GAP for box in boxes)
    column, y = 0, TITLE_HEIGHT + PADDING
    for box in boxes:
        if (
            y > TITLE_HEIGHT + PADDING
            and y + box.height / 2 > TITLE_HEIGHT + total / columns
            and column < columns - 1
        ):
            column, y = column + 1, TITLE_HEIGHT + PADDING
        box.x, box.y = left + column * (BOX_WIDTH + LANE_WIDTH), y
        y += box.height + GAP
    return max(box.y + box.height for box in boxes)


def text(x: float, y: float, words: str, *, style: str = "f", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def draw_box(box: Box) -> list[str]:
    name = box.model.__name__
    chinese = str(box.model._meta.verbose_name)
    parts = [
        f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{box.height}" rx="6" class="box"/>',
        f'<path d="M{box.x} {box.y + HEAD_HEIGHT}h{BOX_WIDTH}" stroke="{box.colour}" stroke-width="2"/>',
        text(box.x + 10, box.y + 19, name, style="name"),
        text(
            box.x + BOX_WIDTH - 10, box.y + 19, "" if chinese.isascii() else chinese, style="zh", anchor="end"
        ),
    ]
    for number, row in enumerate(box.rows):
        y = box.y + HEAD_HEIGHT + ROW_HEIGHT * number + 15
        label = f"→ {row.label} ({row.mark})" if row.target else row.label
        parts += [
            text(box.x + 10, y, row.name, style="more" if row.name.startswith("…") else "f"),
            text(box.x + BOX_WIDTH - 10, y, label, style="to" if row.target else "zh", anchor="end"),
        ]
    return parts


def draw_lines(box: Box, boxes: dict[type[Model], Box]) -> list[str]:
    """Draws lines from the row of each relation to the head of its target."""
    found = []
    for number, row in enumerate(box.rows):
        target = boxes.get(row.target) if row.target else None
        if target is None:
            continue
        y, to_y = box.y + HEAD_HEIGHT + ROW_HEIGHT * number + 11, target.y + 14
        if target.x < box.x:
            x, to_x, bend = box.x, target.x + BOX_WIDTH, -1
        elif target.x > box.x:
            x, to_x, bend = box.x + BOX_WIDTH, target.x, 1
        else:
            x, to_x, bend = box.x, target.x, -1
        to_bend = bend if target.x == box.x else -bend
        reach = LANE_WIDTH * 0.45 if target.x == box.x else max(LANE_WIDTH, abs(to_x - x) * 0.35)
        curve = f"M{x} {y}C{x + bend * reach:g} {y} {to_x + to_bend * reach:g} {to_y} {to_x} {to_y}"
        found.append(f'<path d="{curve}" class="line" stroke="{target.colour}" marker-end="url(#arrow)"/>')
    return found


STYLE = """
  text { font-family: "DejaVu Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
  .group { font-size: 17px; font-weight: 700; }
  .name { font-size: 14px; font-weight: 700; fill: #111827; }
  .f { font-size: 12px; fill: #1f2937; }
  .to { font-size: 12px; fill: #374151; font-weight: 600; }
  .zh { font-size: 12px; fill: #4b5563; }
  .more { font-size: 12px; fill: #6b7280; font-style: italic; }
  .box { fill: #ffffff; stroke: #9ca3af; }
  .line { fill: none; stroke-width: 1.2; stroke-opacity: 0.55; }
"""


def draw_model() -> str:
    """Returns the picture as SVG text."""
    with translation.override("zh-hans"):
        return _draw_model()


def _draw_model() -> str:
    models, boxes = our_models(), {}
    named = {label for group in GROUPS for label in group.labels}
    left, bottom, shapes = PADDING * 2, 0, []
    for group in GROUPS:
        own = [
            Box(model, field_rows(model), group.colour)
            for model in models
            if model._meta.app_label in group.labels
            or (not group.labels and model._meta.app_label not in named)
        ]
        width = group.columns * (BOX_WIDTH + LANE_WIDTH) - LANE_WIDTH
        bottom = max(bottom, place_boxes(own, group.columns, left))
        shapes.append(
            text(left, TITLE_HEIGHT, group.name, style="group").replace(
                "<text", f'<text fill="{group.colour}"', 1
            )
        )
        boxes |= {box.model: box for box in own}
        left += width + LANE_WIDTH + PADDING
    width, height = left - LANE_WIDTH, bottom + PADDING * 2
    size = f'width="{width}" height="{height}"'
    for box in boxes.values():
        shapes += draw_lines(box, boxes)
    for box in boxes.values():
        shapes += draw_box(box)
    legend = (
        "(1) one row to one · (n) many rows to one · (n:m) many to many · → User: foreign keys to the person"
    )
    shapes.append(text(PADDING, height - 12, legend, style="zh"))
    arrow = (
        '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#374151"/></marker>'
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">',
            "<title>Data model</title>",
            f"<style>{STYLE}</style><defs>{arrow}</defs>",
            f'<rect {size} fill="#f9fafb"/>',
            *shapes,
            "</svg>",
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    picture = draw_model()
    if "--check" in arguments:
        is_current = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture
        return 0 if is_current else 1
    PICTURE.write_text(picture, encoding="utf-8")
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
