package dev.howdah.cli;

import dev.howdah.api.model.RoleSecret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import picocli.CommandLine;

/** An SQL shell for hosts without psql: lines in, statements out, a few backslash commands. */
final class BuiltInShell {
    private static final Pattern COPY_OUT = Pattern.compile("(?is)\\s*copy\\b.*\\bto\\s+stdout\\b.*");
    private static final Pattern COPY_IN = Pattern.compile("(?is)\\s*copy\\b.*\\bfrom\\s+stdin\\b.*");

    /** Where lines come from; empty at the end. */
    private interface Lines {
        Optional<String> next() throws IOException;
    }

    private final SqlSession session;
    private final PrintWriter out;
    private final StatementSplitter splitter = new StatementSplitter();
    private boolean quit;
    private boolean failed;

    private BuiltInShell(SqlSession session, PrintWriter out) {
        this.session = session;
        this.out = out;
    }

    /** Carries out the statements given, else those on standard input, else asks for some. The exit code is 1 when one of a script failed. */
    static int run(
            RoleSecret secret, boolean pooled, List<String> statements, Environment environment, CommandLine line)
            throws IOException {
        try (var session = new SqlSession(secret, pooled, line.getOut(), line.getErr())) {
            var shell = new BuiltInShell(session, line.getOut());
            if (!statements.isEmpty()) {
                return shell.runScript(new BufferedReader(new StringReader(String.join("\n;\n", statements))));
            }
            if (!environment.inputIsTerminal()) {
                return shell.runScript(
                        new BufferedReader(new InputStreamReader(environment.input(), StandardCharsets.UTF_8)));
            }
            return shell.converse(secret, environment.accountHome().resolve(".howdah_shell_history"));
        }
    }

    /** Like psql without ON_ERROR_STOP it goes on after an error, but unlike psql it says so in the end. */
    private int runScript(BufferedReader script) throws IOException {
        Lines lines = () -> Optional.ofNullable(script.readLine());
        for (var line = lines.next(); line.isPresent() && !quit; line = lines.next()) {
            take(line.get(), lines);
        }
        for (var rest : splitter.finish()) {
            execute(rest, lines);
        }
        return failed ? ExitCode.FAILURE : ExitCode.SUCCESS;
    }

    private int converse(RoleSecret secret, Path history) throws IOException {
        try (var terminal = TerminalBuilder.builder().system(true).build()) {
            terminal.handle(Terminal.Signal.INT, _ -> session.cancel());
            var reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .appName("howdah")
                    .completer(new SqlCompleter(session))
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .option(LineReader.Option.CASE_INSENSITIVE, true)
                    .variable(LineReader.HISTORY_FILE, history)
                    .variable(LineReader.SECONDARY_PROMPT_PATTERN, "")
                    .build();
            out.println("Howdah's own shell, as %s. Statements end with a semicolon; \\? lists commands, \\q quits."
                    .formatted(secret.connection().user()));
            out.flush();
            session.toggleTiming();
            var database = secret.connection().database();
            while (!quit && !session.isClosed()) {
                readAndRun(reader, database);
            }
        }
        return session.isClosed() ? ExitCode.UNAVAILABLE : ExitCode.SUCCESS;
    }

    private void readAndRun(LineReader reader, String database) throws IOException {
        Lines more = () -> Optional.of(reader.readLine(">> "));
        try {
            take(reader.readLine(prompt(database)), more);
        } catch (UserInterruptException _) {
            // Ctrl-C throws away what was typed of a statement, as in psql.
            splitter.clear();
        } catch (EndOfFileException _) {
            quit = true;
        }
    }

    private String prompt(String database) {
        return database + (splitter.isEmpty() ? "=" : "-") + session.transactionMark() + "> ";
    }

    private void take(String line, Lines lines) throws IOException {
        if (splitter.isEmpty() && line.stripLeading().startsWith("\\")) {
            splitter.clear();
            command(line.strip());
            return;
        }
        for (var statement : splitter.feed(line + "\n")) {
            execute(statement, lines);
        }
    }

    private void execute(String statement, Lines lines) throws IOException {
        var done = COPY_OUT.matcher(statement).matches()
                ? session.copyOut(statement)
                : COPY_IN.matcher(statement).matches()
                        ? session.copyIn(statement, new CopyReader(lines::next))
                        : session.execute(statement);
        failed |= !done;
    }

    private void command(String line) {
        var words = line.split("\\s+", 2);
        var name = words[0].toLowerCase(Locale.ROOT);
        var argument = words.length < 2 ? "" : words[1].replaceAll(";$", "").strip();
        switch (name) {
            case "\\q" -> quit = true;
            case "\\?" -> out.println(MetaCommands.HELP);
            case "\\timing" -> out.println("Timing is " + (session.toggleTiming() ? "on." : "off."));
            case "\\x" -> out.println("Expanded display is " + (session.toggleExpanded() ? "on." : "off."));
            default -> query(name, argument);
        }
        out.flush();
    }

    private void query(String name, String argument) {
        var query = MetaCommands.query(name, argument);
        if (query.isEmpty()) {
            out.println("%s is not a command here. \\? lists those that are.".formatted(name));
            failed = true;
            return;
        }
        var done = session.execute(query.get());
        failed |= !done;
        if (done) {
            MetaCommands.secondQuery(name, argument).ifPresent(session::execute);
        }
    }
}
