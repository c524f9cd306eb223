"""The closure of the genealogy beside plain reachability, on any shape of it: splits, merges, diamonds, long chains."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from service.trace.closure import ancestors, descendants, reached

EDGES = st.sets(st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda edge: edge[0] < edge[1]), max_size=30)


def kept(connection: Connection, edges: Iterable[tuple[int, int]]) -> None:
    """Parent and child each; the rows alone, because the closure reads nothing else."""
    values = [{"parent": parent, "child": child} for parent, child in edges]
    if values:
        connection.execute(text("INSERT INTO warehouse.lot_descent VALUES (:child, :parent, 1, 1)"), values)


def walk(edges: Iterable[tuple[int, int]], start: set[int], depth: int) -> set[int]:
    found, here = set[int](), start
    for _ in range(depth):
        here = {child for parent, child in edges if parent in here}
        found |= here
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=EDGES, start=st.sets(st.integers(1, 12), min_size=1, max_size=3), depth=st.integers(1, 4))
def test_everything_that_can_be_reached_is_found_once_and_nothing_else(
    engine: Engine, edges: set[tuple[int, int]], start: set[int], depth: int
) -> None:
    back = {(child, parent) for parent, child in edges}
    with engine.connect() as connection:
        kept(connection, edges)
        assert descendants(connection, sorted(start)) == sorted(walk(edges, start, 20))
        assert ancestors(connection, sorted(start)) == sorted(walk(back, start, 20))
        assert reached(connection, sorted(start), "forward", depth) == sorted(walk(edges, start, depth))


@pytest.mark.parametrize("layers", [200])
def test_a_ladder_of_diamonds_costs_its_rows_and_not_its_paths(engine: Engine, layers: int) -> None:
    """Two lots in each layer, both made of both of the layer before: 2^200 paths."""
    edges = [(a, b) for at in range(0, 2 * layers, 2) for a in (at + 1, at + 2) for b in (at + 3, at + 4)]
    with engine.connect() as connection:
        kept(connection, edges)
        assert descendants(connection, [1]) == list(range(3, 2 * layers + 3))
