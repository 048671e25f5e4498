package dev.howdah.proxy.console;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.console.ConsoleCommand.Disable;
import dev.howdah.proxy.console.ConsoleCommand.Enable;
import dev.howdah.proxy.console.ConsoleCommand.Ignored;
import dev.howdah.proxy.console.ConsoleCommand.Item;
import dev.howdah.proxy.console.ConsoleCommand.Kill;
import dev.howdah.proxy.console.ConsoleCommand.KillClient;
import dev.howdah.proxy.console.ConsoleCommand.Pause;
import dev.howdah.proxy.console.ConsoleCommand.Reconnect;
import dev.howdah.proxy.console.ConsoleCommand.Refused;
import dev.howdah.proxy.console.ConsoleCommand.Reload;
import dev.howdah.proxy.console.ConsoleCommand.Resume;
import dev.howdah.proxy.console.ConsoleCommand.Select;
import dev.howdah.proxy.console.ConsoleCommand.Set;
import dev.howdah.proxy.console.ConsoleCommand.Show;
import dev.howdah.proxy.console.ConsoleCommand.ShowSetting;
import dev.howdah.proxy.console.ConsoleCommand.Transaction;
import dev.howdah.proxy.console.ConsoleCommand.WaitClose;
import dev.howdah.proxy.sql.SqlLexer;
import dev.howdah.proxy.sql.SqlLexer.Token;
import dev.howdah.proxy.sql.SqlStatements;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads what is typed at the console. Words go in any case of letters; names of databases in quotes keep theirs. */
final class ConsoleParser {
    private static final int SHOWN_CHARACTERS_MAX = 200;

    private final String statement;
    private final SqlLexer lexer;

    private ConsoleParser(String statement) {
        this.statement = statement;
        this.lexer = new SqlLexer(statement, true);
        lexer.next();
    }

    /** The statements of a text, in order; none for an empty one. One that cannot be read is a SYNTAX_ERROR, in PgBouncer's words. */
    static List<ConsoleCommand> parse(String text) {
        return SqlStatements.split(text, true).stream()
                .map(range -> new ConsoleParser(text.substring(range.start(), range.end())).command())
                .toList();
    }

    private ConsoleCommand command() {
        if (lexer.token() != Token.WORD) {
            throw invalid();
        }
        var verb = lexer.text().toLowerCase(Locale.ROOT);
        lexer.next();
        return switch (verb) {
            case "show" -> show();
            case "select" -> select();
            case "set" -> set();
            case "pause" -> new Pause(optionalName());
            case "resume" -> new Resume(optionalName());
            case "disable" -> new Disable(requiredName());
            case "enable" -> new Enable(requiredName());
            case "reconnect" -> new Reconnect(optionalName());
            case "kill" -> new Kill(optionalName());
            case "kill_client" -> new KillClient(number());
            case "wait_close" -> new WaitClose(optionalName());
            case "reload" -> last(new Reload());
            case "suspend", "shutdown" -> new Refused(verb.toUpperCase(Locale.ROOT));
            case "begin", "start" -> Transaction.BEGIN;
            case "commit", "end" -> Transaction.COMMIT;
            case "rollback", "abort" -> Transaction.ROLLBACK;
            case "reset" -> new Ignored("RESET");
            case "discard", "deallocate" -> new Ignored(verb.toUpperCase(Locale.ROOT) + " ALL");
            default -> throw invalid();
        };
    }

    private ConsoleCommand show() {
        if (lexer.is("TIME")) { // SHOW TIME ZONE
            return new ShowSetting("timezone");
        }
        if (lexer.is("TRANSACTION")) { // SHOW TRANSACTION ISOLATION LEVEL
            return new ShowSetting("transaction_isolation");
        }
        var name = name();
        return last(ConsoleView.find(name).<ConsoleCommand>map(Show::new).orElseGet(() -> new ShowSetting(name)));
    }

