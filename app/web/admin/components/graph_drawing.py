"""Where each component and each line of the drawn graph stands: columns from cause to follower, few crossings.

A line that passes a column gets a place of its own in it (a waypoint), so that it runs between the
components instead of behind them. Sizes are SVG units, one to a pixel.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from textwrap import wrap

from app.domain.components import Component
from app.domain.layers import Edge, EdgeKind, edges_of, layers_of

NODE_WIDTH, NODE_HEIGHT = 196, 62
COLUMN_GAP, ROW_GAP = 68, 14
WAYPOINT_HEIGHT = 10
MARGIN = 6
ALONE_GAP = 44
ARROW = 8
LINE_LENGTH, LINES_MOST = 17, 2
_SWEEPS = 6

Cell = str | tuple[Edge, int]
"""What has a place in a column: a component by its slug, or an edge on its way through that column."""

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """One component in the drawing: its upper left corner, and its name in lines that fit."""

    component: Component
    x: float
    y: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One edge in the drawing. `path` is the `d` of an SVG path that ends where the arrow points."""

    edge: Edge
    path: str

    @property
    def is_firm(self) -> bool:
        """Whether the follower stops with the cause; otherwise only its usual door is shut."""
        return self.edge.kind is EdgeKind.REQUIRES


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole graph. `alone_y` is where the rows of those that hang on nothing begin; None without any."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    alone_y: float | None


def drawing_of(components: Sequence[Component]) -> Drawing:
    """The graph of these components, laid out; the same components give the same drawing."""
    edges = edges_of(components)
    joined = {slug for edge in edges for slug in (edge.cause, edge.follower)}
    layers = layers_of([item.slug for item in components if item.slug in joined], edges)
    chains = _chains(edges, layers)
    columns = _untangled(_columns(layers, chains), chains)
    places = _places(columns)
    width = MARGIN * 2 + max(len(columns), 2) * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP
    bottom = max((places[slug][1] + NODE_HEIGHT for slug in joined), default=0.0)
    alone = [item.slug for item in components if item.slug not in joined]
    alone_y = bottom + ALONE_GAP if alone else None
    places |= _rows(alone, alone_y or 0.0, width)
    nodes = tuple(Node(item, *places[item.slug], name_lines(item.short_name)) for item in components)
    return Drawing(
        nodes,
        tuple(Line(chain.edge, _path([places[cell] for cell in chain.cells])) for chain in chains),
        width,
        max((node.y + NODE_HEIGHT for node in nodes), default=0.0) + MARGIN,
        alone_y,
    )


def name_lines(name: str) -> tuple[str, ...]:
    """A name in at most two lines of seventeen characters; what does not fit ends in an ellipsis."""
    lines = wrap(name, LINE_LENGTH, max_lines=LINES_MOST, placeholder="…", break_on_hyphens=False)
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _Chain:
    """An edge with every cell it runs through, from its cause to its follower."""

    edge: Edge
    cells: tuple[Cell, ...]


def _chains(edges: Iterable[Edge], layers: Sequence[Sequence[str]]) -> list[_Chain]:
    depth = {slug: depth for depth, layer in enumerate(layers) for slug in layer}
    return [
        _Chain(
            edge,
            (edge.cause, *((edge, at) for at in range(depth[edge.cause] + 1, depth[edge.follower])), edge.follower),
        )
        for edge in edges
    ]


def _columns(layers: Sequence[Sequence[str]], chains: Iterable[_Chain]) -> list[list[Cell]]:
    columns: list[list[Cell]] = [list(layer) for layer in layers]
    for edge, column in (cell for chain in chains for cell in chain.cells if isinstance(cell, tuple)):
        columns[column].append((edge, column))
    return columns


def _untangled(columns: list[list[Cell]], chains: Iterable[_Chain]) -> list[list[Cell]]:
    """The columns, each sorted by where its neighbours stand, forwards and backwards a few times."""
    before: defaultdict[Cell, list[Cell]] = defaultdict(list)
    after: defaultdict[Cell, list[Cell]] = defaultdict(list)
    for first, second in (pair for chain in chains for pair in pairwise(chain.cells)):
        before[second].append(first)
        after[first].append(second)
    for _ in range(_SWEEPS):
        for column in columns[1:]:
            column.sort(key=_middle(_heights(columns), before))
        for column in reversed(columns[:-1]):
            column.sort(key=_middle(_heights(columns), after))
    return columns


def _heights(columns: Iterable[Sequence[Cell]]) -> dict[Cell, float]:
    """How far down its column each cell stands, from 0 to 1."""
    return {cell: (at + 0.5) / len(column) for column in columns for at, cell in enumerate(column)}


def _middle(heights: Mapping[Cell, float], neighbours: Mapping[Cell, Sequence[Cell]]) -> Callable[[Cell], float]:
    """The middle of a cell's neighbours; where it has none, its own place."""

    def height(cell: Cell) -> float:
        beside = neighbours.get(cell)
        return fmean(heights[other] for other in beside) if beside else heights[cell]

    return height


def _places(columns: Sequence[Sequence[Cell]]) -> dict[Cell, Place]:
    """The upper left corner of every cell; shorter columns stand in the middle of the longest."""
    tallest = max((_tall(column) for column in columns), default=0.0)
    places: dict[Cell, Place] = {}
    for at, column in enumerate(columns):
        y = MARGIN + (tallest - _tall(column)) / 2
        for cell in column:
            places[cell] = (MARGIN + at * (NODE_WIDTH + COLUMN_GAP), y)
            y += _height(cell) + ROW_GAP
    return places


def _tall(column: Sequence[Cell]) -> float:
    return sum(_height(cell) + ROW_GAP for cell in column) - ROW_GAP


def _height(cell: Cell) -> float:
    return NODE_HEIGHT if isinstance(cell, str) else WAYPOINT_HEIGHT


def _rows(slugs: Sequence[str], top: float, width: float) -> dict[Cell, Place]:
    """Those that hang on nothing, side by side beneath the rest."""
    fitting = max(int((width - MARGIN * 2 + COLUMN_GAP) // (NODE_WIDTH + COLUMN_GAP)), 1)
    return {
        slug: (
            MARGIN + at % fitting * (NODE_WIDTH + COLUMN_GAP),
            top + at // fitting * (NODE_HEIGHT + ROW_GAP),
        )
        for at, slug in enumerate(slugs)
    }


def _path(places: Sequence[Place]) -> str:
    """A smooth line from the right side of the first, level through each waypoint, to the left side of the last."""
    (x, y), *through, (end_x, end_y) = places
    path = f"M{x + NODE_WIDTH:g} {y + NODE_HEIGHT / 2:g}"
    here = (x + NODE_WIDTH, y + NODE_HEIGHT / 2)
    for left, top in through:
        level = top + WAYPOINT_HEIGHT / 2
        path += f"{_bend(here, (left, level))}H{left + NODE_WIDTH:g}"
        here = (left + NODE_WIDTH, level)
    return path + _bend(here, (end_x - ARROW, end_y + NODE_HEIGHT / 2)) + f"h{ARROW}"


def _bend(start: Place, end: Place) -> str:
    """A curve that leaves and arrives level."""
    middle = (start[0] + end[0]) / 2
    return f"C{middle:g} {start[1]:g} {middle:g} {end[1]:g} {end[0]:g} {end[1]:g}"
