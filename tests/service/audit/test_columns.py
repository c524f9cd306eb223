"""Every column is evidence, derived or operational: whoever adds one decides."""

from sqlalchemy import Engine, text

from service.audit.columns import columns

_COLUMNS = text("""
    SELECT n.nspname || '.' || c.relname AS table, a.attname AS column, a.attnotnull AS required
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('ledger', 'warehouse') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
""")
_KEYS = text("""
    SELECT n.nspname || '.' || c.relname AS table, a.attname AS column FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, at)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indisprimary AND n.nspname IN ('ledger', 'warehouse') ORDER BY 1, k.at
""")


def test_every_column_has_exactly_one_class(engine: Engine) -> None:
    with engine.connect() as connection:
        there = {(row.table, row.column) for row in connection.execute(_COLUMNS)}
    told = [(table, column) for table, known in columns().items()
            for column in (*known.evidence, *known.derived, *known.operational)]  # fmt: skip
    unclassified, gone = sorted(there - set(told)), sorted(set(told) - there)
    assert not unclassified, f"say in service/audit/columns.toml what these are: {unclassified}"
    assert not gone, f"service/audit/columns.toml speaks of columns that are not there: {gone}"
    assert len(told) == len(set(told)), "a column has two classes"


def test_keys_and_empty_columns_are_those_of_the_database(engine: Engine) -> None:
    with engine.connect() as connection:
        empty = {(row.table, row.column) for row in connection.execute(_COLUMNS) if not row.required}
        keys: dict[str, list[str]] = {}
        for row in connection.execute(_KEYS):
            keys.setdefault(row.table, []).append(row.column)
    checked = {table: known for table, known in columns().items() if known.checked}
    assert {table: list(known.key) for table, known in checked.items()} == {table: keys[table] for table in checked}
    for table, known in checked.items():
        assert set(known.optional) == {column for column in known.checked if (table, column) in empty}, table


def test_what_is_not_evidence_says_what_it_is_instead() -> None:
    for table, known in columns().items():
        assert known.operational == () or known.why, table
        assert known.named == "" or known.named.startswith("SELECT "), table
