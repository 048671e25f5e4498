package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that can be set of the pooled endpoint, at start and while it runs. Names and meanings are PgBouncer's where it has them; the
 * defaults are {@link PoolSetting}'s. Where a time is zero the limit is off.
 */
public final class PoolSettings {
    public static final PoolSettings DEFAULT = new PoolSettings(Map.of(), Optional.empty());

    private final Map<PoolSetting, Object> chosen;
    private final Optional<Path> file;
    // Asked for with every message
    private final SessionGuard sessionGuard;
    private final ListenOnLoss listenOnLoss;

    /** What is done about session state that statements do not show. */
    public enum SessionGuard {
        OFF,
        CHECK,
        STRICT
    }

    /** What becomes of listening clients when notifications may have been lost. */
    public enum ListenOnLoss {
        CLOSE,
        NOTICE
    }

    private PoolSettings(Map<PoolSetting, Object> chosen, Optional<Path> file) {
        this.chosen = chosen;
        this.file = file;
        this.sessionGuard =
                SessionGuard.valueOf(value(PoolSetting.SESSION_GUARD).toUpperCase(Locale.ROOT));
        this.listenOnLoss =
                ListenOnLoss.valueOf(value(PoolSetting.LISTEN_ON_LOSS).toUpperCase(Locale.ROOT));
    }

    /** The defaults with another size of the pools. */
    public static PoolSettings ofSize(int size) {
        return DEFAULT.with(PoolSetting.DEFAULT_POOL_SIZE, Integer.toString(size));
    }

    /**
     * What a file says, in lines of {@code name = value} with comments behind {@code #}; the defaults when it is not there. Throws a
     * {@link dev.howdah.base.PlatformException} that names the line when one is wrong.
     */
    public static PoolSettings read(Path file) {
        var settings = new PoolSettings(Map.of(), Optional.of(file));
        if (!Files.exists(file)) {
            return settings;
        }
        try {
            return settings.withLines(file, Files.readAllLines(file));
        } catch (IOException e) {
            throw PlatformException.invalid(
                    "%s cannot be read: %s".formatted(file, e), "Make the file readable, or remove it.");
        }
    }

    private PoolSettings withLines(Path from, List<String> lines) {
        var settings = this;
        var known = new HashMap<PoolSetting, Integer>();
        for (var i = 0; i < lines.size(); i++) {
            var line = lines.get(i).replaceFirst("#.*", "").strip();
            if (!line.isEmpty()) {
                try {
                    settings = settings.withLine(line, i + 1, known);
                } catch (PlatformException e) {
                    throw new PlatformException(
                            e.state(),
                            "%s line %d: %s".formatted(from, i + 1, e.message()),
                            e.hint().orElse(""));
                }
            }
        }
        return settings;
    }

    private PoolSettings withLine(String line, int number, Map<PoolSetting, Integer> known) {
        var equals = line.indexOf('=');
        if (equals < 0) {
            throw PlatformException.invalid("\"%s\" is no setting".formatted(line), "Write name = value.");
        }
        var setting = PoolSetting.named(line.substring(0, equals).strip());
        var before = known.put(setting, number);
        if (before != null) {
            throw PlatformException.invalid(
                    "%s stands in line %d already".formatted(setting.settingName(), before), "Remove one of the two.");
        }
        return with(setting, line.substring(equals + 1));
    }

    /** What the file says now; the defaults again where these settings come from no file. */
    PoolSettings readAgain() {
        return file.map(PoolSettings::read).orElse(DEFAULT);
    }

    /** Throws a {@link dev.howdah.base.PlatformException} that names the setting and what is allowed. */
    public PoolSettings with(PoolSetting setting, String value) {
        var next = new EnumMap<PoolSetting, Object>(PoolSetting.class);
        next.putAll(chosen);
        next.put(setting, setting.parse(value));
        return new PoolSettings(next, file);
    }

    public PoolSettings with(PoolSetting setting, Duration value) {
        return with(setting, PoolSetting.print(value));
    }

    public PoolSettings withQueryWait(Duration wait) {
        return with(PoolSetting.QUERY_WAIT_TIMEOUT, wait);
    }

