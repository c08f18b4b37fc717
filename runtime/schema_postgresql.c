#include "schema_postgresql.h"

/*
 * A row for each object: kind, name, definition, ordered by both as bytes. Nothing in it is a
 * number of the catalog, and what a name means does not depend on the session. Members of
 * extensions are the extension's business, owners and the privileges of schema public the host's;
 * the ledgers of other tools are left out. Names of the catalog's columns: PostgreSQL 15
 * manual, 53.
 */
static const struct {
    uint64_t least; /* version of the server that knows this part */
    const char *sql;
} parts[] = {
    {SCHEMA_POSTGRESQL_LEAST,
     "WITH RECURSIVE ns AS MATERIALIZED ( "
     "SELECT oid, nspname, nspowner, nspacl FROM pg_catalog.pg_namespace "
     "WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'sqlferry', "
     "'sqitch') "
     "), ext AS MATERIALIZED ( "
     "SELECT classid, objid FROM pg_catalog.pg_depend WHERE (deptype='e' AND "
     "refclassid='pg_catalog.pg_extension'::pg_catalog.regclass) "
     "OR (deptype='i' AND classid IN "
     "('pg_catalog.pg_proc'::pg_catalog.regclass,'pg_catalog.pg_cast'::pg_catalog.regclass)) "
     "), rel AS MATERIALIZED ( "
     "SELECT c.*, ns.nspname, pg_catalog.format('%I.%I',ns.nspname,c.relname) AS id FROM "
     "pg_catalog.pg_class c JOIN ns ON ns.oid=c.relnamespace "
     "WHERE c.relkind IN ('r','p','v','m','f','S','c') AND c.relpersistence<>'t' AND "
     "c.relname NOT IN "
     "('alembic_version','schema_migrations','__diesel_schema_migrations','flyway_schema_history','"
     "goose_db_version') "
     "AND NOT EXISTS (SELECT FROM ext WHERE "
     "classid='pg_catalog.pg_class'::pg_catalog.regclass AND objid=c.oid) "
     "), acl AS ( "
     "SELECT 'grant'::text AS kind, pg_catalog.format('%s %s',k,id) AS id, "
     "coalesce(def,'none') AS def FROM ( "
     "SELECT x.k, x.id, x.usual, (SELECT pg_catalog.string_agg(g||':'||p,',' ORDER BY g "
     "COLLATE \"C\",p COLLATE \"C\") FROM ( "
     "SELECT CASE WHEN a.grantee=0 THEN 'PUBLIC' ELSE "
     "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS g, "
     "a.privilege_type||CASE WHEN a.is_grantable THEN '*' ELSE '' END AS p "
     "FROM pg_catalog.aclexplode(x.acl) a WHERE a.grantee<>x.own AND "
     "a.privilege_type<>'MAINTAIN') e) AS def "
     "FROM ( SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS k,id,relacl "
     "AS acl,relowner AS own,NULL::text AS usual FROM rel WHERE relacl IS NOT NULL "
     "UNION ALL SELECT 'schema',pg_catalog.quote_ident(nspname),nspacl,nspowner,NULL FROM "
     "ns WHERE nspacl IS NOT NULL AND nspname<>'public' "
     "UNION ALL SELECT "
     "'routine',pg_catalog.format('%I.%I(%s)',ns.nspname,p.proname,pg_catalog.pg_get_function_"
     "identity_arguments(p.oid)),proacl,proowner,'PUBLIC:EXECUTE' "
     "FROM pg_catalog.pg_proc p JOIN ns ON ns.oid=p.pronamespace WHERE proacl IS NOT NULL "
     "AND NOT EXISTS (SELECT FROM ext WHERE "
     "classid='pg_catalog.pg_proc'::pg_catalog.regclass AND objid=p.oid) "
     "UNION ALL SELECT 'type',pg_catalog.format_type(t.oid,NULL),typacl,typowner,'PUBLIC:USAGE' "
     "FROM pg_catalog.pg_type t JOIN ns ON ns.oid=t.typnamespace WHERE typacl IS NOT NULL "
     "UNION ALL SELECT "
     "'column',rel.id||'.'||pg_catalog.quote_ident(at.attname),at.attacl,rel.relowner,NULL "
     "FROM rel JOIN pg_catalog.pg_attribute at ON at.attrelid=rel.oid AND at.attnum>0 AND "
     "NOT at.attisdropped WHERE at.attacl IS NOT NULL "
     ") x) y WHERE def IS DISTINCT FROM usual "
     "), o(kind,id,def) AS ( "
     "SELECT 'schema', pg_catalog.quote_ident(nspname), '' FROM ns WHERE NOT EXISTS (SELECT "
     "FROM ext WHERE classid='pg_catalog.pg_namespace'::pg_catalog.regclass AND "
     "objid=ns.oid) "
     "UNION ALL SELECT 'extension', e.extname::text, 'schema='||n.nspname FROM "
     "pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid=e.extnamespace "
     "UNION ALL SELECT CASE relkind WHEN 'f' THEN 'foreign-table' ELSE 'table' END, id, "
     "pg_catalog.concat_ws(' ', CASE WHEN relpersistence='u' THEN 'unlogged' END, "
     "CASE WHEN relrowsecurity THEN 'row-security' END, "
     "CASE WHEN relforcerowsecurity THEN 'forced-row-security' END, "
     "CASE WHEN relreplident<>'d' THEN 'replica-identity='||relreplident::text END, "
     "(SELECT pg_catalog.string_agg(x,',' ORDER BY x COLLATE \"C\") FROM "
     "pg_catalog.unnest(reloptions) x), "
     "CASE WHEN reloftype<>0 THEN 'of='||pg_catalog.format_type(reloftype,NULL) END, "
     "CASE WHEN relkind='p' THEN 'part='||pg_catalog.pg_get_partkeydef(rel.oid) END, "
     "CASE WHEN relispartition THEN 'bound='||pg_catalog.pg_get_expr(relpartbound,rel.oid) "
     "END, "
     "(SELECT "
     "'inherits='||pg_catalog.string_agg(pg_catalog.format('%I.%I',pn.nspname,p.relname),',' "
     "ORDER BY inhseqno) FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON "
     "p.oid=i.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid=p.relnamespace WHERE "
     "i.inhrelid=rel.oid), "
     "(SELECT 'am='||amname FROM pg_catalog.pg_am WHERE oid=relam AND amname<>'heap'), "
     "CASE WHEN relkind='f' THEN (SELECT 'server='||s.srvname||' '||coalesce((SELECT "
     "pg_catalog.string_agg(x,',' ORDER BY x COLLATE \"C\") FROM "
     "pg_catalog.unnest(f.ftoptions) x),'') FROM pg_catalog.pg_foreign_table f JOIN "
     "pg_catalog.pg_foreign_server s ON s.oid=f.ftserver WHERE f.ftrelid=rel.oid) END) "
     "FROM rel WHERE relkind IN ('r','p','f') UNION ALL SELECT 'composite', id, '' FROM rel "
     "WHERE relkind='c' "
     "UNION ALL SELECT 'column', rel.id||'.'||pg_catalog.quote_ident(a.attname), "
     "pg_catalog.concat_ws(' ',pg_catalog.format_type(a.atttypid,a.atttypmod), "
     "CASE WHEN a.attnotnull THEN 'not null' END, "
     "CASE WHEN a.attidentity<>'' THEN 'identity='||a.attidentity::text END, CASE WHEN "
     "a.attgenerated<>'' THEN 'generated='||a.attgenerated::text END, "
     "CASE WHEN d.adbin IS NOT NULL THEN "
     "'default='||pg_catalog.pg_get_expr(d.adbin,d.adrelid) END, "
     "CASE WHEN a.attcollation<>0 AND a.attcollation<>t.typcollation THEN (SELECT "
     "pg_catalog.format('collate=%I.%I',cn.nspname,co.collname) FROM "
     "pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace cn ON cn.oid=co.collnamespace "
     "WHERE co.oid=a.attcollation) END, "
     "CASE WHEN a.attstorage<>t.typstorage THEN 'storage='||a.attstorage::text END, "},
    {140000, "CASE WHEN a.attcompression <> '' THEN 'compression='||a.attcompression::text END, "},
    {SCHEMA_POSTGRESQL_LEAST,
     "CASE WHEN NOT a.attislocal THEN 'inherited' END, "
     "CASE WHEN a.attoptions IS NOT NULL THEN (SELECT "
     "pg_catalog.string_agg(x,',' ORDER BY x COLLATE \"C\") FROM "
     "pg_catalog.unnest(a.attoptions) x WHERE x ~ '^n_distinct(_inherited)?=') END, "
     "CASE WHEN rel.relkind IN ('v','m','c') THEN 'pos='||(SELECT pg_catalog.count(*) FROM "
     "pg_catalog.pg_attribute b WHERE b.attrelid=a.attrelid AND b.attnum>0 AND "
     "b.attnum<=a.attnum AND NOT b.attisdropped) END) "
     "FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid=rel.oid AND a.attnum>0 AND NOT "
     "a.attisdropped JOIN pg_catalog.pg_type t ON t.oid=a.atttypid LEFT JOIN "
     "pg_catalog.pg_attrdef d ON d.adrelid=a.attrelid AND d.adnum=a.attnum WHERE "
     "rel.relkind<>'S' "
     "UNION ALL SELECT 'constraint', coalesce(rel.id, "
     "pg_catalog.format_type(co.contypid,NULL))||'.'||pg_catalog.quote_ident(co.conname), "
     "pg_catalog.concat_ws(' ',co.contype,pg_catalog.pg_get_constraintdef(co.oid),CASE WHEN "
     "co.conislocal THEN NULL ELSE 'inherited' END) "
     "FROM pg_catalog.pg_constraint co LEFT JOIN rel ON rel.oid=co.conrelid LEFT JOIN "
     "pg_catalog.pg_type ty ON ty.oid=co.contypid AND ty.typnamespace IN (SELECT oid FROM "
     "ns) "
     "WHERE (rel.oid IS NOT NULL OR ty.oid IS NOT NULL) AND co.contype NOT IN ('n','t') "
     "UNION ALL SELECT 'index', pg_catalog.format('%I.%I',ns.nspname,ic.relname), "
     "pg_catalog.concat_ws(' ',pg_catalog.pg_get_indexdef(i.indexrelid),CASE WHEN NOT "
     "i.indisvalid THEN 'INVALID' END,CASE WHEN i.indisclustered THEN 'clustered' END,CASE "
     "WHEN i.indisreplident THEN 'replident' END, "
     "(SELECT 'inherits='||p.relname FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class "
     "p ON p.oid=h.inhparent WHERE h.inhrelid=i.indexrelid)) "
     "FROM pg_catalog.pg_index i JOIN rel ON rel.oid=i.indrelid JOIN pg_catalog.pg_class ic "
     "ON ic.oid=i.indexrelid JOIN ns ON ns.oid=ic.relnamespace "
     "UNION ALL SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized-view' END, id, "
     "pg_catalog.concat_ws(' ',(SELECT pg_catalog.string_agg(x,',' ORDER BY x COLLATE \"C\") "
     "FROM pg_catalog.unnest(reloptions) x),pg_catalog.pg_get_viewdef(rel.oid,false)) FROM "
     "rel WHERE relkind IN ('v','m') "
     "UNION ALL SELECT 'rule', rel.id||'.'||pg_catalog.quote_ident(r.rulename), "
     "pg_catalog.pg_get_ruledef(r.oid)||' '||r.ev_enabled::text FROM pg_catalog.pg_rewrite "
     "r JOIN rel ON rel.oid=r.ev_class WHERE r.rulename<>'_RETURN' "
     "UNION ALL SELECT 'trigger', rel.id||'.'||pg_catalog.quote_ident(t.tgname), "
     "pg_catalog.pg_get_triggerdef(t.oid)||' '||t.tgenabled::text FROM "
     "pg_catalog.pg_trigger t JOIN rel ON rel.oid=t.tgrelid WHERE NOT t.tgisinternal "
     "UNION ALL SELECT 'policy', rel.id||'.'||pg_catalog.quote_ident(p.polname), "
     "pg_catalog.concat_ws(' ',p.polcmd,p.polpermissive,(SELECT pg_catalog.string_agg(CASE "
     "WHEN r=0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r)::text END,',' ORDER BY CASE "
     "WHEN r=0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r)::text END COLLATE \"C\") FROM "
     "pg_catalog.unnest(p.polroles) "
     "r),'using='||pg_catalog.pg_get_expr(p.polqual,p.polrelid),'check='||pg_catalog.pg_get_expr(p."
     "polwithcheck,p.polrelid)) "
     "FROM pg_catalog.pg_policy p JOIN rel ON rel.oid=p.polrelid "
     "UNION ALL SELECT 'sequence', rel.id, pg_catalog.concat_ws(' "
     "',pg_catalog.format_type(s.seqtypid,NULL),'start='||s.seqstart,"
     "'increment='||s.seqincrement,'min='||s.seqmin,'max='||s.seqmax,'cache='||s.seqcache,"
     "CASE WHEN s.seqcycle THEN 'cycle' END,(SELECT "
     "CASE d.deptype WHEN 'a' THEN 'owned-by=' ELSE 'identity-of=' "
     "END||dr.id||'.'||pg_catalog.quote_ident(da.attname) FROM "
     "pg_catalog.pg_depend d JOIN rel dr ON dr.oid=d.refobjid JOIN pg_catalog.pg_attribute "
     "da ON da.attrelid=d.refobjid AND da.attnum=d.refobjsubid WHERE "
     "d.classid='pg_catalog.pg_class'::pg_catalog.regclass AND d.objid=rel.oid AND "
     "d.refclassid='pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a','i') "
     "LIMIT 1)) FROM pg_catalog.pg_sequence s JOIN rel ON rel.oid=s.seqrelid "
     "UNION ALL SELECT 'routine', "
     "pg_catalog.format('%I.%I(%s)',ns.nspname,p.proname,pg_catalog.pg_get_function_identity_"
     "arguments(p.oid)), "
     "CASE WHEN p.prokind='a' THEN (SELECT pg_catalog.concat_ws(' "
     "','aggregate',a.aggkind,a.aggtransfn,a.aggfinalfn,a.aggcombinefn,pg_catalog.format_type(a."
     "aggtranstype,NULL),a.aggtransspace,a.agginitval,a.aggsortop::pg_catalog.regoperator,pg_"
     "catalog.format_type(p.prorettype,NULL)) "
     "FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid=p.oid) ELSE "
     "pg_catalog.pg_get_functiondef(p.oid) END "
     "FROM pg_catalog.pg_proc p JOIN ns ON ns.oid=p.pronamespace WHERE NOT EXISTS (SELECT "
     "FROM ext WHERE classid='pg_catalog.pg_proc'::pg_catalog.regclass AND objid=p.oid) "
     "UNION ALL SELECT 'enum', pg_catalog.format_type(t.oid,NULL), (SELECT "
     "pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel),',' ORDER BY "
     "e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid=t.oid) "
     "FROM pg_catalog.pg_type t JOIN ns ON ns.oid=t.typnamespace WHERE t.typtype='e' AND "
     "NOT EXISTS (SELECT FROM ext WHERE classid='pg_catalog.pg_type'::pg_catalog.regclass "
     "AND objid=t.oid) "
     "UNION ALL SELECT 'domain', pg_catalog.format_type(t.oid,NULL), pg_catalog.concat_ws(' "
     "',pg_catalog.format_type(t.typbasetype,t.typtypmod),CASE WHEN t.typnotnull THEN 'not "
     "null' END,'default='||t.typdefault) "
     "FROM pg_catalog.pg_type t JOIN ns ON ns.oid=t.typnamespace WHERE t.typtype='d' AND "
     "NOT EXISTS (SELECT FROM ext WHERE classid='pg_catalog.pg_type'::pg_catalog.regclass "
     "AND objid=t.oid) "
     "UNION ALL SELECT 'range', pg_catalog.format_type(t.oid,NULL), pg_catalog.concat_ws(' "
     "',pg_catalog.format_type(r.rngsubtype,NULL),r.rngcanonical,r.rngsubdiff) FROM "
     "pg_catalog.pg_range r JOIN pg_catalog.pg_type t ON t.oid=r.rngtypid JOIN ns ON "
     "ns.oid=t.typnamespace WHERE NOT EXISTS (SELECT FROM ext WHERE "
     "classid='pg_catalog.pg_type'::pg_catalog.regclass AND objid=t.oid) "
     "UNION ALL SELECT 'comment', pg_catalog.format('%s %s',x.type,x.identity), "
     "d.description FROM pg_catalog.pg_description d, LATERAL "
     "pg_catalog.pg_identify_object(d.classoid,d.objoid,d.objsubid) x "
     "WHERE d.objoid>=16384 AND (x.schema IS NULL OR x.schema IN (SELECT "
     "pg_catalog.quote_ident(nspname) FROM ns)) AND NOT EXISTS (SELECT FROM ext WHERE "
     "classid=d.classoid AND objid=d.objoid) AND x.type NOT IN "
     "('role','tablespace','database','extension') "
     "UNION ALL SELECT 'statistics', pg_catalog.format('%I.%I',ns.nspname,s.stxname), "
     "pg_catalog.pg_get_statisticsobjdef(s.oid) FROM pg_catalog.pg_statistic_ext s JOIN ns "
     "ON ns.oid=s.stxnamespace "
     "UNION ALL SELECT 'event-trigger', evtname::text, pg_catalog.concat_ws(' "
     "',evtevent,evtfoid::pg_catalog.regprocedure,evtenabled,evttags) FROM "
     "pg_catalog.pg_event_trigger "
     "UNION ALL SELECT 'publication', pubname::text, pg_catalog.concat_ws(' "
     "',puballtables,pubinsert,pubupdate,pubdelete,pubtruncate "},
    {130000, ", pubviaroot"},
    {SCHEMA_POSTGRESQL_LEAST,
     ") FROM pg_catalog.pg_publication "
     "UNION ALL SELECT 'publication-table', p.pubname||' '||rel.id, '' FROM "
     "pg_catalog.pg_publication_rel pr JOIN pg_catalog.pg_publication p ON p.oid=pr.prpubid "
     "JOIN rel ON rel.oid=pr.prrelid "
     "UNION ALL SELECT 'collation', pg_catalog.format('%I.%I',ns.nspname,c.collname), "
     "pg_catalog.concat_ws(' ',c.collprovider,c.collisdeterministic,c.collcollate) FROM "
     "pg_catalog.pg_collation c JOIN ns ON ns.oid=c.collnamespace "
     "UNION ALL SELECT 'cast', "
     "pg_catalog.format_type(castsource,NULL)||'->'||pg_catalog.format_type(casttarget,NULL), "
     "pg_catalog.concat_ws(' ',castfunc::pg_catalog.regprocedure,castcontext,castmethod) "
     "FROM pg_catalog.pg_cast c WHERE c.oid>=16384 AND NOT EXISTS (SELECT FROM ext WHERE "
     "classid='pg_catalog.pg_cast'::pg_catalog.regclass AND objid=c.oid) "
     "UNION ALL SELECT 'operator', "
     "pg_catalog.format('%I.%s(%s,%s)',ns.nspname,o.oprname,pg_catalog.format_type(o.oprleft,NULL),"
     "pg_catalog.format_type(o.oprright,NULL)), "
     "pg_catalog.concat_ws(' "
     "',o.oprcode,o.oprcom::pg_catalog.regoperator,o.oprnegate::pg_catalog.regoperator,o.oprrest,o."
     "oprjoin,o.oprcanmerge,o.oprcanhash) "
     "FROM pg_catalog.pg_operator o JOIN ns ON ns.oid=o.oprnamespace WHERE NOT EXISTS "
     "(SELECT FROM ext WHERE classid='pg_catalog.pg_operator'::pg_catalog.regclass AND "
     "objid=o.oid) "
     "UNION ALL SELECT 'default-privileges', pg_catalog.concat_ws(' "
     "',pg_catalog.pg_get_userbyid(defaclrole),n.nspname,defaclobjtype), (SELECT "
     "pg_catalog.string_agg(x::text,',' ORDER BY x::text COLLATE \"C\") FROM "
     "pg_catalog.unnest(defaclacl) x) FROM pg_catalog.pg_default_acl d LEFT JOIN "
     "pg_catalog.pg_namespace n ON n.oid=d.defaclnamespace "
     "UNION ALL SELECT kind,id,def FROM acl) "
     "SELECT kind, id, coalesce(def,'') FROM o ORDER BY kind COLLATE \"C\", id COLLATE \"C\" "},
};

