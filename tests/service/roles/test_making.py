"""Roles belong to a cluster: many databases of it migrate at once, and not every login may make them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from service import db, migrating
from service.audit import catalogue
from service.local import postgres
from service.local.postgres import Cluster
from service.roles import grants, making, standing
from service.roles.logins import WEB_LOGIN, named
from tests.conftest import ROOT, own_cluster


@pytest.fixture(scope="module")
def fresh() -> Iterator[Cluster]:
    """A cluster that never saw a database of ours, with room for other logins."""
    with own_cluster() as (cluster, _):
        lines = (cluster.data / "pg_ident.conf").read_text()
        more = [line.replace("postgres\n", f"{name}\n") for line in lines.splitlines(keepends=True)
                if line.endswith(" postgres\n") for name in ("plain", "managed")]  # fmt: skip
        (cluster.data / "pg_ident.conf").write_text(lines + "".join(more))
        with cluster.connect() as connection:
            connection.execute("SELECT pg_reload_conf()")
        yield cluster


@pytest.fixture
def owned(fresh: Cluster) -> Callable[[str, str], str]:
    """A login that is no superuser, with these rights, and a database of its own; its URL."""

    def make(login: str, rights: str) -> str:
        with fresh.connect() as connection:
            connection.execute(f"CREATE ROLE {login} LOGIN {rights}")
            connection.execute(f"CREATE DATABASE of_{login} OWNER {login}")
        return fresh.url(f"of_{login}", login)

    return make


def test_a_login_that_may_make_no_roles_migrates_and_is_told_what_is_needed(
    owned: Callable[[str, str], str], caplog: pytest.LogCaptureFixture
) -> None:
    """Comes first: no role is there yet."""
    url = owned("plain", "")
    assert migrating.migrate(url)
    assert "may not run CREATE ROLE" in caplog.text and "./lotproof migrate --roles" in caplog.text
    engine = db.engine_for(url)
    with engine.connect() as connection:
        excess = standing.own_excess(connection)
        assert excess and excess.what == "owns the tables of the ledger"
        assert standing.unnoticed(connection)
    engine.dispose()


def test_databases_that_migrate_at_the_same_moment_all_succeed(fresh: Cluster) -> None:
    every = [f"at_once_{number}" for number in range(2)]
    for name in every:
        postgres.create_database(fresh, name)
    argv = [sys.executable, "-P", "-m", "service.cli", "migrate"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOTPROOF_")}
    environ = clean | {"PYTHONPATH": str(ROOT), "LOTPROOF_DATA": "/nowhere"}
    started = [
        subprocess.Popen(argv, env=environ | {
            "LOTPROOF_DATABASE_URL": fresh.url(name), "LOTPROOF_WEB_DATABASE_URL": fresh.url(name, WEB_LOGIN),
        }, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name in every
    ]  # fmt: skip
    said = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert all(each.startswith("migrated the database: 0001, ") for each in said)


def test_without_a_superuser_everything_but_the_event_triggers_is_as_it_should(
    fresh: Cluster, owned: Callable[[str, str], str], caplog: pytest.LogCaptureFixture
) -> None:
    """On a managed PostgreSQL, where the roles are there: a superuser made them, or this login did."""
    url = owned("managed", "CREATEROLE")
    with fresh.connect() as connection:
        for role in grants.ROLES:
            connection.execute(f"GRANT {role} TO managed WITH ADMIN OPTION")
    assert migrating.migrate(url)
    assert "event triggers need a superuser" in caplog.text
    engine = db.engine_for(url)
    with engine.connect() as connection:
        told = list(catalogue.compare(connection))
    engine.dispose()
    assert [each[0] for each in told] == ["event trigger lotproof_ddl", "event trigger lotproof_drop"]


def test_a_login_has_the_password_that_its_url_names(fresh: Cluster) -> None:
    (login,) = named(f"postgresql://{WEB_LOGIN}:s3cret@db/lotproof", None, "postgresql://postgres@db/lotproof")
    with fresh.connect() as connection:
        for _ in range(2):  # as often as somebody migrates
            making.make_login(connection, login.name, login.role, login.password)
        (verifier,) = connection.execute(  # type: ignore[misc]
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (WEB_LOGIN,)
        ).fetchone()
    assert verifier.startswith("SCRAM-SHA-256$") and "s3cret" not in verifier


def test_who_migrates_needs_no_login_made() -> None:
    admin = "postgresql://admin:x@db/lotproof"
    assert named(admin, admin, admin) == []


def test_a_changed_list_is_granted_by_the_next_migration(fresh: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh.url("at_once_0")
    monkeypatch.setitem(grants.TABLES, "warehouse.recall_drill", ("SELECT", ""))
    assert migrating.migrate(url) == []
    engine = db.engine_for(url)
    with engine.connect() as connection:
        held = text("SELECT has_table_privilege('lotproof_web', 'warehouse.recall_drill', 'INSERT')")
        assert connection.scalar(held) is False
    engine.dispose()


def test_what_is_done_to_the_schema_is_on_record_and_a_migration_is_one_line(fresh: Cluster) -> None:
    heard: list[str | None] = []
    with fresh.connect("at_once_1") as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE ledger.entry DISABLE TRIGGER entry_row_refuse")
        connection.execute("DROP TRIGGER keep_rows ON ledger.anchor")
        connection.execute("CREATE TABLE public.nothing_of_ours (id int)")
        rows = connection.execute("SELECT login, tag, object FROM ledger.ddl ORDER BY at").fetchall()
        with pytest.raises(Exception, match="keeps its rows"):
            connection.execute("DELETE FROM ledger.ddl")
    assert [(tag, object) for _, tag, object in rows[1:]] == [
        ("ALTER TABLE", "ledger.entry"), ("DROP TRIGGER", "keep_rows on ledger.anchor"),
    ]  # fmt: skip
    assert rows[0][1] == "MIGRATION" and rows[0][2].startswith("nothing to ")
    assert len(heard) == 2 and heard[0] and heard[0].startswith("the schema is changed from outside a migration")
