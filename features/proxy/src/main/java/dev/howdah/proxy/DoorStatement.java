package dev.howdah.proxy;

import dev.howdah.base.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads one statement and says how it goes through the door, if it does. Whatever is not exactly one of the forms below is left to the server,
 * with its own words for what is wrong with it.
 *
 * <p>Names and values reach the door as values. String constants are passed on as written: they mean the same there, in the same session.
 */
final class DoorStatement {
    /** As in {@code doors.sql}, which decides; here it only keeps other extensions from making the detour. */
    static final Set<String> EXTENSIONS = Set.of(
            "amcheck",
            "autoinc",
            "bloom",
            "dblink",
            "dict_xsyn",
            "insert_username",
            "moddatetime",
            "pg_buffercache",
            "pg_freespacemap",
            "pg_prewarm",
            "pg_stat_statements",
            "pg_visibility",
            "pgrowlocks",
            "pgstattuple",
            "postgres_fdw");

    /** The call to send instead, and the tag that the server would have answered with. */
    record Call(String sql, String tag) {}

    /** The statement has another form. */
    private static final class Other extends Exception {
        private static final long serialVersionUID = 1L;

        Other() {
            super("not a statement for the door", null, false, false);
        }
    }

    private final SqlWords words;

    private DoorStatement(SqlWords words) {
        this.words = words;
    }

    static Optional<Call> read(String sql, SqlStatements.Range range, boolean standardStrings) {
        var words = new SqlWords(sql, range, standardStrings);
        try {
            return Optional.of(new DoorStatement(words).statement());
        } catch (Other _) {
            return Optional.empty();
        }
    }

    private Call statement() throws Other {
        if (words.take("CREATE")) {
            return create();
        }
        if (words.take("ALTER")) {
            return alter();
        }
        if (words.take("DROP")) {
            return drop();
        }
        need(words.take("COMMENT") && words.take("ON"));
        return comment();
    }

    private Call create() throws Other {
        if (words.take("EVENT", "TRIGGER")) {
            return createEventTrigger();
        }
        if (words.take("PUBLICATION")) {
            return createPublication();
        }
        need(words.take("EXTENSION"));
        return createExtension();
    }

    private Call alter() throws Other {
        if (words.take("EVENT", "TRIGGER")) {
            return alterEventTrigger();
        }
        if (words.take("PUBLICATION")) {
            return alterPublication();
        }
        need(words.take("EXTENSION"));
        var name = extension();
        need(words.take("UPDATE"));
        var version = words.take("TO") ? version() : "NULL";
        return call("update extension", name, "ALTER EXTENSION", List.of(version));
    }

    private Call drop() throws Other {
        var trigger = words.take("EVENT", "TRIGGER");
        need(trigger || words.take("EXTENSION"));
        var ifExists = words.take("IF", "EXISTS") ? "'IF EXISTS'" : "''";
        var name = trigger ? name() : extension();
        var more = new ArrayList<String>();
        while (words.take(',')) {
            more.add(literal(trigger ? name() : extension()));
        }
        var cascade = words.take("CASCADE");
        if (!cascade) {
            words.take("RESTRICT");
        }
        var details = new ArrayList<>(List.of(ifExists, cascade ? "'CASCADE'" : "''"));
        details.addAll(more);
        var what = trigger ? "event trigger" : "extension";
        return call("drop " + what, name, trigger ? "DROP EVENT TRIGGER" : "DROP EXTENSION", details);
    }

    private Call comment() throws Other {
        var trigger = words.take("EVENT", "TRIGGER");
        need(trigger || words.take("EXTENSION"));
        var name = trigger ? name() : extension();
        need(words.take("IS"));
        var text = words.take("NULL") ? "NULL" : string();
        return call("comment on " + (trigger ? "event trigger" : "extension"), name, "COMMENT", List.of(text));
    }

    private Call createEventTrigger() throws Other {
        var name = name();
        need(words.take("ON"));
        var details = new ArrayList<String>();
        details.add(literal(name()));
        var tags = words.take("WHEN") ? tags() : List.<String>of();
        need(words.take("EXECUTE") && (words.take("FUNCTION") || words.take("PROCEDURE")));
        var function = new StringBuilder(identifier(name()));
        while (words.take('.')) {
            function.append('.').append(identifier(name()));
        }
        need(words.take('(') && words.take(')'));
        // The name is looked up with the caller's search_path and rights, before the door.
        details.add(literal(function + "()") + "::pg_catalog.regprocedure::pg_catalog.oid::pg_catalog.text");
        details.addAll(tags);
        return call("create event trigger", name, "CREATE EVENT TRIGGER", details);
    }

    private List<String> tags() throws Other {
        need(words.take("TAG") && words.take("IN") && words.take('('));
        var tags = new ArrayList<String>();
        do {
            tags.add(string());
        } while (words.take(','));
        need(words.take(')'));
        return tags;
    }

    private Call alterEventTrigger() throws Other {
        var name = name();
        var details = new ArrayList<String>();
        if (words.take("DISABLE")) {
            details.add("'DISABLE'");
        } else if (words.take("ENABLE")) {
            details.add(
                    words.take("REPLICA") ? "'ENABLE REPLICA'" : words.take("ALWAYS") ? "'ENABLE ALWAYS'" : "'ENABLE'");
        } else if (words.take("RENAME", "TO")) {
            details.add("'RENAME'");
            details.add(literal(name()));
        } else {
            need(words.take("OWNER", "TO"));
            details.add("'OWNER'");
            details.add(role());
        }
        return call("alter event trigger", name, "ALTER EVENT TRIGGER", details);
    }

