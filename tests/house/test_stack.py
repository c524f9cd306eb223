"""The launchers that every other test stands on."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from service import migrating
from service.local import node, postgres, stack


def test_each_test_gets_a_migrated_database_of_its_own(engine):
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() is not None
        connection.execute(text("CREATE TABLE left_over ()"))


def test_nothing_is_left_of_an_earlier_test(engine):
    with engine.begin() as connection:
        assert connection.execute(text("SELECT to_regclass('left_over')")).scalar() is None


def test_the_embedded_server_is_durable_by_default(pg):
    assert "fsync" not in postgres.SETTINGS and "synchronous_commit" not in postgres.SETTINGS


def test_anvil_answers(anvil):
    assert anvil.rpc("eth_chainId") == hex(node.CHAIN_ID)


def test_a_block_is_final_on_anvil_when_two_follow(fresh_anvil):
    fresh_anvil.rpc("anvil_mine", hex(5))
    assert fresh_anvil.rpc("eth_getBlockByNumber", "finalized", False)["number"] == hex(3)


def test_ganache_answers(ganache):
    assert ganache.rpc("eth_chainId") == hex(node.CHAIN_ID)


def test_two_that_migrate_at_once_take_turns(pg):
    postgres.create_database(pg, "twice")
    url = pg.url("twice")
    with ThreadPoolExecutor(2) as both:
        applied = sorted(both.map(lambda _: migrating.migrate(url), range(2)), key=len)
    assert applied[0] == [] and applied[1][0] == "0001"


def test_a_migration_that_fails_leaves_nothing_behind(pg, monkeypatch, tmp_path):
    folder = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, folder)
    broken = "revision = '9999'\ndown_revision = '0001'\ndef upgrade():\n    raise ZeroDivisionError\n"
    (folder / "versions" / "9999_broken.py").write_text(broken)
    monkeypatch.setattr(migrating, "MIGRATIONS", folder)
    postgres.create_database(pg, "broken")
    with pytest.raises(ZeroDivisionError):
        migrating.migrate(pg.url("broken"))
    with pg.connect("broken") as connection:
        assert connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,)


def test_one_query_tells_whether_a_database_is_migrated(pg, database_url):
    postgres.create_database(pg, "empty")
    assert not stack.migrated(pg.url("empty"))
    assert stack.migrated(database_url)


def test_a_migration_is_called_by_its_revision():
    for path in (migrating.MIGRATIONS / "versions").glob("[0-9]*.py"):
        assert f'revision = "{path.name[:4]}"' in path.read_text()
