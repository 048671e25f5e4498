package dev.howdah.proxy;

import dev.howdah.wire.BackendMessage.ParameterStatus;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What one pooled client has left in the session of the server it has, and what of the server's answers is not for it. Only while it is
 * clean may the server serve somebody else.
 */
final class PoolingState {
    private static final int HEADER_BYTES = 5;
    private static final String STANDARD_STRINGS = "standard_conforming_strings";

    private final Map<String, String> changed = new HashMap<>();
    private Map<String, String> atLogin = Map.of();
    private boolean standardStrings = true;
    private boolean pinned;
    private boolean untouched;
    private boolean unnamedWaits;
    private int roundsToSwallow;
    private boolean closeToSwallow;
    private boolean restoreFailed;
    private PooledSettings settings;
    private Optional<PooledSettings.Setting> beingMade = Optional.empty();

    PoolingState(PooledSettings settings) {
        this.settings = settings;
    }

    /** What the client has set, to be found on every server it gets. */
    PooledSettings settings() {
        return settings;
    }

    /** Whether a server did not take over the settings. */
    boolean restoreFailed() {
        return restoreFailed;
    }

    /** A server is the client's; nothing of it is known but what it reported at login. */
    void attached(Map<String, String> reportedAtLogin) {
        atLogin = reportedAtLogin;
        standardStrings = !"off".equals(reportedAtLogin.get(STANDARD_STRINGS));
        changed.clear();
        untouched = true;
        unnamedWaits = false;
    }

    boolean standardStrings() {
        return standardStrings;
    }

    boolean isClean() {
        return !pinned && !unnamedWaits && roundsToSwallow == 0 && !closeToSwallow;
    }

    /** Whether the client's first message on this server would use an unnamed statement that it has not made itself. */
    boolean needsEmptyStatement(byte tag) {
        var first = untouched;
        untouched = false;
        return first && (tag == 'B' || tag == 'D' || tag == 'E' || tag == 'C');
    }

    /** A message that passed unread: too long a text may leave anything. */
    void unseen(byte tag) {
        switch (tag) {
            case 'Q', 'P' -> pinned = true;
            case 'E' -> unnamedWaits = false;
            default -> {}
        }
    }

    /**
     * A Query or Parse, before it goes to the server.
     *
     * @param quiet whether nothing else is under way, and no transaction
     */
    void seen(byte tag, ByteBuffer message, boolean quiet) {
        switch (tag) {
            case 'Q' -> queried(SqlText.decode(message.slice(HEADER_BYTES, message.limit() - HEADER_BYTES - 1)), quiet);
            case 'P' -> parsed(message);
            case 'E' -> unnamedWaits = false;
            default -> {}
        }
    }

    private void queried(String sql, boolean quiet) {
        unnamedWaits = false;
        if (pinned) {
            return;
        }
        // Inside a transaction a setting may be rolled back, which nobody tells.
        beingMade = quiet ? PooledSettings.made(sql) : Optional.empty();
        pinned = beingMade.isEmpty() && PoolingRules.pins(sql, standardStrings);
    }

    private void parsed(ByteBuffer message) {
        if (message.get(HEADER_BYTES) != 0) {
            pinned = true; // a named statement stays until the session ends
            return;
        }
        // Some drivers parse and describe in one round and execute in the next.
        unnamedWaits = true;
        var end = HEADER_BYTES + 1;
        while (end < message.limit() && message.get(end) != 0) {
            end++;
        }
        pinned = pinned
                || PoolingRules.pins(
                        SqlText.decode(message.slice(HEADER_BYTES + 1, end - HEADER_BYTES - 1)), standardStrings);
    }

    /** A setting that differs from the login's when a transaction has ended will stay. */
    void reported(ParameterStatus status) {
        if (status.name().equals(STANDARD_STRINGS)) {
            standardStrings = !status.value().equals("off");
        }
        var name = status.name().toLowerCase(Locale.ROOT);
        var follows = settings.values().containsKey(name)
                || beingMade.filter(setting -> setting.name().equals(name)).isPresent();
        if (follows || status.value().equals(atLogin.get(status.name()))) {
            changed.remove(status.name());
        } else {
            changed.put(status.name(), status.value());
        }
    }

    void ready(byte transactionStatus) {
        if (beingMade.isPresent()) {
            settings = settings.with(beingMade.get());
            beingMade = Optional.empty();
        }
        if (transactionStatus == 'I' && !changed.isEmpty()) {
            pinned = true;
        }
    }

    /** An error of the server's: what was under way has not happened. */
    void failed() {
        beingMade = Optional.empty();
    }

    /** The answer to a statement of the proxy's own comes next. */
    void swallowRound() {
        roundsToSwallow++;
    }

    /** A CloseComplete that the client has not asked for comes next. */
    void swallowClose() {
        closeToSwallow = true;
    }

    /** Whether the server's next message, with this tag, is not for the client. */
    boolean swallowing(byte tag) {
        return roundsToSwallow > 0 || (closeToSwallow && tag == '3');
    }

    /** Takes such a message; false when it is for the client after all. */
    boolean swallow(byte tag) {
        if (roundsToSwallow > 0) {
            if (tag == 'Z') {
                roundsToSwallow--;
            }
            restoreFailed = restoreFailed || tag == 'E';
            return true;
        }
        if (closeToSwallow && tag == '3') {
            closeToSwallow = false;
            return true;
        }
        return false;
    }
}
