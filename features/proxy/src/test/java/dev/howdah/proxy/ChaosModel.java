package dev.howdah.proxy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What one client of {@link PooledChaosTest} must find: its own settings, statements and rows, as its own deeds have left them. */
final class ChaosModel {
    static final String WORK_MEM = "work_mem";
    static final String MARK = "howdah.mark";
    static final String TIMEOUT = "lock_timeout";

    private static final Map<String, String> DEFAULTS = Map.of(WORK_MEM, "4MB", MARK, "", TIMEOUT, "0");

    /** Settings made in this session, and by the transaction that is open. */
    private final Map<String, String> settings = new HashMap<>();

    /** Of the named statements, what they add to their parameter. */
    final Map<String, Integer> statements = new HashMap<>();

    /** Rows that are surely there, rows that may be, and those of the open transaction. */
    final Set<Integer> committed = new HashSet<>();

    final Set<Integer> unsure = new HashSet<>();
    private int nextRow;

    String setting(String name) {
        return settings.getOrDefault(name, DEFAULTS.getOrDefault(name, ""));
    }

    void set(Map<String, String> changes) {
        settings.putAll(changes);
    }

    void reset(String name) {
        settings.remove(name);
    }

    void resetAll() {
        settings.clear();
    }

    /** A new connection of the same client: its rows are still there, its session is not. */
    void reconnected() {
        settings.clear();
        statements.clear();
    }

    int newRow() {
        return nextRow++;
    }

    /** What {@code SELECT} of {@link ChaosClient#state} answers. */
    String expectedState() {
        return "%s/%s/%s".formatted(setting(WORK_MEM), setting(MARK), setting(TIMEOUT));
    }
}
