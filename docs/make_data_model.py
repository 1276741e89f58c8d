"""`python -m docs.make_data_model`: draws docs/pictures/data-model.svg from the metadata of our models.

The picture depends on nothing but the models: the same models give the same bytes. With `--check` nothing is
written and the exit code is 1 when the picture is out of date.
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
LEFT_OUT = (
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
"""Technical fields, by the beginning or end of their names; they count among the "more"."""

BOX, ROW, HEAD, GAP, LANE, PAD = 268, 19, 28, 22, 64, 20
TITLE = 40


@dataclass(frozen=True)
class Group:
    """Apps drawn side by side under one heading, over so many columns of boxes."""

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
"""A group without labels takes the apps that no other group names."""


@dataclass(frozen=True)
class FieldRow:
    """One line of a box; `target` is the model that it points to."""

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
        return HEAD + ROW * len(self.rows) + 8


def our_models() -> list[type[Model]]:
    """Models of the product, without history tables and tables that only join two others."""
    found = [
        model
        for model in apps.get_models()
        if model.__module__.split(".")[0] in PACKAGES and not model.__name__.startswith("Historical")
    ]
    return sorted(found, key=lambda model: (model._meta.app_label, model.__module__, model.__name__))


def rows_of(model: type[Model]) -> list[FieldRow]:
    """Relations first, then people in one line, then the first plain fields."""
    relations, people, plain, hidden = [], [], [], 0
    for field in [*model._meta.fields, *model._meta.many_to_many]:
        target = field.remote_field.model if field.remote_field else None
        if field.primary_key or (target and target.__module__.split(".")[0] not in PACKAGES):
            continue
        if target is get_user_model():
            people.append(field.name)
        elif target:
            relations.append(FieldRow(field.name, target.__name__, target, mark_of(field)))
        elif is_technical(field.name) or len(plain) == MAX_PLAIN_FIELDS:
            hidden += 1
        else:
            plain.append(FieldRow(field.name, label_of(field)))
    if people:
        relations.append(FieldRow(shortened(", ".join(people), 25), "→ User"))
    if hidden:
        plain.append(FieldRow(f"… {hidden} more", ""))
    return relations + plain


def mark_of(field: Field) -> str:
    """How many rows may point to one: one (1), many (n), many on both sides (n:m)."""
    if isinstance(field, ManyToManyField):
        return "n:m"
    return "1" if field.unique else "n"


def is_technical(name: str) -> bool:
    return any(name.startswith(part) or name.endswith(part) for part in LEFT_OUT)


def label_of(field: Field) -> str:
    """The Chinese name, where the field has one of its own."""
    label = str(field.verbose_name)
    return "" if label.isascii() else shortened(label.partition("(")[0], 9)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def place(boxes: list[Box], columns: int, left: int) -> int:
    """Puts the boxes into columns of about the same height, in their order; returns the height."""
    total = sum(box.height + GAP for box in boxes)
    column, y = 0, TITLE + PAD
    for box in boxes:
        if y > TITLE + PAD and y + box.height / 2 > TITLE + total / columns and column < columns - 1:
            column, y = column + 1, TITLE + PAD
        box.x, box.y = left + column * (BOX + LANE), y
        y += box.height + GAP
    return max(box.y + box.height for box in boxes)


def text(x: float, y: float, words: str, *, style: str = "f", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def draw_box(box: Box) -> list[str]:
    name = box.model.__name__
    chinese = str(box.model._meta.verbose_name)
    parts = [
        f'<rect x="{box.x}" y="{box.y}" width="{BOX}" height="{box.height}" rx="6" class="box"/>',
        f'<path d="M{box.x} {box.y + HEAD}h{BOX}" stroke="{box.colour}" stroke-width="2"/>',
        text(box.x + 10, box.y + 19, name, style="name"),
        text(box.x + BOX - 10, box.y + 19, "" if chinese.isascii() else chinese, style="zh", anchor="end"),
    ]
    for number, row in enumerate(box.rows):
        y = box.y + HEAD + ROW * number + 15
        label = f"→ {row.label} ({row.mark})" if row.target else row.label
        parts += [
            text(box.x + 10, y, row.name, style="more" if row.name.startswith("…") else "f"),
            text(box.x + BOX - 10, y, label, style="to" if row.target else "zh", anchor="end"),
        ]
    return parts


def draw_lines(box: Box, boxes: dict[type[Model], Box]) -> list[str]:
    """From the row of each relation to the head of the model it points to, between the columns."""
    found = []
    for number, row in enumerate(box.rows):
        target = boxes.get(row.target) if row.target else None
        if target is None:
            continue
        y, to_y = box.y + HEAD + ROW * number + 11, target.y + 14
        if target.x < box.x:
            x, to_x, bend = box.x, target.x + BOX, -1
        elif target.x > box.x:
            x, to_x, bend = box.x + BOX, target.x, 1
        else:
            x, to_x, bend = box.x, target.x, -1
        to_bend = bend if target.x == box.x else -bend
        reach = LANE * 0.45 if target.x == box.x else max(LANE, abs(to_x - x) * 0.35)
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


def drawing() -> str:
    """The whole picture as SVG text."""
    with translation.override("zh-hans"):
        return _drawing()


def _drawing() -> str:
    models, boxes = our_models(), {}
    named = {label for group in GROUPS for label in group.labels}
    left, bottom, shapes = PAD * 2, 0, []
    for group in GROUPS:
        own = [
            Box(model, rows_of(model), group.colour)
            for model in models
            if model._meta.app_label in group.labels
            or (not group.labels and model._meta.app_label not in named)
        ]
        width = group.columns * (BOX + LANE) - LANE
        bottom = max(bottom, place(own, group.columns, left))
        shapes.append(
            text(left, TITLE, group.name, style="group").replace("<text", f'<text fill="{group.colour}"', 1)
        )
        boxes |= {box.model: box for box in own}
        left += width + LANE + PAD
    width, height = left - LANE, bottom + PAD * 2
    size = f'width="{width}" height="{height}"'
    for box in boxes.values():
        shapes += draw_lines(box, boxes)
    for box in boxes.values():
        shapes += draw_box(box)
    legend = (
        "(1) one row to one · (n) many rows to one · (n:m) many to many · → User: foreign keys to the person"
    )
    shapes.append(text(PAD, height - 12, legend, style="zh"))
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
    picture = drawing()
    if "--check" in arguments:
        is_current = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture
        return 0 if is_current else 1
    PICTURE.write_text(picture, encoding="utf-8")
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
