package dev.howdah.proxy.console;

import static dev.howdah.proxy.console.ConsoleTable.row;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.proxy.PoolSetting;
import dev.howdah.proxy.Pooler;
import dev.howdah.proxy.console.ConsoleCommand.Item;
import dev.howdah.proxy.console.ConsoleTable.Column;
import dev.howdah.wire.Diagnostic;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one operator may see and do: the pools of the branch that they have logged in to, and no other. Used on the branch's home loop. */
public final class Console implements ConsoleProtocol.Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Console.class);
    private static final String NOTICE_CODE = "00000";
    private static final String OWN_DATABASE = "howdah";
    /** Programs that look for a number find the PgBouncer whose columns these are. */
    private static final String VERSION = "PgBouncer 1.25.2 compatible console of Howdah";

    private final Operator operator;
    private final Pooler pooler;
    private final Consumer<String> renamed;
    private String applicationName;

    /**
     * Who is at the console.
     *
     * @param steers whether they may change anything
     */
    public record Operator(BranchId branch, String role, int processId, String applicationName, boolean steers) {}

    /** @param renamed hears of every new application_name */
    public Console(Operator operator, Pooler pooler, Consumer<String> renamed) {
        this.operator = operator;
        this.pooler = pooler;
        this.renamed = renamed;
        this.applicationName = operator.applicationName();
    }

    /** What a client is told of its session at login. */
    public Map<String, String> reported() {
        return ConsoleSettings.reported(operator.role(), applicationName);
    }

    @Override
    public Optional<List<Column>> columns(ConsoleCommand command) {
        return switch (command) {
            case ConsoleCommand.Show(var view) -> Optional.of(view.columns());
            case ConsoleCommand.ShowSetting(var name) -> Optional.of(ConsoleTable.named(ConsoleType.TEXT, name));
            case ConsoleCommand.Select(var item) -> Optional.of(List.of(column(item)));
            default -> Optional.empty();
        };
    }

    @Override
    public CompletableFuture<ConsoleAnswer> run(ConsoleCommand command) {
        return switch (command) {
            case ConsoleCommand.Show(var view) -> now(show(view));
            case ConsoleCommand.ShowSetting(var name) -> now(showSetting(name));
            case ConsoleCommand.Select(var item) ->
                now(ConsoleAnswer.rows(
                        "SELECT 1", ConsoleTable.of(List.of(column(item)), Stream.of(row(value(item))))));
            case ConsoleCommand.Set(var name, var value) -> now(set(name, value));
            case ConsoleCommand.Transaction transaction -> now(ConsoleAnswer.done(transaction.name()));
            case ConsoleCommand.Ignored(var tag) -> now(ConsoleAnswer.done(tag));
            case ConsoleCommand.Refused(var name) -> throw notHere(name);
            default -> steer(command);
        };
    }

    private static CompletableFuture<ConsoleAnswer> now(ConsoleAnswer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    // Seeing

    private ConsoleAnswer show(ConsoleView view) {
        return switch (view) {
            case HELP -> ConsoleHelp.answer();
            case VERSION -> answer(view, Stream.of(row(VERSION)));
            case CONFIG -> answer(view, config());
            case FDS ->
                throw new PlatformException(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "SHOW FDS is not available: it hands open sockets to another process",
                        "SHOW SOCKETS lists them; a restart keeps the servers and closes the clients.");
            default -> answer(view, ConsoleRows.of(view, pooler.snapshot(operator.branch())));
        };
    }

    private static ConsoleAnswer answer(ConsoleView view, Stream<List<Optional<String>>> rows) {
        return ConsoleAnswer.rows("SHOW", ConsoleTable.of(view.columns(), rows));
    }

    private Stream<List<Optional<String>>> config() {
        var pooling = Stream.of(row("pool_mode", "transaction", "transaction", "no"));
        var settings = pooler.settings(operator.branch()).all().stream()
                .map(shown -> row(shown.setting().settingName(), shown.value(), shown.initial(), "yes"));
        return Stream.concat(pooling, settings);
    }

    private ConsoleAnswer showSetting(String name) {
        var value = setting(name)
                .map(setting -> pooler.settings(operator.branch()).value(setting))
                .or(() -> ConsoleSettings.shown(name, applicationName))
                .orElseThrow(() -> new PlatformException(
                        SqlState.UNDEFINED_OBJECT,
                        "unrecognized configuration parameter \"%s\"".formatted(name),
                        "SHOW HELP lists what can be shown, SHOW CONFIG the settings."));
        return ConsoleAnswer.rows(
                "SHOW", ConsoleTable.of(ConsoleTable.named(ConsoleType.TEXT, name), Stream.of(row(value))));
    }

    private static Optional<PoolSetting> setting(String name) {
        return Arrays.stream(PoolSetting.values())
                .filter(setting -> setting.settingName().equalsIgnoreCase(name))
                .findFirst();
    }

    private static Column column(Item item) {
        return switch (item) {
            case Item.Literal(var _, var type) -> new Column("?column?", type);
            case Item.Function(var name) ->
                new Column(name, name.equals("pg_backend_pid") ? ConsoleType.INT4 : ConsoleType.TEXT);
        };
    }

    private String value(Item item) {
        return switch (item) {
            case Item.Literal(var text, var _) -> text;
            case Item.Function(var name) ->
                switch (name) {
                    case "version" -> VERSION;
                    case "current_database", "current_catalog" -> OWN_DATABASE;
                    case "pg_backend_pid" -> Integer.toString(operator.processId());
                    case "pg_is_in_recovery" -> "f";
                    default -> operator.role();
                };
        };
    }

    // Steering

    private ConsoleAnswer set(String name, String value) {
        if (name.equalsIgnoreCase("application_name")) {
            applicationName = value;
            renamed.accept(value);
            return ConsoleAnswer.done("SET");
        }
        if (setting(name).isEmpty() && ConsoleSettings.isKnown(name)) {
            return ConsoleAnswer.done("SET")
                    .with(Diagnostic.of(Diagnostic.Severity.NOTICE, NOTICE_CODE, "SET ignored"));
        }
        var known = PoolSetting.named(name).settingName();
        requireSteering("SET " + known);
        pooler.set(operator.branch(), known, value);
        return ConsoleAnswer.done("SET %s=%s".formatted(known, value));
    }

    private CompletableFuture<ConsoleAnswer> steer(ConsoleCommand command) {
        var branch = operator.branch();
        return switch (command) {
            case ConsoleCommand.Pause(var database) -> pause(database);
            case ConsoleCommand.Resume(var database) ->
                carriedOut("RESUME", database, () -> pooler.resume(branch, database));
            case ConsoleCommand.Disable(var database) ->
                carriedOut("DISABLE", Optional.of(database), () -> pooler.disable(branch, database));
            case ConsoleCommand.Enable(var database) ->
                carriedOut("ENABLE", Optional.of(database), () -> pooler.enable(branch, database));
            case ConsoleCommand.Reconnect(var database) ->
                carriedOut("RECONNECT", database, () -> pooler.reconnect(branch, database));
            case ConsoleCommand.Kill(var database) -> carriedOut("KILL", database, () -> pooler.kill(branch, database));
            case ConsoleCommand.KillClient(var id) -> carriedOut("KILL_CLIENT", Optional.empty(), () -> killClient(id));
            case ConsoleCommand.WaitClose(var database) -> {
                begin("WAIT_CLOSE", database);
                yield when(pooler.waitClose(branch, database), "WAIT_CLOSE");
            }
            case ConsoleCommand.Reload() -> carriedOut("RELOAD", Optional.empty(), () -> pooler.reload(branch));
            default -> throw new IllegalStateException("not a command that steers: " + command);
        };
    }

    /** Whoever ends the wait, by Ctrl-C, ends the pause with it, as in PgBouncer. */
    private CompletableFuture<ConsoleAnswer> pause(Optional<String> database) {
        begin("PAUSE", database);
        var answer = when(pooler.pause(operator.branch(), database), "PAUSE");
        var _ = answer.whenComplete((_, failure) -> {
            if (failure instanceof PlatformException refusal && refusal.state() == SqlState.QUERY_CANCELED) {
                pooler.resume(operator.branch(), database);
            }
        });
        return answer;
    }

    private static CompletableFuture<ConsoleAnswer> when(CompletionStage<Void> done, String tag) {
        return done.toCompletableFuture().thenApply(_ -> ConsoleAnswer.done(tag));
    }

    private CompletableFuture<ConsoleAnswer> carriedOut(String command, Optional<String> database, Runnable work) {
        begin(command, database);
        work.run();
        return now(ConsoleAnswer.done(command));
    }

    private void killClient(long id) {
        if (!pooler.killClient(operator.branch(), id)) {
            throw PlatformException.notFound("client not found", "SHOW CLIENTS has the ids in the column id.");
        }
    }

    private void begin(String command, Optional<String> database) {
        requireSteering(command);
        if (database.isPresent() && database.get().equals(OWN_DATABASE)) {
            throw PlatformException.invalid(
                    "%s: \"%s\" is the console itself".formatted(command, OWN_DATABASE),
                    "SHOW DATABASES lists the databases.");
        }
        LOG.info(
                "{}{} on branch {} by role \"{}\"",
                command,
                database.map(name -> " \"" + name + "\"").orElse(""),
                operator.branch(),
                operator.role());
    }

    private void requireSteering(String command) {
        if (!operator.steers()) {
            throw new PlatformException(
                    SqlState.INSUFFICIENT_PRIVILEGE,
                    "%s: admin access needed, role \"%s\" may only look".formatted(command, operator.role()),
                    "GRANT pg_signal_backend TO the role, then connect again.");
        }
    }

    private static PlatformException notHere(String command) {
        return new PlatformException(
                SqlState.FEATURE_NOT_SUPPORTED,
                "%s is not available: one branch's console cannot stop the proxy of all".formatted(command),
                command.equals("SHUTDOWN")
                        ? "Stop the platform with: howdah down"
                        : "PAUSE holds the clients of this branch; to stop the platform: howdah down");
    }
}