    /** As in PgBouncer, SELECT is another word for SHOW; and drivers ask for numbers to see whether anybody answers. */
    private ConsoleCommand select() {
        return switch (lexer.token()) {
            case NUMBER -> literal(lexer.text(), isInt4(lexer.text()) ? ConsoleType.INT4 : ConsoleType.NUMERIC);
            case STRING -> literal(string(), ConsoleType.TEXT);
            default -> selectName();
        };
    }

    private ConsoleCommand literal(String text, ConsoleType type) {
        if (type == ConsoleType.NUMERIC && !text.matches("[0-9]{1,18}")) {
            throw invalid();
        }
        lexer.next();
        return last(new Select(new Item.Literal(text, type)));
    }

    private ConsoleCommand selectName() {
        var name = name();
        if (name.equals("pg_catalog") && lexer.is('.')) {
            lexer.next();
            name = name();
        }
        var view = ConsoleView.find(name);
        if (view.isPresent() && lexer.token() == Token.END) {
            return new Show(view.get());
        }
        if (lexer.is('(')) {
            lexer.next();
            if (!lexer.is(')')) {
                throw invalid();
            }
            lexer.next();
        }
        if (!ConsoleSettings.FUNCTIONS.contains(name)) {
            throw invalid();
        }
        return last(new Select(new Item.Function(name)));
    }

    /** SET [SESSION | LOCAL] name = value, and the forms with words instead of a name. */
    private ConsoleCommand set() {
        if (lexer.is("SESSION") || lexer.is("LOCAL")) {
            lexer.next();
        }
        if (lexer.is("CHARACTERISTICS") || lexer.is("TRANSACTION") || lexer.is("TIME") || lexer.is("NAMES")) {
            return new Ignored("SET");
        }
        var name = name();
        if (!lexer.is('=') && !lexer.is("TO")) {
            throw invalid();
        }
        lexer.next();
        return new Set(name, value());
    }

    /** A string, or whatever is written, such as 30s. */
    private String value() {
        var from = lexer.start();
        var first = lexer.token();
        if (first == Token.END || first == Token.BROKEN) {
            throw invalid();
        }
        var text = first == Token.STRING ? string() : first == Token.QUOTED_NAME ? lexer.name() : "";
        if (lexer.next() == Token.END && (first == Token.STRING || first == Token.QUOTED_NAME)) {
            return text;
        }
        return statement.substring(from);
    }

    private String string() {
        var text = lexer.text();
        if (!text.startsWith("'") || text.indexOf('\0') >= 0) {
            throw invalid();
        }
        return text.substring(1, text.length() - 1).replace("''", "'");
    }

    private long number() {
        var text = lexer.token() == Token.NUMBER ? lexer.text() : "";
        if (!text.matches("[0-9]{1,18}")) {
            throw new PlatformException(
                    SqlState.SYNTAX_ERROR, "invalid client id supplied", "SHOW CLIENTS has the ids in the column id.");
        }
        lexer.next();
        return last(Long.parseLong(text));
    }

    private Optional<String> optionalName() {
        return lexer.token() == Token.END ? Optional.empty() : Optional.of(requiredName());
    }

    private String requiredName() {
        if (lexer.token() == Token.END) {
            throw new PlatformException(
                    SqlState.SYNTAX_ERROR, "a database is required", "SHOW DATABASES lists the names.");
        }
        return last(name());
    }

    private String name() {
        if (lexer.token() != Token.WORD && lexer.token() != Token.QUOTED_NAME) {
            throw invalid();
        }
        var name = lexer.name();
        lexer.next();
        return name;
    }

    /** The same, when nothing follows. */
    private <T> T last(T read) {
        if (lexer.token() != Token.END) {
            throw invalid();
        }
        return read;
    }

    private static boolean isInt4(String number) {
        return number.matches("[0-9]{1,9}");
    }

    private PlatformException invalid() {
        var shown = statement.length() > SHOWN_CHARACTERS_MAX
                ? statement.substring(0, SHOWN_CHARACTERS_MAX) + "..."
                : statement;
        return new PlatformException(
                SqlState.SYNTAX_ERROR,
                "invalid command '%s', use SHOW HELP;".formatted(shown),
                "This is the console of the pools; SQL goes to a database of the branch.");
    }
}
