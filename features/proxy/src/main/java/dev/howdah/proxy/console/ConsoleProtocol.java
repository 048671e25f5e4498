package dev.howdah.proxy.console;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.console.ConsoleCommand.Transaction;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BindComplete;
import dev.howdah.wire.BackendMessage.CloseComplete;
import dev.howdah.wire.BackendMessage.CommandComplete;
import dev.howdah.wire.BackendMessage.EmptyQueryResponse;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.NoData;
import dev.howdah.wire.BackendMessage.NoticeResponse;
import dev.howdah.wire.BackendMessage.ParameterDescription;
import dev.howdah.wire.BackendMessage.ParseComplete;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.Describe;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's protocol in front of the console, simple and extended. One message at a time: while {@link #busy} the owner keeps what comes.
 * A failed statement fails alone; there is no failed transaction. Used on one loop only.
 */
public final class ConsoleProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(ConsoleProtocol.class);
    /** Named statements and portals of one client, each. */
    private static final int NAMES_MAX = 1000;
    /** In one text. */
    private static final int STATEMENTS_MAX = 100;

    /** Carries out commands. */
    public interface Commands {
        /** Completes on the loop. Whoever cancels the future ends the wait for what is under way. */
        CompletableFuture<ConsoleAnswer> run(ConsoleCommand command);

        /** What {@code command} will answer with; empty for no rows. */
        Optional<List<ConsoleTable.Column>> columns(ConsoleCommand command);
    }

    /** Where the answers go. */
    public interface Client {
        void send(List<BackendMessage> messages);

        /** What was under way is over; the next message may come. */
        void resume();

        /** The client has said goodbye, or cannot be understood. */
        void leave(Optional<PlatformException> reason);
    }

    private final Commands commands;
    private final Client client;
    private final Map<String, ConsolePortal.Statement> statements = new HashMap<>();
    private final Map<String, ConsolePortal> portals = new HashMap<>();
    private boolean inTransaction;
    private boolean skipsToSync;
    private @Nullable CompletableFuture<ConsoleAnswer> underWay;

    public ConsoleProtocol(Commands commands, Client client) {
        this.commands = commands;
        this.client = client;
    }

    /** Whether a command is under way. */
    public boolean busy() {
        return underWay != null;
    }

    /** Ends the wait for what is under way; the client gets an error. */
    public void cancel() {
        var waiting = underWay;
        if (waiting != null) {
            waiting.completeExceptionally(
                    new PlatformException(SqlState.QUERY_CANCELED, "canceling statement due to user request", ""));
        }
    }

    public void receive(FrontendMessage message) {
        if (skipsToSync && !(message instanceof FrontendMessage.Sync || message instanceof FrontendMessage.Terminate)) {
            return;
        }
        try {
            take(message);
        } catch (PlatformException e) {
            fail(e);
        }
    }

    private void take(FrontendMessage message) {
        switch (message) {
            case Query(var sql) -> query(sql);
            case Parse parse -> parse(parse);
            case Bind bind -> bind(bind);
            case Describe describe -> describe(describe);
            case Execute execute -> execute(execute);
            case Close close -> close(close);
            case FrontendMessage.Sync _ -> sync();
            case FrontendMessage.Terminate _ -> client.leave(Optional.empty());
            // Everything is sent at once. And PostgreSQL too ignores COPY data that nobody asked for.
            case FrontendMessage.Flush _, FrontendMessage.CopyData _, FrontendMessage.CopyDone _ -> {}
            case FrontendMessage.CopyFail _ -> {}
            case FrontendMessage.FunctionCall _ -> {
                send(error(unsupported("function calls")));
                ready();
            }
            case FrontendMessage.PasswordMessage _,
                    FrontendMessage.SaslInitialResponse _,
                    FrontendMessage.SaslResponse _,
                    FrontendMessage.GssResponse _ ->
                client.leave(Optional.of(new PlatformException(SqlState.PROTOCOL_VIOLATION, "the login is over", "")));
        }
    }

    private static PlatformException unsupported(String what) {
        return new PlatformException(
                SqlState.FEATURE_NOT_SUPPORTED, "the console has no " + what, "SHOW HELP lists what it has.");
    }

    // Simple

    private void query(String sql) {
        statements.remove("");
        portals.remove("");
        List<ConsoleCommand> parsed;
        try {
            parsed = parsed(sql);
        } catch (PlatformException e) {
            send(error(e));
            ready();
            return;
        }
        if (parsed.isEmpty()) {
            send(new EmptyQueryResponse());
            ready();
            return;
        }
        runNext(new ArrayDeque<>(parsed));
    }

    private static List<ConsoleCommand> parsed(String sql) {
        var parsed = ConsoleParser.parse(sql);
        if (parsed.size() > STATEMENTS_MAX) {
            throw new PlatformException(
                    SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                    "the console takes %d commands at a time".formatted(STATEMENTS_MAX),
                    "Send them one by one.");
        }
        return parsed;
    }

    /** One behind the other; the first that fails ends the rest. */
    private void runNext(Queue<ConsoleCommand> rest) {
        if (rest.isEmpty()) {
            ready();
            return;
        }
        var command = rest.remove();
        run(
                command,
                answer -> {
                    sendWhole(answer);
                    runNext(rest);
                },
                failure -> {
                    send(error(failure));
                    ready();
                });
    }

    private void sendWhole(ConsoleAnswer answer) {
        var messages = new ArrayList<BackendMessage>();
        answer.notices().forEach(notice -> messages.add(new NoticeResponse(notice)));
        answer.table().ifPresent(table -> {
            messages.add(ConsoleTable.description(table.columns(), List.of()));
            for (var i = 0; i < table.rows().size(); i++) {
                messages.add(table.dataRow(i, List.of()));
            }
        });
        messages.add(new CommandComplete(answer.tag()));
        client.send(messages);
    }

    // Extended

    private void parse(Parse message) {
        if (!message.parameterTypes().isEmpty()) {
            throw unsupported("parameters");
        }
        var parsed = parsed(message.sql());
        if (parsed.size() > 1) {
            throw new PlatformException(
                    SqlState.SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement", "");
        }
        if (!message.statement().isEmpty() && statements.containsKey(message.statement())) {
            throw new PlatformException(
                    SqlState.DUPLICATE_OBJECT,
                    "prepared statement \"%s\" already exists".formatted(message.statement()),
                    "");
        }
        keep(
                statements,
                message.statement(),
                new ConsolePortal.Statement(parsed.stream().findFirst()));
        send(new ParseComplete());
    }

    private void bind(Bind message) {
        var statement = statement(message.statement());
        if (!message.parameters().isEmpty()) {
            throw new PlatformException(
                    SqlState.PROTOCOL_VIOLATION,
                    "bind message supplies %d parameters, but the statement has none"
                            .formatted(message.parameters().size()),
                    "");
        }
        ConsoleTable.checkFormats(
                message.resultFormats(),
                columns(statement)
                        .map(List::size)
                        .orElse(message.resultFormats().size()));
        keep(portals, message.portal(), new ConsolePortal(statement, message.resultFormats()));
        send(new BindComplete());
    }

    private void describe(Describe message) {
        if (message.target() == Target.STATEMENT) {
            var statement = statement(message.name());
            send(new ParameterDescription(List.of()));
            send(rowDescription(statement, List.of()));
        } else {
            var portal = portal(message.name());
            send(rowDescription(portal.statement, portal.formats));
        }
    }

    private BackendMessage rowDescription(ConsolePortal.Statement statement, List<Integer> formats) {
        return columns(statement)
                .<BackendMessage>map(columns -> ConsoleTable.description(columns, formats))
                .orElseGet(NoData::new);
    }

    private Optional<List<ConsoleTable.Column>> columns(ConsolePortal.Statement statement) {
        return statement.command().flatMap(commands::columns);
    }

    private void execute(Execute message) {
        var portal = portal(message.portal());
        if (portal.statement.command().isEmpty()) {
            send(new EmptyQueryResponse());
            return;
        }
        if (portal.answer != null) {
            client.send(portal.next(portal.answer, message.rowLimit()));
            return;
        }
        run(
                portal.statement.command().get(),
                answer -> {
                    portal.answer = answer;
                    answer.notices().forEach(notice -> send(new NoticeResponse(notice)));
                    client.send(portal.next(answer, message.rowLimit()));
                },
                this::fail);
    }

    private void close(Close message) {
        if (message.target() == Target.STATEMENT) {
            statements.remove(message.name());
        } else {
            portals.remove(message.name());
        }
        send(new CloseComplete());
    }

    private void sync() {
        skipsToSync = false;
        if (!inTransaction) {
            portals.clear();
        }
        ready();
    }

    private ConsolePortal.Statement statement(String name) {
        var found = statements.get(name);
        if (found == null) {
            throw new PlatformException(
                    SqlState.UNDEFINED_OBJECT, "prepared statement \"%s\" does not exist".formatted(name), "");
        }
        return found;
    }

    private ConsolePortal portal(String name) {
        var found = portals.get(name);
        if (found == null) {
            throw new PlatformException(SqlState.UNDEFINED_OBJECT, "portal \"%s\" does not exist".formatted(name), "");
        }
        return found;
    }

    private static <T> void keep(Map<String, T> kept, String name, T value) {
        if (kept.size() >= NAMES_MAX && !kept.containsKey(name)) {
            throw new PlatformException(
                    SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                    "the console keeps %d names for a client".formatted(NAMES_MAX),
                    "Close some.");
        }
        kept.put(name, value);
    }

    // Both

    private void run(ConsoleCommand command, Consumer<ConsoleAnswer> then, Consumer<PlatformException> failed) {
        var running = started(command);
        if (!running.isDone()) {
            underWay = running;
        }
        var _ = running.whenComplete((answer, failure) -> {
            var waited = underWay != null;
            underWay = null;
            try {
                ended(command, answer, failure, then, failed);
            } catch (RuntimeException e) { // nobody reads what this future would make of it
                LOG.error("the console failed to answer {}", command, e);
                client.leave(Optional.of(internal(e)));
                return;
            }
            if (waited && !busy()) {
                client.resume();
            }
        });
    }

    private CompletableFuture<ConsoleAnswer> started(ConsoleCommand command) {
        try {
            return commands.run(command);
        } catch (PlatformException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void ended(
            ConsoleCommand command,
            @Nullable ConsoleAnswer answer,
            @Nullable Throwable failure,
            Consumer<ConsoleAnswer> then,
            Consumer<PlatformException> failed) {
        if (answer == null) {
            failed.accept(asPlatform(failure));
            return;
        }
        if (command instanceof Transaction transaction) {
            inTransaction = transaction == Transaction.BEGIN;
        }
        then.accept(answer);
    }

    private static PlatformException asPlatform(@Nullable Throwable failure) {
        var cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof PlatformException refusal) {
            return refusal;
        }
        LOG.error("the console failed", cause);
        return internal(cause);
    }

    private static PlatformException internal(@Nullable Throwable cause) {
        return new PlatformException(
                SqlState.INTERNAL_ERROR,
                "the console failed to answer; this is a bug",
                "The log of the platform has the reason.",
                cause == null ? new IllegalStateException() : cause);
    }

    /** Of an extended message: what follows is skipped up to Sync. */
    private void fail(PlatformException failure) {
        skipsToSync = true;
        send(error(failure));
    }

    private static BackendMessage error(PlatformException failure) {
        return new ErrorResponse(Diagnostic.of(Diagnostic.Severity.ERROR, failure));
    }

    private void ready() {
        send(new ReadyForQuery(inTransaction ? TransactionStatus.IN_TRANSACTION : TransactionStatus.IDLE));
    }

    private void send(BackendMessage message) {
        client.send(List.of(message));
    }
}
