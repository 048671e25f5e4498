package dev.howdah.cli;

import dev.howdah.api.model.RoleSecret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.postgresql.util.PSQLException;

/** The built-in shell's connection: carries out statements and prints what comes back. Only {@link #cancel} may be called by another thread. */
final class SqlSession implements AutoCloseable {
    private final Connection connection;
    private final PrintWriter out;
    private final PrintWriter error;
    private final ResultPrinter printer;
    private boolean timing;
    private volatile Optional<Statement> running = Optional.empty();

    SqlSession(RoleSecret secret, boolean pooled, PrintWriter out, PrintWriter error) {
        this.connection = connect(secret, pooled);
        this.out = out;
        this.error = error;
        this.printer = new ResultPrinter(out);
    }

    private static Connection connect(RoleSecret secret, boolean pooled) {
        var to = secret.connection();
        var host = to.host().contains(":") ? "[" + to.host() + "]" : to.host();
        var properties = new Properties();
        properties.setProperty("user", to.user());
        properties.setProperty("password", secret.password());
        properties.setProperty("sslmode", to.sslmode());
        properties.setProperty("sslrootcert", to.sslrootcert());
        properties.setProperty("ApplicationName", "howdah shell");
        // What people type is sent as it is: values come back as text, and one statement may do what needs no
        // preparation.
        properties.setProperty("preferQueryMode", "simple");
        var port = pooled ? to.pooledPort() : to.directPort();
        try {
            return DriverManager.getConnection(
                    "jdbc:postgresql://%s:%d/%s".formatted(host, port, to.database()), properties);
        } catch (SQLException e) {
            throw new CliFailure(
                    ExitCode.UNAVAILABLE,
                    "connection_failure",
                    "the login failed: %s (SQLSTATE %s)".formatted(e.getMessage(), e.getSQLState()),
                    "See howdah status.");
        }
    }

    /** Whether it went well. Failures are printed with their SQLSTATE. */
    boolean execute(String sql) {
        var begun = System.nanoTime();
        try (var statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            running = Optional.of(statement);
            run(statement, sql);
            if (timing) {
                out.println(String.format(Locale.ROOT, "Time: %.3f ms", (System.nanoTime() - begun) / 1e6));
            }
            return true;
        } catch (SQLException e) {
            print(e);
            return false;
        } finally {
            running = Optional.empty();
            out.flush();
        }
    }

    private void run(Statement statement, String sql) throws SQLException {
        var rows = statement.execute(sql);
        printWarnings(statement.getWarnings());
        var changed = statement.getUpdateCount();
        while (rows || changed >= 0) {
            if (rows) {
                printer.print(statement.getResultSet());
            } else {
                out.println(tag(sql, changed));
            }
            rows = statement.getMoreResults();
            changed = statement.getUpdateCount();
        }
    }

    /** As near to the server's command tag as can be told: pgjdbc does not hand it out. */
    private static String tag(String sql, int changed) {
        var words = sql.strip().split("\\s+", 3);
        var first = words[0].toUpperCase(Locale.ROOT);
        return switch (first) {
            case "INSERT" -> "INSERT 0 " + changed;
            case "UPDATE", "DELETE", "MERGE", "COPY" -> first + " " + changed;
            case "CREATE", "ALTER", "DROP" ->
                words.length < 2 ? first : first + " " + words[1].toUpperCase(Locale.ROOT);
            default -> first;
        };
    }

    /** COPY ... TO STDOUT, straight to the output. */
    boolean copyOut(String sql) {
        try {
            connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, new Unclosed(out));
            return true;
        } catch (SQLException e) {
            print(e);
            return false;
        } catch (IOException e) {
            error.println("ERROR:  the data could not be written: " + e.getMessage());
            return false;
        } finally {
            out.flush();
        }
    }

    /** COPY ... FROM STDIN, with the data lines that follow the statement. */
    boolean copyIn(String sql, Reader data) {
        try {
            var rows = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql, data);
            out.println("COPY " + rows);
            return true;
        } catch (SQLException e) {
            print(e);
            return false;
        } catch (IOException e) {
            error.println("ERROR:  the data could not be read: " + e.getMessage());
            return false;
        } finally {
            out.flush();
        }
    }

    private void printWarnings(@Nullable SQLWarning first) {
        for (var warning = first; warning != null; warning = warning.getNextWarning()) {
            error.println(Text.oneLine(String.valueOf(warning.getMessage())));
        }
        error.flush();
    }

    private void print(SQLException failure) {
        var server = failure instanceof PSQLException raised ? raised.getServerErrorMessage() : null;
        if (server == null) {
            error.println("ERROR:  %s (SQLSTATE %s)".formatted(failure.getMessage(), failure.getSQLState()));
        } else {
            error.println(
                    "%s:  %s (SQLSTATE %s)".formatted(server.getSeverity(), server.getMessage(), server.getSQLState()));
            printLine("DETAIL:  ", server.getDetail());
            printLine("HINT:  ", server.getHint());
        }
        error.flush();
    }

    private void printLine(String label, @Nullable String text) {
        if (text != null) {
            error.println(label + text);
        }
    }

    boolean toggleTiming() {
        timing = !timing;
        return timing;
    }

    boolean toggleExpanded() {
        return printer.toggleExpanded();
    }

    /** Asks the server to stop what it is doing for this session, if anything. */
    void cancel() {
        running.ifPresent(statement -> {
            try {
                statement.cancel();
            } catch (SQLException e) {
                print(e);
            }
        });
    }

    /** What psql shows in its prompt: nothing, {@code *} in a transaction, {@code !} in a failed one. */
    String transactionMark() {
        return switch (transactionState()) {
            case IDLE -> "";
            case OPEN -> "*";
            case FAILED -> "!";
        };
    }

    TransactionState transactionState() {
        try {
            return connection.unwrap(BaseConnection.class).getTransactionState();
        } catch (SQLException e) {
            throw new IllegalStateException("pgjdbc's connections are unwrapped without I/O", e);
        }
    }

    boolean isClosed() {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            throw new IllegalStateException("isClosed does no I/O", e);
        }
    }

    /** For completion; the caller closes it with the session. */
    Connection connection() {
        return connection;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // The session ends either way, and the server rolls back what was open.
            error.println("note: the connection did not close cleanly: " + e.getMessage());
        }
    }

    /** The copy API closes what it writes to, which here is the standard output. */
    private static final class Unclosed extends Writer {
        private final Writer writer;

        Unclosed(Writer writer) {
            this.writer = writer;
        }

        @Override
        public void write(char[] text, int from, int length) throws IOException {
            writer.write(text, from, length);
        }

        @Override
        public void flush() throws IOException {
            writer.flush();
        }

        @Override
        public void close() throws IOException {
            writer.flush();
        }
    }
}
