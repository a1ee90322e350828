"""Draw docs/images/rooms.svg: the rooms of the package, and which loads which, from its imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "skyseg"
PICTURE = ROOT / "docs" / "images" / "rooms.svg"
WIDTH, ROOM, HEIGHT, STEP, ASIDE, DOT = 880, 116, 28, 38, 54, 22
VIEWERS = {"napari_plugin", "notebook"}
# what all rooms know, drawn once as the ground
GROUND = {"_loops", "errors", "settings", "writing"}

Rooms = Mapping[str, frozenset[str]]


def _imported(path: Path) -> Iterator[str]:
    """Rooms that a module loads when it is itself loaded; those for types alone left out."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        names = [alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)]
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        yield from (name.split(".")[1] for name in names if name.startswith("skyseg."))
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending.extend(ast.iter_child_nodes(node))


def find_rooms() -> dict[str, frozenset[str]]:
    """Return the rooms, each with those that it loads."""
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    return {
        room: frozenset(
            name
            for path in (SOURCE / room).rglob("*.py")
            for name in _imported(path)
            if name in rooms and name != room
        )
        for room in sorted(rooms)
    }


def find_floors(rooms: Rooms) -> list[list[str]]:
    """Return the rooms from the ground up: each on the lowest floor above all that it loads."""

    @cache
    def floor(room: str) -> int:
        return 1 + max((floor(each) for each in rooms[room]), default=-1)

    floors: list[list[str]] = [[] for _ in range(1 + max(map(floor, rooms)))]
    for room in rooms:
        floors[floor(room)].append(room)
    return floors


def draw(rooms: Rooms) -> str:
    """Return the picture: stairs of rooms, and on each step dots above those that it loads."""
    order = [room for floor in find_floors(rooms) for room in floor]
    bottom = STEP * len(order) + 10
    height = bottom + STEP + 20
    places = {room: (30 + ASIDE * n, bottom - STEP * n) for n, room in enumerate(order)}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="15">',
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#fff"/>',
    ]
    for room, (x, y) in places.items():
        users = [places[other][1] for other in order if room in rooms[other]]
        if users:
            lines.append(_line(x + DOT, y - HEIGHT / 2, x + DOT, min(users), "#c3cad6"))
    for room, (x, y) in places.items():
        loaded = sorted(places[other][0] + DOT for other in rooms[room])
        if loaded:
            lines.append(_line(x, y, loaded[0], y, "#4a5568"))
        lines += [f'<circle cx="{each}" cy="{y}" r="5" fill="#4a5568"/>' for each in loaded]
    for room, (x, y) in places.items():
        fill = "#f6dfc2" if room in VIEWERS else "#dbe6f5"
        lines += _box(x, y, ROOM, room, fill)
    lines += _box(30, bottom + STEP + 4, WIDTH - 60, ", ".join(sorted(GROUND)), "#e2e2e2")
    return "\n".join([*lines, "</svg>\n"])


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return (
        f'<path d="M{x:.0f} {y:.0f}L{to_x:.0f} {to_y:.0f}" stroke="{colour}" stroke-width="1.5"/>'
    )


def _box(x: float, y: float, width: float, text: str, fill: str) -> list[str]:
    return [
        f'<rect x="{x:.0f}" y="{y - HEIGHT / 2:.0f}" width="{width:.0f}" height="{HEIGHT}" '
        f'rx="6" fill="{fill}" stroke="#4a5568"/>',
        f'<text x="{x + width / 2:.0f}" y="{y + 5:.0f}" text-anchor="middle" '
        f'fill="#1a202c">{escape(text)}</text>',
    ]


def main() -> None:
    """Draw the picture, or with ``--check`` fail where it is not what the imports say."""
    picture = draw(find_rooms())
    if "--check" not in sys.argv:
        PICTURE.write_text(picture, encoding="utf-8", newline="\n")
    elif PICTURE.read_text(encoding="utf-8") != picture:
        sys.exit(f"{PICTURE} is not current: run python scripts/draw_rooms.py")


if __name__ == "__main__":
    main()
