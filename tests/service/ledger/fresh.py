"""A world for each example of a property, where one test has many."""

from itertools import count

from sqlalchemy import Engine

from service import db
from service.local import postgres
from service.local.postgres import Cluster
from tests.service.ledger.world import World
from tests.tools import databases

_NUMBERS = count(1)


class Fresh:
    """A fresh world for each example, cloned from one that is already furnished."""

    def __init__(self, pg: Cluster, furnished: str) -> None:
        self._pg, self._furnished = pg, furnished
        self._last: tuple[Engine, str] | None = None

    def world(self) -> World:
        self.drop()
        name = f"life_{next(_NUMBERS)}"
        engine = db.engine_for(databases.copy(self._pg, name, self._furnished))
        self._last = engine, name
        return World(engine)

    def drop(self) -> None:
        if self._last is not None:
            engine, name = self._last
            engine.dispose()
            postgres.drop_databases(self._pg, [name])
            self._last = None
