"""One honest ledger for all lies: made once, changed never."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from service import db
from service.local import node, postgres
from service.local.node import Node
from service.local.postgres import Cluster
from tests.anchoring.audit.world import Real, build
from tests.tools import databases


@pytest.fixture(scope="module")
def honest(pg: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """A ledger with a full tile, some checkpoints and anchors, a theft, an epoch and a reorg."""
    chain: Node = node.start_anvil(log=tmp_path_factory.mktemp("audited") / "anvil.log")
    engine: Engine = db.engine_for(databases.copy(pg, "audited", template))
    yield build(engine, chain, anchored=9)
    engine.dispose()
    postgres.drop_databases(pg, ["audited"])
    chain.stop()
