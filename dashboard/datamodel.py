"""The data model drawn from the models themselves: a box for each table, a line for each foreign key.

Tables that belong to users stand left of them, those of tweets right, those of both between the two.
"""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Field, ForeignKey, Model

from dashboard.database import Table, product_models
from dashboard.templatetags.figures import size

BOX, ROW, HEAD, GAP_X, GAP_Y = 190, 17, 42, 52, 22
HUBS = ("users", "tweets")
BETWEEN = 2
"""Which stack stands between them."""


@dataclass
class Column:
    name: str
    kind: str
    y: int
    target: str = ""
    is_key: bool = False


@dataclass
class Box:
    name: str
    rows: str
    size: str
    x: int
    y: int
    columns: list[Column] = field(default_factory=list)

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.columns) + 8

    @property
    def right(self) -> int:
        return self.x + BOX


@dataclass(frozen=True)
class Line:
    path: str
    title: str


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: list[Box]
    lines: list[Line]


def drawing(tables: dict[str, Table]) -> Drawing:
    """With estimated rows where they are known."""
    models = {model._meta.db_table: model for model in product_models()}
    boxes: dict[str, Box] = {}
    for place, names in enumerate(_stacks(models)):
        y = 8 if place != BETWEEN else 100  # room for the lines from tweets to users
        for name in names:
            box = boxes[name] = _box(models[name], tables.get(name), 8 + place * (BOX + GAP_X), y)
            y += box.height + GAP_Y
    lines = [
        _line(box, column, boxes[column.target])
        for box in boxes.values()
        for column in box.columns
        if column.target in boxes
    ]
    return Drawing(
        width=max(box.right for box in boxes.values()) + 40,
        height=max(box.y + box.height for box in boxes.values()) + 8,
        boxes=list(boxes.values()),
        lines=lines,
    )


def _stacks(models: dict[str, type[Model]]) -> list[list[str]]:
    """Table names by column of the drawing."""
    stacks: list[list[str]] = [[], ["users"], [], ["tweets"], []]
    alone = []
    for name, model in models.items():
        targets = {target for target in map(_target, model._meta.local_fields) if target and target != name}
        if name in HUBS:
            continue
        if targets.issuperset(HUBS):
            stacks[BETWEEN].append(name)
        elif "tweets" in targets:
            stacks[4].append(name)
        elif targets:
            stacks[0].append(name)
        else:
            alone.append(name)
    stacks[0] += sorted(alone)
    return [[name for name in stack if name in models] for stack in stacks]


def _box(model: type[Model], table: Table | None, x: int, y: int) -> Box:
    rows = "no estimate yet" if table is None or table.rows is None else f"about {table.rows:,} rows"
    box = Box(model._meta.db_table, rows, size(table.size) if table else "", x, y)
    for place, column in enumerate(sorted(model._meta.local_fields, key=lambda field: not field.primary_key)):
        name = column.column or column.name
        middle = y + HEAD + ROW * place + ROW // 2
        box.columns.append(Column(name, _kind(column), middle, _target(column), column.primary_key))
    return box


def _kind(column: "Field[object, object]") -> str:
    if isinstance(column, ForeignKey):
        return f"→ {column.related_model._meta.db_table}"
    return (column.db_type(connection) or "").replace("timestamp with time zone", "timestamptz")


def _target(column: "Field[object, object]") -> str:
    return column.related_model._meta.db_table if isinstance(column, ForeignKey) else ""


def _line(box: Box, column: Column, target: Box) -> Line:
    """From the column to the head of its table, leaving and arriving on the sides that face each other."""
    end_y = target.y + 20
    if target.x > box.x:
        start, end, bend = box.right, target.x, GAP_X // 2
        path = f"M{start},{column.y} C{start + bend},{column.y} {end - bend},{end_y} {end},{end_y}"
    elif target.x < box.x:
        start, end, bend = box.x, target.right, GAP_X // 2
        path = f"M{start},{column.y} C{start - bend},{column.y} {end + bend},{end_y} {end},{end_y}"
    else:
        start, bend = box.right, 30
        path = f"M{start},{column.y} C{start + bend},{column.y} {start + bend},{end_y} {start},{end_y}"
    return Line(path, f"{box.name}.{column.name} points at {target.name}")
