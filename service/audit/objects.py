"""What is read of the system catalogues: queries that give a name and what the thing is, as JSON.

Left out, because it says nothing about the rows or differs between versions: NOT NULL constraints (PostgreSQL 18 lists
them apart; the column tells), storage, statistics, comments, tablespaces, autovacuum's settings, the order of columns,
and what the owner may do with what is his.
"""

import re

_WORDS = {
    "ours": "n.nspname IN ('ledger', 'warehouse')",
    "enabled": "CASE {} WHEN 'A' THEN 'always' WHEN 'O' THEN 'except in replica mode'"
    " WHEN 'R' THEN 'in replica mode' ELSE 'no' END",
    "hash": "encode(sha256(convert_to({}, 'UTF8')), 'hex')",
}


def _spelt(query: str) -> str:
    """`<word argument>` stands for what `_WORDS` says."""
    return re.sub(r"<([a-z]+) ?([^<>\n]*)>", lambda found: _WORDS[found[1]].replace("{}", found[2]), query)


SCHEMAS = """
SELECT 'schema ' || n.nspname, jsonb_build_object('owner', n.nspowner::regrole::text) FROM pg_namespace n WHERE <ours>
"""

# A table's children, wherever they are: their rows appear as its own. PostgreSQL 15 spells a view in another way.
RELATIONS = """
SELECT format('relation %I.%I', n.nspname, c.relname), jsonb_build_object(
    'kind', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'p' THEN 'partitioned table'
        WHEN 'm' THEN 'materialised view' WHEN 'f' THEN 'foreign table' ELSE c.relkind::text END,
    'owner', c.relowner::regrole::text,
    'persistence', CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END,
    'kept as', (SELECT amname FROM pg_am a WHERE a.oid = c.relam),
    'row security', c.relrowsecurity, 'row security for the owner', c.relforcerowsecurity,
    'partition', pg_get_expr(c.relpartbound, c.oid),
    'children', (SELECT jsonb_agg(i.inhrelid::regclass::text ORDER BY 1) FROM pg_inherits i WHERE i.inhparent = c.oid),
    'parents', (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY 1) FROM pg_inherits i WHERE i.inhrelid = c.oid),
    CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'definition on 15' ELSE 'definition' END,
        CASE WHEN c.relkind IN ('v', 'm') THEN <hash pg_get_viewdef(c.oid)> END,
    'options', CASE WHEN c.relkind = 'v' THEN to_jsonb(c.reloptions) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE <ours> AND c.relkind NOT IN ('i', 'I', 'S', 'c')
"""

COLUMNS = """
SELECT format('column %I.%I.%I', n.nspname, c.relname, a.attname), jsonb_build_object(
    'type', format_type(a.atttypid, a.atttypmod), 'not null', a.attnotnull,
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    'inherited', a.attinhcount > 0)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE <ours> AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
"""

# A foreign key is watched by triggers of the system, which sleep like all others.
CONSTRAINTS = """
SELECT format('constraint %I on %s', o.conname, o.conrelid::regclass), jsonb_build_object(
    'definition', pg_get_constraintdef(o.oid), 'checked', CASE WHEN NOT o.convalidated THEN 'not what was there' END,
    'watched', (SELECT jsonb_agg(DISTINCT <enabled t.tgenabled>) FROM pg_trigger t
        WHERE t.tgconstraint = o.oid))
FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
WHERE <ours> AND o.contype NOT IN ('n', 't') AND o.conrelid <> 0
"""

INDEXES = """
SELECT format('index %s', i.indexrelid::regclass), jsonb_build_object(
    'definition', pg_get_indexdef(i.indexrelid), 'usable', i.indisvalid AND i.indisready AND i.indislive)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE <ours>
    AND c.relkind <> 't'
"""

TRIGGERS = """
SELECT format('trigger %I on %s', t.tgname, t.tgrelid::regclass), jsonb_build_object(
    'definition', pg_get_triggerdef(t.oid), 'enabled', <enabled t.tgenabled>)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE <ours> AND NOT t.tgisinternal
"""

RULES = """
SELECT format('rule %I on %s', r.rulename, r.ev_class::regclass), jsonb_build_object(
    'definition', <hash pg_get_ruledef(r.oid)>, 'enabled', <enabled r.ev_enabled>)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE <ours> AND r.rulename <> '_RETURN'
"""