/* What the definitions that the server spells depend on. */
#define SETTINGS                                                                                   \
    "SET LOCAL search_path = ''\\; SET LOCAL quote_all_identifiers = off\\;"                       \
    " SET LOCAL datestyle = 'ISO, YMD'\\; SET LOCAL intervalstyle = 'postgres'\\;"                 \
    " SET LOCAL timezone = 'UTC'\\; SET LOCAL extra_float_digits = 1\\;"                           \
    " SET LOCAL bytea_output = 'hex'\\; SET LOCAL lc_monetary = 'C'\\;"                            \
    " SET LOCAL xmlbinary = 'base64'\\; SET LOCAL row_security = off\\; SET LOCAL jit = off;\n"

/* To plan it takes as long as to run it over a hundred tables. */
#define PREPARED "sqlferry_schema"

static void put_query(struct buffer *to, uint64_t version)
{
    for (size_t i = 0; i < COUNT(parts); i++)
        if (version >= parts[i].least)
            buffer_add(to, text_from(parts[i].sql));
    buffer_add(to, TEXT(";\n"));
}

struct text schema_postgresql_lines(struct arena *arena, uint64_t version, bool in_transaction,
                                    bool often)
{
    CLEANUP(buffer_free) struct buffer lines = {0};

    buffer_add(&lines, in_transaction
                           ? TEXT("SAVEPOINT sqlferry_schema\\; " SETTINGS)
                           : TEXT("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY\\; " SETTINGS));
    if (often) {
        buffer_add(&lines, TEXT("SELECT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE"
                                " name = '" PREPARED "') AS sqlferry_prepared \\gset\n"
                                "\\if :sqlferry_prepared\n\\else\nPREPARE " PREPARED " AS "));
        put_query(&lines, version);
        buffer_add(&lines, TEXT("\\endif\nEXECUTE " PREPARED ";\n"));
    } else {
        put_query(&lines, version);
    }
    buffer_add(&lines, in_transaction ? TEXT("ROLLBACK TO SAVEPOINT sqlferry_schema;\n")
                                      : TEXT("ROLLBACK;\n"));
    return arena_copy(arena, buffer_text(&lines));
}

static bool is_known(const struct object *object, struct text kind, struct text name,
                     struct text definition)
{
    return text_equal(object->name, name) && text_equal(object->kind, kind) &&
           text_equal(object->definition, definition);
}

void schema_postgresql_read(struct arena *arena, struct text cells, const struct schema *before,
                            struct schema *schema)
{
    size_t at = 0;

    schema->count = 0;
    while (cells.size) {
        struct text kind = text_cut(&cells, '\0'), name = text_cut(&cells, '\0'),
                    definition = text_cut(&cells, '\0');

        /* Both are in one order: what was dropped since is passed over. */
        while (at < before->count && schema_order(before->list[at], kind, name) < 0)
            at++;
        if (at < before->count && is_known(before->list[at], kind, name, definition))
            schema_append(schema, before->list[at]);
        else
            schema_add(arena, schema, kind, name, definition);
    }
    schema_sort(schema);
}
