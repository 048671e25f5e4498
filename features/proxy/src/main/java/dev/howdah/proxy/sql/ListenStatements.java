package dev.howdah.proxy.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What the statements of a text do to the channels that a session listens on, and the text that does the rest of them on a server that itself
 * must not listen. {@code LISTEN x} becomes {@code UNLISTEN x}: to a session that listens to nothing it means nothing, and a server says of it
 * what it would have said of the other, be it about its syntax, its name or the transaction it is in.
 *
 * @param sql see {@link SqlText}
 * @param steps one per statement, in order
 */
public record ListenStatements(String sql, List<Step> steps) {
    private static final String LISTEN = "LISTEN";
    private static final String INSTEAD = "UNLISTEN";

    /** What one statement does once it has succeeded. */
    public sealed interface Step {}

    /** @param channel as PostgreSQL folds and cuts it, one character per byte */
    public record Listen(String channel) implements Step {}

    public record Unlisten(String channel) implements Step {}

    /** {@code UNLISTEN *} and {@code DISCARD ALL}. */
    public record UnlistenAll() implements Step {}

    public record Savepoint(String name) implements Step {}

    public record Release(String name) implements Step {}

    public record RollbackTo(String name) implements Step {}

    /** Anything else; whether it ends the transaction is to be seen from its command tag. */
    public record Other() implements Step {}

    private static final Step OTHER = new Other();

    public ListenStatements {
        steps = List.copyOf(steps);
    }

    /** False for nearly every text: only when true can one of its statements change what a session listens on. */
    public static boolean mayMatter(String sql) {
        return contains(sql, "listen") || contains(sql, "discard");
    }

    /** False for nearly every text: only when true can it notify somebody, functions aside that do. */
    public static boolean mayNotify(String sql) {
        return contains(sql, "notify");
    }

    /** Empty when a channel's name is written with Unicode escapes, which are not read here: such a session has to listen itself. */
    public static Optional<ListenStatements> read(String sql, boolean standardStrings) {
        if (sql.indexOf('\0') >= 0) {
            return Optional.of(new ListenStatements(sql, List.of(OTHER)));
        }
        var steps = new ArrayList<Step>();
        var text = new StringBuilder();
        var copied = 0;
        for (var range : SqlStatements.split(sql, standardStrings)) {
            var lexer = new SqlLexer(sql, range.start(), range.end(), standardStrings);
            var step = step(lexer);
            if (step.isEmpty()) {
                return Optional.empty();
            }
            steps.add(step.get());
            if (beginsWithListen(sql, range)) {
                text.append(sql, copied, range.start()).append(INSTEAD);
                copied = range.start() + LISTEN.length();
            }
        }
        return Optional.of(new ListenStatements(
                copied == 0 ? sql : text.append(sql, copied, sql.length()).toString(), steps));
    }

    /** Also one that the server will refuse: whatever it says of it, it is never to listen. */
    private static boolean beginsWithListen(String sql, SqlStatements.Range range) {
        var end = range.start() + LISTEN.length();
        return sql.regionMatches(true, range.start(), LISTEN, 0, LISTEN.length())
                && (end >= sql.length() || !SqlLexer.continuesIdentifier(sql.charAt(end)));
    }

    /** The channels that the session will listen on when all goes well, and must not miss anything of from now on. */
    public List<String> channels() {
        return steps.stream()
                .filter(Listen.class::isInstance)
                .map(step -> ((Listen) step).channel())
                .toList();
    }

    /** The same with other names of channels. */
    public ListenStatements withChannels(UnaryOperator<String> change) {
        return new ListenStatements(
                sql, steps.stream().map(step -> withChannel(step, change)).toList());
    }

    private static Step withChannel(Step step, UnaryOperator<String> change) {
        return switch (step) {
            case Listen(var channel) -> new Listen(change.apply(channel));
            case Unlisten(var channel) -> new Unlisten(change.apply(channel));
            default -> step;
        };
    }

    private static Optional<Step> step(SqlLexer lexer) {
        lexer.next();
        if (lexer.is(LISTEN)) {
            return channel(lexer).map(name -> name.isEmpty() ? OTHER : new Listen(name));
        }
        if (lexer.is("UNLISTEN")) {
            return lexer.next() == SqlLexer.Token.SYMBOL
                    ? Optional.of(lexer.is('*') ? new UnlistenAll() : OTHER)
                    : nameAt(lexer).map(name -> name.isEmpty() ? OTHER : new Unlisten(name));
        }
        if (lexer.is("DISCARD")) {
            lexer.next();
            return Optional.of(lexer.is("ALL") ? new UnlistenAll() : OTHER);
        }
        return Optional.of(ofTransaction(lexer));
    }

    private static Step ofTransaction(SqlLexer lexer) {
        if (lexer.is("SAVEPOINT")) {
            lexer.next();
            return new Savepoint(anyName(lexer));
        }
        if (lexer.is("RELEASE")) {
            lexer.next();
            return new Release(savepoint(lexer));
        }
        if (!lexer.is("ROLLBACK")) {
            return OTHER;
        }
        lexer.next();
        if (lexer.is("WORK") || lexer.is("TRANSACTION")) {
            lexer.next();
        }
        if (!lexer.is("TO")) {
            return OTHER;
        }
        lexer.next();
        return new RollbackTo(savepoint(lexer));
    }

    /** Behind the word SAVEPOINT, which may be left out. */
    private static String savepoint(SqlLexer lexer) {
        if (lexer.is("SAVEPOINT")) {
            lexer.next();
        }
        return anyName(lexer);
    }

    private static String anyName(SqlLexer lexer) {
        return nameAt(lexer).orElseGet(lexer::text);
    }

    private static Optional<String> channel(SqlLexer lexer) {
        lexer.next();
        return nameAt(lexer);
    }

    /** Without characters where the server will refuse the statement. */
    private static Optional<String> nameAt(SqlLexer lexer) {
        return switch (lexer.token()) {
            case WORD, QUOTED_NAME -> Optional.of(SqlNames.identifier(lexer));
            case UNICODE_NAME -> Optional.empty();
            default -> Optional.of("");
        };
    }

    /** @param word in small letters */
    private static boolean contains(String sql, String word) {
        var last = sql.length() - word.length();
        var first = word.charAt(0);
        for (var i = 0; i <= last; i++) {
            if ((sql.charAt(i) | 0x20) == first && sql.regionMatches(true, i, word, 0, word.length())) {
                return true;
            }
        }
        return false;
    }
}
