-- One line a fact, as tests/catalog.rs renders the catalog: what pg_catalog says of the schema's own objects.
WITH
space AS (
  SELECT oid, nspname FROM pg_namespace
  WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'noren_check') AND nspname NOT LIKE 'pg\_%'
),
member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
relation AS (
  SELECT c.*, s.nspname || '.' || c.relname AS name
  FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT FROM member WHERE classid = 'pg_class'::regclass AND objid = c.oid)
),
tab AS (SELECT * FROM relation WHERE relkind IN ('r', 'p', 'f')),
facts (line) AS (
  SELECT format('schema %s', nspname) FROM space
  UNION ALL
  SELECT format('table %s %s partition of [%s] inherits [%s] security %s force %s unlogged %s comment [%s]', t.name, t.relkind,
    (SELECT p.name FROM pg_inherits i JOIN relation p ON p.oid = i.inhparent WHERE i.inhrelid = t.oid AND t.relispartition),
    (SELECT string_agg(p.name, ', ' ORDER BY i.inhseqno) FROM pg_inherits i JOIN relation p ON p.oid = i.inhparent WHERE i.inhrelid = t.oid AND NOT t.relispartition),
    t.relrowsecurity, t.relforcerowsecurity, t.relpersistence = 'u', obj_description(t.oid, 'pg_class'))
  FROM tab t
  UNION ALL
  SELECT format('column %s %s. %s %s not null %s default %s identity [%s] generated [%s] comment [%s]', t.name,
    row_number() OVER (PARTITION BY t.oid ORDER BY a.attnum), a.attname, noren_check.type_name(a.atttypid, a.atttypmod), a.attnotnull,
    a.atthasdef AND a.attgenerated = '', a.attidentity, a.attgenerated, col_description(t.oid, a.attnum))
  FROM tab t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT format('constraint %s %s %s columns %s references [%s] %s update %s delete %s %s match %s deferrable %s deferred %s validated %s', t.name, k.conname, k.contype,
    CASE WHEN k.contype IN ('c', 'x') THEN (SELECT array_agg(x ORDER BY x COLLATE "C") FROM unnest(noren_check.columns(k.conrelid, k.conkey)) x) ELSE noren_check.columns(k.conrelid, k.conkey) END,
    f.name, noren_check.columns(k.confrelid, k.confkey), k.confupdtype, k.confdeltype,
    noren_check.columns(k.conrelid, (SELECT array_agg(n::int2) FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(to_jsonb(k) -> 'confdelsetcols') = 'array' THEN to_jsonb(k) -> 'confdelsetcols' END) n)), k.confmatchtype, k.condeferrable, k.condeferred, k.convalidated)
  FROM tab t JOIN pg_constraint k ON k.conrelid = t.oid LEFT JOIN relation f ON f.oid = k.confrelid
  WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')
    AND NOT EXISTS (SELECT FROM pg_constraint above WHERE above.oid = k.conparentid AND above.conrelid = k.conrelid)
  UNION ALL
  SELECT format('index %s %s unique %s not distinct %s parts %s include %s partial %s %s', t.name, c.relname, i.indisunique, coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false')::bool,
    noren_check.parts(i.indrelid, i.indkey, 1, i.indnkeyatts), noren_check.parts(i.indrelid, i.indkey, i.indnkeyatts + 1, i.indnatts), i.indpred IS NOT NULL, m.amname)
  FROM relation t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT format('trigger %s %s %s %s.%s before %s instead %s row %s %s constraint %s', t.name, g.tgname, g.tgenabled, n.nspname, p.proname,
    (g.tgtype & 2) <> 0, (g.tgtype & 64) <> 0, (g.tgtype & 1) <> 0,
    array_remove(ARRAY[CASE WHEN (g.tgtype & 8) <> 0 THEN 'delete' END, CASE WHEN (g.tgtype & 4) <> 0 THEN 'insert' END, CASE WHEN (g.tgtype & 32) <> 0 THEN 'truncate' END, CASE WHEN (g.tgtype & 16) <> 0 THEN 'update' END], NULL),
    g.tgconstraint <> 0)
  FROM tab t JOIN pg_trigger g ON g.tgrelid = t.oid JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE NOT g.tgisinternal OR (g.tgparentid <> 0 AND g.tgconstraint = 0)
  UNION ALL
  SELECT format('policy %s %s permissive %s %s %s using %s check %s', t.name, p.polname, p.polpermissive, p.polcmd,
    (SELECT array_agg(CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r) END ORDER BY 1) FROM unnest(p.polroles) r), p.polqual IS NOT NULL, p.polwithcheck IS NOT NULL)
  FROM tab t JOIN pg_policy p ON p.polrelid = t.oid
  UNION ALL
  SELECT format('sequence %s %s owned [%s] identity %s start %s by %s %s..%s cycle %s', r.name, y.typname,
    (SELECT o.name || '.' || a.attname FROM pg_depend d JOIN relation o ON o.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid
      WHERE d.objid = r.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
    EXISTS (SELECT FROM pg_depend d WHERE d.objid = r.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'),
    s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
  FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid JOIN pg_type y ON y.oid = s.seqtypid
  UNION ALL
  SELECT format('view %s materialized %s reads %s options %s comment [%s]', v.name, v.relkind = 'm',
    (SELECT array_agg(DISTINCT d.name COLLATE "C") FROM pg_rewrite w JOIN pg_depend x ON x.objid = w.oid AND x.classid = 'pg_rewrite'::regclass AND x.refclassid = 'pg_class'::regclass
      JOIN (SELECT c.oid, c.relkind, n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) d ON d.oid = x.refobjid
      WHERE w.ev_class = v.oid AND d.oid <> v.oid AND d.relkind IN ('r', 'p', 'f', 'v', 'm')),
    (SELECT array_agg(o ORDER BY o COLLATE "C") FROM unnest(v.reloptions) o), obj_description(v.oid, 'pg_class'))
  FROM relation v WHERE v.relkind IN ('v', 'm')
  UNION ALL
  SELECT format('type %s.%s %s comment [%s]', s.nspname, t.typname,
    CASE t.typtype
      WHEN 'e' THEN 'enum ' || (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)::text
      WHEN 'd' THEN format('domain %s not null %s default %s checks %s', noren_check.type_name(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault IS NOT NULL,
        (SELECT array_agg(conname::text ORDER BY conname COLLATE "C") FROM pg_constraint WHERE contypid = t.oid AND contype = 'c'))
      WHEN 'c' THEN 'composite ' || (SELECT array_agg(a.attname || ' ' || noren_check.type_name(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)::text
      WHEN 'r' THEN 'range ' || (SELECT noren_check.type_name(rngsubtype, -1) FROM pg_range WHERE rngtypid = t.oid)
      WHEN 'm' THEN 'multirange ' || (SELECT noren_check.type_name(rngtypid, -1) FROM pg_range WHERE rngmultitypid = t.oid)
    END, obj_description(t.oid, 'pg_type'))
  FROM pg_type t JOIN space s ON s.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.typtype IN ('e', 'd', 'r', 'm', 'c') AND (t.typtype <> 'c' OR c.relkind = 'c')
    AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_type'::regclass AND objid = t.oid)
  UNION ALL
  SELECT format('function %s.%s(%s) returns [%s] %s %s definer %s strict %s leakproof %s procedure %s', s.nspname, p.proname,
    (SELECT string_agg(noren_check.type_name(a, -1), ', ' ORDER BY n) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY x (a, n)),
    CASE WHEN p.prokind = 'f' THEN noren_check.type_name(p.prorettype, -1) END, l.lanname, p.provolatile, p.prosecdef, p.proisstrict, p.proleakproof, p.prokind = 'p')
  FROM pg_proc p JOIN space s ON s.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
  WHERE p.prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM member WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
  UNION ALL
  SELECT format('grant %s %s to %s option %s', r.name || coalesce('.' || a.attname, ''), lower(x.privilege_type), CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END, x.is_grantable)
  FROM relation r
  CROSS JOIN LATERAL (SELECT NULL::name AS attname, r.relacl AS acl UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = r.oid) a
  CROSS JOIN LATERAL aclexplode(a.acl) x
  WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND x.grantee <> r.relowner
  UNION ALL
  SELECT format('published %s in %s', t.name, p.pubname) FROM tab t JOIN pg_publication_rel x ON x.prrelid = t.oid JOIN pg_publication p ON p.oid = x.prpubid
  UNION ALL
  SELECT format('extension %s in %s', extname, nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname <> 'plpgsql'
)
SELECT line FROM facts ORDER BY line COLLATE "C"
