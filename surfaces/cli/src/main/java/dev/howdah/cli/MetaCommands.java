package dev.howdah.cli;

import dev.howdah.base.Sql;
import java.util.Optional;

/** The backslash commands of the built-in shell that are queries of the catalogs. */
final class MetaCommands {
    static final String HELP = """
            \\?              this list
            \\q              quit
            \\d [NAME]       tables, views and sequences; with NAME, the columns of that table
            \\dt             tables
            \\di             indexes
            \\dn             schemas
            \\du             roles
            \\df             functions of your own
            \\l              databases
            \\x              one line per column, on or off
            \\timing         how long statements take, on or off
            \\conninfo       who you are and where
            A statement ends with a semicolon and may span lines. Ctrl-C cancels, Ctrl-D quits.""";

    private static final String RELATIONS = """
            SELECT n.nspname AS "Schema", c.relname AS "Name",
                   CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                       WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'i' THEN 'index'
                       WHEN 'I' THEN 'partitioned index' WHEN 'f' THEN 'foreign table' END AS "Type",
                   pg_get_userbyid(c.relowner) AS "Owner"
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind::text = ANY (string_to_array('%s', ','))
              AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND pg_catalog.pg_table_is_visible(c.oid)
            ORDER BY 1, 2""";

    @SuppressWarnings("InlineFormatString") // a page of SQL reads better by itself
    private static final String COLUMNS = """
            SELECT a.attname AS "Column", pg_catalog.format_type(a.atttypid, a.atttypmod) AS "Type",
                   CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS "Nullable",
                   coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') AS "Default"
            FROM pg_catalog.pg_attribute a
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = %s::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum""";

    @SuppressWarnings("InlineFormatString") // as above
    private static final String INDEXES = """
            SELECT i.relname AS "Index", pg_catalog.pg_get_indexdef(i.oid) AS "Definition"
            FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
            WHERE x.indrelid = %s::pg_catalog.regclass ORDER BY 1""";

    private static final String SCHEMAS = """
            SELECT nspname AS "Name", pg_get_userbyid(nspowner) AS "Owner" FROM pg_catalog.pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1""";

    private static final String ROLES = """
            SELECT rolname AS "Role", concat_ws(', ', CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreaterole THEN 'create role' END,
                   CASE WHEN rolcreatedb THEN 'create database' END, CASE WHEN rolreplication THEN 'replication' END,
                   CASE WHEN NOT rolcanlogin THEN 'no login' END) AS "Attributes"
            FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1""";

    private static final String FUNCTIONS = """
            SELECT n.nspname AS "Schema", p.proname AS "Name", pg_catalog.pg_get_function_result(p.oid) AS "Result",
                   pg_catalog.pg_get_function_arguments(p.oid) AS "Arguments"
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2""";

    private static final String DATABASES = """
            SELECT datname AS "Name", pg_get_userbyid(datdba) AS "Owner", pg_encoding_to_char(encoding) AS "Encoding"
            FROM pg_catalog.pg_database WHERE datallowconn ORDER BY 1""";

    private MetaCommands() {}

    /** The query behind a command; empty for one that is unknown. */
    static Optional<String> query(String name, String argument) {
        if (name.equals("\\d") && !argument.isEmpty()) {
            return Optional.of(COLUMNS.formatted(Sql.literal(argument)));
        }
        return switch (name) {
            case "\\d" -> Optional.of(RELATIONS.formatted("r,p,v,m,S,f"));
            case "\\dt" -> Optional.of(RELATIONS.formatted("r,p"));
            case "\\di" -> Optional.of(RELATIONS.formatted("i,I"));
            case "\\dn" -> Optional.of(SCHEMAS);
            case "\\du" -> Optional.of(ROLES);
            case "\\df" -> Optional.of(FUNCTIONS);
            case "\\l" -> Optional.of(DATABASES);
            case "\\conninfo" ->
                Optional.of(
                        "SELECT current_user AS \"User\", current_database() AS \"Database\", version() AS \"Server\"");
            default -> Optional.empty();
        };
    }

    /** What {@code \d NAME} shows below the columns. */
    static Optional<String> secondQuery(String name, String argument) {
        return name.equals("\\d") && !argument.isEmpty()
                ? Optional.of(INDEXES.formatted(Sql.literal(argument)))
                : Optional.empty();
    }
}
