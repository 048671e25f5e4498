package dev.howdah.proxy.sql;

import dev.howdah.base.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads one statement and says how it goes through the door, if it does. Whatever is not exactly one of the forms below is left to the server,
 * with its own words for what is wrong with it.
 *
 * <p>Names and values reach the door as values. String constants are passed on as written: they mean the same there, in the same session.
 */
public final class DoorStatement {
    /** The call to send instead, and the tag that the server would have answered with. */
    public record Call(String sql, String tag) {}

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

    public static Optional<Call> read(String sql, SqlStatements.Range range, boolean standardStrings) {
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
        var name = name();
        need(words.take("UPDATE"));
        var version = words.take("TO") ? version() : "NULL";
        return extensionCall("update extension", name, "ALTER EXTENSION", List.of(version));
    }

    private Call drop() throws Other {
        var trigger = words.take("EVENT", "TRIGGER");
        need(trigger || words.take("EXTENSION"));
        var ifExists = words.take("IF", "EXISTS") ? "'IF EXISTS'" : "''";
        var name = name();
        var more = new ArrayList<String>();
        while (words.take(',')) {
            more.add(literal(name()));
        }
        var cascade = words.take("CASCADE");
        if (!cascade) {
            words.take("RESTRICT");
        }
        var details = new ArrayList<>(List.of(ifExists, cascade ? "'CASCADE'" : "''"));
        details.addAll(more);
        return trigger
                ? call("drop event trigger", name, "DROP EVENT TRIGGER", details)
                : extensionCall("drop extension", name, "DROP EXTENSION", details);
    }

    private Call comment() throws Other {
        var trigger = words.take("EVENT", "TRIGGER");
        need(trigger || words.take("EXTENSION"));
        var name = name();
        need(words.take("IS"));
        var text = words.take("NULL") ? "NULL" : string();
        return trigger
                ? call("comment on event trigger", name, "COMMENT", List.of(text))
                : extensionCall("comment on extension", name, "COMMENT", List.of(text));
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
        var call = callText("run", "alter publication", name, details);
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
        var name = name();
        words.take("WITH");
        var schema = "pg_catalog.current_schema()::pg_catalog.text";
        var version = "NULL";
        while (!words.isEnd()) {
            if (words.take("SCHEMA")) {
                schema = literal(name());
            } else if (words.take("VERSION")) {
                version = version();
            } else {
                need(words.take("CASCADE")); // the door installs nothing that was not named
            }
        }
        return extensionCall("create extension", name, "CREATE EXTENSION", List.of(ifNotExists, schema, version));
    }

    /** Whether the door is needed at all depends on the extension and on the database, so the statement goes along as it was typed. */
    private Call extensionCall(String command, String name, String tag, List<String> details) throws Other {
        need(words.isEnd());
        return new Call(callText("run_extension", command, name, details) + ", " + literal(words.all()) + ")", tag);
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
        return new Call(callText("run", command, object, details) + ")", tag);
    }

    private static String callText(String procedure, String command, String object, List<String> details) {
        return "CALL pg_howdah.%s('%s', %s, ARRAY[%s]::pg_catalog.text[]"
                .formatted(procedure, command, literal(object), String.join(", ", details));
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
