package dev.howdah.base;

/** PostgreSQL's quoting, for statements that take no parameters (DDL, role commands, replication commands). */
public final class Sql {
    private Sql() {}

    /** As {@code quote_ident} always quoting. A NUL cannot be in an identifier: {@link IllegalArgumentException}. */
    public static String identifier(String name) {
        return '"' + withoutNul(name).replace("\"", "\"\"") + '"';
    }

    /** As {@code quote_literal}, safe whatever {@code standard_conforming_strings} says. */
    public static String literal(String value) {
        var doubled = withoutNul(value).replace("'", "''");
        return doubled.indexOf('\\') < 0 ? "'" + doubled + "'" : " E'" + doubled.replace("\\", "\\\\") + "'";
    }

    private static String withoutNul(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character cannot be part of SQL");
        }
        return text;
    }
}
