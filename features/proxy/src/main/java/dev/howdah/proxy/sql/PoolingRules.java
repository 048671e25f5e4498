package dev.howdah.proxy.sql;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What the pooled endpoint must know about a statement: whether it may leave state in the session beyond its transaction.
 *
 * <p>Seen is what stands in the text, also in a DO block. Not seen is what a function does that the text only calls; those that are known to
 * leave state are listed. {@code nextval} is not among them: what it leaves for {@code currval} and {@code lastval} belongs in the same
 * transaction on this endpoint.
 */
public final class PoolingRules {
    /** Statements that pin by their first word alone; PREPARE, SET and a few more are looked at closer. */
    private static final Set<String> PINNING_STATEMENTS =
            Set.of("RESET", "LISTEN", "UNLISTEN", "DEALLOCATE", "EXECUTE", "DISCARD", "LOAD");

    /** Where statements are nested or built at run time, each of these words anywhere is enough. */
    private static final Set<String> PINNING_WORDS = Set.of(
            "SET",
            "RESET",
            "LISTEN",
            "UNLISTEN",
            "PREPARE",
            "DEALLOCATE",
            "EXECUTE",
            "DISCARD",
            "LOAD",
            "HOLD",
            "TEMP",
            "TEMPORARY");

    private static final Set<String> PINNING_FUNCTIONS = Set.of(
            "pg_advisory_lock",
            "pg_advisory_lock_shared",
            "pg_try_advisory_lock",
            "pg_try_advisory_lock_shared",
            "pg_advisory_unlock",
            "pg_advisory_unlock_shared",
            "pg_advisory_unlock_all",
            "pg_create_logical_replication_slot",
            "pg_create_physical_replication_slot",
            "pg_copy_logical_replication_slot",
            "pg_copy_physical_replication_slot",
            "pg_replication_origin_session_setup",
            "pg_replication_origin_session_reset",
            "pg_reload_conf",
            "setseed",
            "set_config",
            "set_limit");

    private static final int CONSTRUCT_CHARS_MAX = 63;

    private final SqlLexer lexer;
    private final String sql;
    private final boolean standardStrings;

    private PoolingRules(String sql, int from, int to, boolean standardStrings) {
        this.lexer = new SqlLexer(sql, from, to, standardStrings);
        this.sql = sql;
        this.standardStrings = standardStrings;
    }

    /**
     * Whether the client must keep its server connection after this text (see {@link SqlText}). When in doubt, true: that costs a connection, the
     * other mistake would show one client's state to another.
     */
    public static boolean pins(String sql, boolean standardStrings) {
        return construct(sql, standardStrings).isPresent();
    }

    /** What in the text it is that keeps the server, for people; empty when nothing does. */
    public static Optional<String> construct(String sql, boolean standardStrings) {
        var rules = new PoolingRules(sql, 0, sql.length(), standardStrings);
        return rules.pins() ? Optional.of(rules.found()) : Optional.empty();
    }

    private String found() {
        return switch (lexer.token()) {
            case WORD, QUOTED_NAME ->
                lexer.text().substring(0, Math.min(CONSTRUCT_CHARS_MAX, lexer.end() - lexer.start()));
            case STRING, DOLLAR_STRING -> "DO";
            default -> "a text that cannot be read";
        };
    }

    private boolean pins() {
        for (lexer.next(); lexer.token() != SqlLexer.Token.END; lexer.next()) {
            if (statementPins()) {
                return true;
            }
            if (lexer.token() == SqlLexer.Token.END) {
                return false;
            }
        }
        return false;
    }

    /** From the first token of a statement to its semicolon. A semicolon inside a routine's body ends it early, which errs towards pinning. */
    private boolean statementPins() {
        if (lexer.is(';')) {
            return false;
        }
        var first = lexer.token() == SqlLexer.Token.WORD ? lexer.text().toUpperCase(Locale.ROOT) : "";
        if (PINNING_STATEMENTS.contains(first)) {
            return true;
        }
        return switch (first) {
            case "SET" -> setPins();
            case "PREPARE" -> !nextIs("TRANSACTION") || restPins(false, false);
            case "DO" -> restPins(true, true);
            case "EXPLAIN" -> restPins(true, false);
            default -> restPins(false, false);
        };
    }

    private boolean setPins() {
        lexer.next(); // the setting is what people know it by
        var ofTransaction = lexer.is("LOCAL") || lexer.is("TRANSACTION") || lexer.is("CONSTRAINTS");
        return !ofTransaction || restPins(false, false);
    }