POLICIES = """
SELECT format('policy %I on %s', p.polname, p.polrelid::regclass), jsonb_build_object('command', p.polcmd::text,
    'using', pg_get_expr(p.polqual, p.polrelid), 'with check', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE <ours>
"""

FUNCTIONS = """
SELECT format('function %s', p.oid::regprocedure), jsonb_build_object(
    'owner', p.proowner::regrole::text, 'language', l.lanname, 'kind', p.prokind::text,
    'result', pg_get_function_result(p.oid), 'changes', p.provolatile::text, 'strict', p.proisstrict,
    'as the owner', p.prosecdef, 'settings', to_jsonb(p.proconfig), 'library', p.probin,
    'source', <hash coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)>)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE <ours>
"""

TYPES = """
SELECT format('type %s', t.oid::regtype), jsonb_build_object(
    'owner', t.typowner::regrole::text, 'kind', t.typtype::text,
    'values', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE <ours> AND t.typtype <> 'c' AND t.typelem = 0
"""

SEQUENCES = """
SELECT format('sequence %s', s.seqrelid::regclass), jsonb_build_object('owner', c.relowner::regrole::text,
    'type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'by', s.seqincrement, 'from', s.seqmin, 'to', s.seqmax,
    'begins anew', s.seqcycle, 'persistence', CASE c.relpersistence WHEN 'p' THEN 'permanent' ELSE 'unlogged' END)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE <ours>
"""

# Who else than the owner may do what. Empty where only the owner may: an object that was granted to nobody.
GRANTS = """
SELECT 'grant on ' || what || ' to ' || CASE grantee WHEN 0 THEN 'everybody' ELSE grantee::regrole::text END,
    jsonb_build_object('may',
        jsonb_agg(DISTINCT privilege_type || CASE WHEN is_grantable THEN ' and pass it on' ELSE '' END))
FROM (
    SELECT 'schema ' || n.nspname AS what, n.nspowner AS owner, a.*
        FROM pg_namespace n, aclexplode(n.nspacl) a WHERE <ours>
    UNION ALL
    SELECT c.oid::regclass::text, c.relowner, a.*
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a WHERE <ours>
    UNION ALL
    SELECT format('%s.%I', c.oid::regclass, t.attname), c.relowner, a.* FROM pg_attribute t
        JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a
        WHERE <ours>
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure, p.proowner, a.* FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE <ours>
) AS granted WHERE grantee <> owner GROUP BY what, grantee
"""

DEFAULTS = """
SELECT format('default grant of %s in %s on %s', d.defaclrole::regrole, coalesce(n.nspname, 'every schema'),
    d.defaclobjtype), jsonb_build_object('may', to_jsonb(d.defaclacl)::text)
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE <ours> OR d.defaclrole::regrole::text LIKE 'lotproof\\_%'
"""

EVENT_TRIGGERS = """
SELECT 'event trigger ' || e.evtname, jsonb_build_object('event', e.evtevent, 'function', e.evtfoid::regproc::text,
    'enabled', <enabled e.evtenabled>, 'only for', to_jsonb(e.evttags))
FROM pg_event_trigger e WHERE e.evtname LIKE 'lotproof\\_%'
"""

# Roles are of the cluster; what they are members of would give them more than is granted here.
ROLES = """
SELECT 'role ' || r.rolname, jsonb_build_object('superuser', r.rolsuper, 'makes roles', r.rolcreaterole,
    'makes databases', r.rolcreatedb, 'replicates', r.rolreplication, 'sees hidden rows', r.rolbypassrls,
    'logs in', r.rolcanlogin, 'settings', to_jsonb(r.rolconfig),
    'member of', (SELECT jsonb_agg(m.roleid::regrole::text ORDER BY 1) FROM pg_auth_members m WHERE m.member = r.oid))
FROM pg_roles r WHERE r.rolname IN ('lotproof_owner', 'lotproof_web', 'lotproof_worker', 'lotproof_auditor')
"""

QUERIES = tuple(
    map(
        _spelt,
        (
            SCHEMAS,
            RELATIONS,
            COLUMNS,
            CONSTRAINTS,
            INDEXES,
            TRIGGERS,
            RULES,
            POLICIES,
            FUNCTIONS,
            TYPES,
            SEQUENCES,
            GRANTS,
            DEFAULTS,
            EVENT_TRIGGERS,
            ROLES,
        ),
    )
)
