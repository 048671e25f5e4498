package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The names, defaults and limits of what can be set of the pooled endpoint. The constants in small letters are the names people write. */
public enum PoolSetting {
    DEFAULT_POOL_SIZE(count(1, 10_000), 20L, "server connections of one role in one database"),
    MIN_POOL_SIZE(count(0, 10_000), 0L, "of these so many stay open while the pool has clients"),
    RESERVE_POOL_SIZE(count(0, 10_000), 0L, "so many more once a client has waited reserve_pool_timeout"),
    RESERVE_POOL_TIMEOUT(time(), Duration.ofSeconds(5), "a client that has waited so long may use the reserve"),
    MAX_CLIENT_CONN(count(1, 1_000_000), 10_000L, "clients of the pooled endpoint"),
    MAX_DB_CONNECTIONS(count(0, 10_000), 0L, "server connections of one database; 0 is no limit"),
    MAX_DB_CLIENT_CONNECTIONS(count(0, 1_000_000), 0L, "clients of one database; 0 is no limit"),
    MAX_USER_CONNECTIONS(count(0, 10_000), 0L, "server connections of one role; 0 is no limit"),
    MAX_USER_CLIENT_CONNECTIONS(count(0, 1_000_000), 0L, "clients of one role; 0 is no limit"),
    MAX_PREPARED_STATEMENTS(count(0, 100_000), 200L, "prepared statements kept on each server connection"),
    BRANCH_CONNECTION_BUDGET(count(1, 10_000), 200L, "server connections of all pools of one branch"),
    MAX_PINNED_PER_POOL(count(-1, 10_000), -1L, "clients of a pool that keep their server; -1 is half of the pool"),
    MAX_PINNED_PER_BRANCH(count(-1, 10_000), -1L, "clients of a branch that do; -1 is half of the budget"),
    PIN_IDLE_TIMEOUT(time(), Duration.ofMinutes(10), "a client that keeps its server unused for so long is closed"),
    QUERY_TIMEOUT(time(), Duration.ZERO, "the longest query"),
    QUERY_WAIT_TIMEOUT(time(), Duration.ofMinutes(2), "the longest wait for a free server connection"),
    CLIENT_IDLE_TIMEOUT(time(), Duration.ZERO, "a client idle for so long outside a transaction is closed"),
    IDLE_TRANSACTION_TIMEOUT(time(), Duration.ZERO, "a client idle for so long inside a transaction is closed"),
    TRANSACTION_TIMEOUT(time(), Duration.ZERO, "the longest transaction"),
    SERVER_IDLE_TIMEOUT(time(), Duration.ofMinutes(10), "a server connection unused for so long is closed"),
    SERVER_LIFETIME(time(), Duration.ofHours(1), "a server connection older than this is closed once it is free"),
    CANCEL_WAIT_TIMEOUT(time(), Duration.ofSeconds(10), "how long a cancel request may take"),
    SESSION_GUARD(words("off", "check", "strict"), "check", "whether session state hidden in functions is looked for"),
    LISTEN_ON_LOSS(words("close", "notice"), "close", "what listening clients get when notifications may be lost"),
    LISTEN_BACKLOG_MAX(
            count(1 << 16, 1 << 30),
            (long) (8 << 20),
            "a client that leaves so many bytes of notifications unread is closed");

    private static final Duration TIME_MAX = Duration.ofDays(365);
    private static final Pattern TIME = Pattern.compile("([0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)\\s*(us|ms|s|min|h|d|)");
    private static final Map<String, Long> NANOS_PER_UNIT = Map.of(
            "us", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "", 1_000_000_000L,
            "min", 60_000_000_000L,
            "h", 3_600_000_000_000L,
            "d", 86_400_000_000_000L);

    @SuppressWarnings("ImmutableEnumChecker") // records of numbers and of unmodifiable lists
    private final Kind kind;

    @SuppressWarnings("ImmutableEnumChecker") // a number, a Duration or a word
    private final Object initial;

    private final String meaning;

    /** What values a setting takes. */
    private sealed interface Kind {
        record Count(long min, long max) implements Kind {}

        /** Plain seconds, as PgBouncer has it, or with one of PostgreSQL's units. */
        record Time() implements Kind {}

        record Words(List<String> words) implements Kind {}
    }

    PoolSetting(Kind kind, Object initial, String meaning) {
        this.kind = kind;
        this.initial = initial;
        this.meaning = meaning;
    }

    private static Kind count(long min, long max) {
        return new Kind.Count(min, max);
    }

    private static Kind time() {
        return new Kind.Time();
    }

    private static Kind words(String... words) {
        return new Kind.Words(List.of(words));
    }

    /** As people write it. */
    public String settingName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What it is for, in a few words. */
    public String meaning() {
        return meaning;
    }

    Object initial() {
        return initial;
    }

    /** The setting of this name; an unknown one is refused with all names there are. */
    public static PoolSetting named(String name) {
        return Arrays.stream(values())
                .filter(setting -> setting.settingName().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new PlatformException(
                        SqlState.UNDEFINED_OBJECT,
                        "unrecognized configuration parameter \"%s\"".formatted(name),
                        "There are: "
                                + Arrays.stream(values())
                                        .map(PoolSetting::settingName)
                                        .collect(Collectors.joining(", "))
                                + "."));
    }

    Object parse(String text) {
        var trimmed = text.strip();
        return (switch (kind) {
                    case Kind.Count(var min, var max) ->
                        wholeNumber(trimmed).filter(number -> number >= min && number <= max);
                    case Kind.Time() -> duration(trimmed).filter(time -> time.compareTo(TIME_MAX) <= 0);
                    case Kind.Words(var words) ->
                        Optional.of(trimmed.toLowerCase(Locale.ROOT)).filter(words::contains);
                })
                .map(Object.class::cast)
                .orElseThrow(() -> PlatformException.invalid(
                        "invalid value for parameter \"%s\": \"%s\"".formatted(settingName(), trimmed), allowed()));
    }

    private static Optional<Long> wholeNumber(String text) {
        try {
            return Optional.of(Long.parseLong(text));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static Optional<Duration> duration(String text) {
        var match = TIME.matcher(text);
        if (!match.matches()) {
            return Optional.empty();
        }
        var nanos = new BigDecimal(match.group(1))
                .multiply(BigDecimal.valueOf(NANOS_PER_UNIT.getOrDefault(match.group(2), 0L)));
        return nanos.compareTo(BigDecimal.valueOf(TIME_MAX.toNanos())) > 0
                ? Optional.empty()
                : Optional.of(
                        Duration.ofNanos(nanos.setScale(0, RoundingMode.HALF_UP).longValueExact()));
    }

    /** What may be written, for people. */
    public String allowed() {
        return switch (kind) {
            case Kind.Count(var min, var max) -> "Allowed is a whole number from %d to %d.".formatted(min, max);
            case Kind.Time() ->
                "Allowed is a time from 0 to %d days, in seconds or with a unit: us, ms, s, min, h, d."
                        .formatted(TIME_MAX.toDays());
            case Kind.Words(var words) -> "Allowed are: %s.".formatted(String.join(", ", words));
        };
    }

    /** A value as it could be written; times in seconds. */
    static String print(Object value) {
        return value instanceof Duration time
                ? BigDecimal.valueOf(time.toNanos(), 9).stripTrailingZeros().toPlainString()
                : value.toString();
    }
}