    private boolean nextIs(String word) {
        lexer.next();
        return lexer.is(word);
    }

    /**
     * @param anyWord whether statements may be nested here, so that a word pins wherever it stands
     * @param inStrings whether strings are code
     */
    private boolean restPins(boolean anyWord, boolean inStrings) {
        var afterWith = false;
        var afterLead = false;
        for (; lexer.token() != SqlLexer.Token.END && !lexer.is(';'); lexer.next()) {
            var pins = switch (lexer.token()) {
                case BROKEN, UNICODE_NAME -> true;
                case WORD -> wordPins(anyWord, afterWith, afterLead);
                case QUOTED_NAME -> namePins(lexer.name());
                case STRING -> inStrings;
                case DOLLAR_STRING -> inStrings && codePins();
                case END, NUMBER, PARAMETER, SYMBOL -> false;
            };
            if (pins) {
                return true;
            }
            afterWith = lexer.is("WITH");
            afterLead = leadsToTemporary();
        }
        return false;
    }

    /** In {@code CREATE [OR REPLACE] [LOCAL] TEMP}, {@code SELECT ... INTO TEMP}. */
    private boolean leadsToTemporary() {
        return lexer.is("CREATE") || lexer.is("REPLACE") || lexer.is("LOCAL") || lexer.is("GLOBAL") || lexer.is("INTO");
    }

    private boolean wordPins(boolean anyWord, boolean afterWith, boolean afterLead) {
        var length = lexer.end() - lexer.start();
        if (length < 3) {
            return false;
        }
        // Nearly every word leaves here, without having been copied.
        return switch (sql.charAt(lexer.start())) {
            case 't', 'T' ->
                (lexer.is("TEMP") || lexer.is("TEMPORARY")) && (anyWord || (afterLead && isTemporaryObject()));
            case 'h', 'H' -> lexer.is("HOLD") && (anyWord || afterWith);
            case 'd', 'D' -> namePins(lexer.name()) || (anyWord && isPinningWord());
            case 'p', 'P', 's', 'S' -> (length >= 7 && namePins(lexer.name())) || (anyWord && isPinningWord());
            default -> anyWord && isPinningWord();
        };
    }

    /** A DO block in another language than PL/pgSQL is not read. */
    private boolean isPinningWord() {
        return lexer.is("LANGUAGE") || PINNING_WORDS.contains(lexer.text().toUpperCase(Locale.ROOT));
    }

    /** TEMP may also be a name, as in {@code INSERT INTO temp (a)}. As a keyword a word follows it. */
    private boolean isTemporaryObject() {
        var behind = new SqlLexer(sql, lexer.end(), sql.length(), standardStrings).next();
        return switch (behind) {
            case WORD, QUOTED_NAME, UNICODE_NAME -> true;
            default -> false;
        };
    }

    private boolean namePins(String name) {
        if (name.startsWith("pg_temp") || name.startsWith("dblink")) {
            return true;
        }
        return PINNING_FUNCTIONS.contains(name) && !(name.equals("set_config") && isLocalSetConfig());
    }

    private boolean codePins() {
        return new PoolingRules(sql, lexer.contentStart(), lexer.contentEnd(), standardStrings).restOfCodePins();
    }

    private boolean restOfCodePins() {
        for (lexer.next(); lexer.token() != SqlLexer.Token.END; lexer.next()) {
            if (restPins(true, false)) { // text that is run from a string needs EXECUTE, which pins
                return true;
            }
            if (lexer.token() == SqlLexer.Token.END) {
                return false;
            }
        }
        return false;
    }

    /** {@code set_config(name, value, true)} lasts as long as the transaction; only the constant counts. */
    private boolean isLocalSetConfig() {
        var arguments = new SqlLexer(sql, lexer.end(), sql.length(), standardStrings);
        arguments.next();
        if (!arguments.is('(')) {
            return false;
        }
        var depth = 1;
        var commas = 0;
        var last = "";
        while (depth > 0) {
            arguments.next();
            switch (arguments.token()) {
                case END, BROKEN -> {
                    return false;
                }
                case SYMBOL -> {
                    depth += arguments.is('(') ? 1 : arguments.is(')') ? -1 : 0;
                    commas += depth == 1 && arguments.is(',') ? 1 : 0;
                    last = depth == 0 ? last : arguments.is(',') && depth == 1 ? "" : last + arguments.text();
                }
                default -> last = commas == 2 && depth == 1 ? last + arguments.text() : last;
            }
        }
        return commas == 2 && last.equalsIgnoreCase("true");
    }
}