    private String role() throws Other {
        for (var self : List.of("CURRENT_USER", "SESSION_USER")) {
            if (words.take(self)) {
                return self + "::pg_catalog.text";
            }
        }
        return words.take("CURRENT_ROLE") ? "CURRENT_USER::pg_catalog.text" : literal(name());
    }

    private Call createPublication() throws Other {
        var rawName = words.raw();
        var name = name();
        need(words.take("FOR"));
        if (words.take("ALL", "TABLES")) {
            return call(
                    "create publication", name, "CREATE PUBLICATION", words.take("WITH") ? parameters() : List.of());
        }
        var objects = objects();
        var own = new StringBuilder("CREATE PUBLICATION ").append(rawName);
        if (!objects.tables().isEmpty()) {
            own.append(" FOR TABLE ").append(String.join(", ", objects.tables()));
        }
        own.append(' ').append(words.rest());
        return publicationCall(name, "CREATE PUBLICATION", "ADD", objects.schemas(), own.toString());
    }

    private Call alterPublication() throws Other {
        var rawName = words.raw();
        var name = name();
        var action = words.take("ADD") ? "ADD" : "SET";
        need(action.equals("ADD") || words.take("SET"));
        var objects = objects();
        need(words.isEnd());
        if (objects.tables().isEmpty()) {
            return publicationCall(name, "ALTER PUBLICATION", action, objects.schemas(), "");
        }
        var tables = String.join(", ", objects.tables());
        var own = "ALTER PUBLICATION %s %s TABLE %s".formatted(rawName, action, tables);
        return publicationCall(name, "ALTER PUBLICATION", "ADD", objects.schemas(), own);
    }

    private Call publicationCall(String name, String tag, String action, List<String> schemas, String own) {
        var details = new ArrayList<>(List.of(literal(action)));
        details.addAll(schemas);
        var call = callText("alter publication", name, details);
        return new Call(own.isEmpty() ? call + ")" : call + ", " + literal(own) + ")", tag);
    }

    /** What a publication is for: tables as written, schemas as SQL values. */
    private record Objects(List<String> tables, List<String> schemas) {}

    private Objects objects() throws Other {
        var objects = new Objects(new ArrayList<>(), new ArrayList<>());
        var inSchemas = false;
        do {
            if (words.take("TABLES", "IN", "SCHEMA")) {
                inSchemas = true;
            } else if (words.take("TABLE")) {
                inSchemas = false;
            } else {
                need(!objects.tables().isEmpty() || !objects.schemas().isEmpty());
            }
            if (inSchemas) {
                objects.schemas()
                        .add(
                                words.take("CURRENT_SCHEMA")
                                        ? "pg_catalog.current_schema()::pg_catalog.text"
                                        : literal(name()));
            } else {
                objects.tables().add(words.takeRawUntilCommaOr("WITH").orElseThrow(Other::new));
            }
        } while (words.take(','));
        need(!objects.schemas().isEmpty());
        return objects;
    }

    private List<String> parameters() throws Other {
        var details = new ArrayList<String>();
        need(words.take('('));
        do {
            details.add(literal(name()));
            details.add(words.take('=') ? value() : "NULL");
        } while (words.take(','));
        need(words.take(')'));
        return details;
    }

    private String value() throws Other {
        if (words.isString()) {
            return words.takeText();
        }
        return words.isNumber() ? literal(words.takeText()) : literal(name());
    }

    private Call createExtension() throws Other {
        var ifNotExists = words.take("IF", "NOT", "EXISTS") ? "'IF NOT EXISTS'" : "''";
        var name = extension();
        words.take("WITH");
        var schema = "pg_catalog.current_schema()::pg_catalog.text";
        var version = "NULL";
        while (!words.isEnd()) {
            if (words.take("SCHEMA")) {
                schema = literal(name());
            } else if (words.take("VERSION")) {
                version = version();
            } else {
                need(words.take("CASCADE")); // none on the list needs another extension
            }
        }
        return call("create extension", name, "CREATE EXTENSION", List.of(ifNotExists, schema, version));
    }

    private String extension() throws Other {
        var name = name();
        need(EXTENSIONS.contains(name));
        return name;
    }

    private String version() throws Other {
        return words.isString() ? words.takeText() : literal(name());
    }

    private String string() throws Other {
        need(words.isString());
        return words.takeText();
    }

    private String name() throws Other {
        return words.takeName().orElseThrow(Other::new);
    }

    private Call call(String command, String object, String tag, List<String> details) throws Other {
        need(words.isEnd());
        return new Call(callText(command, object, details) + ")", tag);
    }

    private static String callText(String command, String object, List<String> details) {
        return "CALL pg_howdah.run('%s', %s, ARRAY[%s]::pg_catalog.text[]"
                .formatted(command, literal(object), String.join(", ", details));
    }

    /** Unquoted where that is the same, so that error messages read as people know them. */
    private static String identifier(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : Sql.identifier(name);
    }

    private static String literal(String value) {
        return Sql.literal(value);
    }

    private static void need(boolean holds) throws Other {
        if (!holds) {
            throw new Other();
        }
    }
}