    public PoolSettings withPinIdle(Duration idle) {
        return with(PoolSetting.PIN_IDLE_TIMEOUT, idle);
    }

    /** The value as it could be written. */
    public String value(PoolSetting setting) {
        return PoolSetting.print(get(setting));
    }

    /** All of them, in their order. */
    public List<Shown> all() {
        var shown = new ArrayList<Shown>();
        for (var setting : PoolSetting.values()) {
            shown.add(new Shown(setting, value(setting), PoolSetting.print(setting.initial())));
        }
        return shown;
    }

    /** One setting as it is now. */
    public record Shown(PoolSetting setting, String value, String initial) {}

    private Object get(PoolSetting setting) {
        return chosen.getOrDefault(setting, setting.initial());
    }

    private int count(PoolSetting setting) {
        return Math.toIntExact((Long) get(setting));
    }

    private Duration time(PoolSetting setting) {
        return (Duration) get(setting);
    }

    public int defaultPoolSize() {
        return count(PoolSetting.DEFAULT_POOL_SIZE);
    }

    public int minPoolSize() {
        return count(PoolSetting.MIN_POOL_SIZE);
    }

    public int reservePoolSize() {
        return count(PoolSetting.RESERVE_POOL_SIZE);
    }

    public Duration reservePoolTimeout() {
        return time(PoolSetting.RESERVE_POOL_TIMEOUT);
    }

    public int maxClientConnections() {
        return count(PoolSetting.MAX_CLIENT_CONN);
    }

    public int maxDatabaseConnections() {
        return count(PoolSetting.MAX_DB_CONNECTIONS);
    }

    public int maxDatabaseClientConnections() {
        return count(PoolSetting.MAX_DB_CLIENT_CONNECTIONS);
    }

    public int maxUserConnections() {
        return count(PoolSetting.MAX_USER_CONNECTIONS);
    }

    public int maxUserClientConnections() {
        return count(PoolSetting.MAX_USER_CLIENT_CONNECTIONS);
    }

    public int maxPreparedStatements() {
        return count(PoolSetting.MAX_PREPARED_STATEMENTS);
    }

    public int branchConnectionBudget() {
        return count(PoolSetting.BRANCH_CONNECTION_BUDGET);
    }

    /** Half of the pool where nothing else is said; a single connection may be kept. */
    public int maxPinnedPerPool() {
        var set = count(PoolSetting.MAX_PINNED_PER_POOL);
        return set >= 0 ? set : Math.max(1, defaultPoolSize() / 2);
    }

    /** Half of the budget where nothing else is said. */
    public int maxPinnedPerBranch() {
        var set = count(PoolSetting.MAX_PINNED_PER_BRANCH);
        return set >= 0 ? set : Math.max(1, branchConnectionBudget() / 2);
    }

    public Duration pinIdleTimeout() {
        return time(PoolSetting.PIN_IDLE_TIMEOUT);
    }

    public Duration queryTimeout() {
        return time(PoolSetting.QUERY_TIMEOUT);
    }

    public Duration queryWaitTimeout() {
        return time(PoolSetting.QUERY_WAIT_TIMEOUT);
    }

    public Duration clientIdleTimeout() {
        return time(PoolSetting.CLIENT_IDLE_TIMEOUT);
    }

    public Duration idleTransactionTimeout() {
        return time(PoolSetting.IDLE_TRANSACTION_TIMEOUT);
    }

    public Duration transactionTimeout() {
        return time(PoolSetting.TRANSACTION_TIMEOUT);
    }

    public Duration serverIdleTimeout() {
        return time(PoolSetting.SERVER_IDLE_TIMEOUT);
    }

    public Duration serverLifetime() {
        return time(PoolSetting.SERVER_LIFETIME);
    }

    public Duration cancelWaitTimeout() {
        return time(PoolSetting.CANCEL_WAIT_TIMEOUT);
    }

    public SessionGuard sessionGuard() {
        return sessionGuard;
    }

    public ListenOnLoss listenOnLoss() {
        return listenOnLoss;
    }

    public int listenBacklogBytesMax() {
        return count(PoolSetting.LISTEN_BACKLOG_MAX);
    }
}
