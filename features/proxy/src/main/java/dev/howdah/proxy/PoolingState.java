package dev.howdah.proxy;

import dev.howdah.wire.BackendMessage.ParameterStatus;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What one pooled client has left in the session of the server it has, and what of the server's answers is not for it. Only while it is
 * clean may the server serve somebody else.
 */
final class PoolingState {
    private static final String STANDARD_STRINGS = "standard_conforming_strings";

    private final Map<String, String> changed = new HashMap<>();
    /** What servers report of the settings that follow the client. */
    private final Map<String, String> expected = new HashMap<>();

    private Map<String, String> atLogin = Map.of();
    private boolean standardStrings = true;
    private boolean pinned;
    private boolean foreignStatement;
    private boolean unnamedWaits;
    private int roundsToSwallow;
    private boolean closeToSwallow;
    private boolean restoring;
    private boolean restoreFailed;
    private PooledSettings settings;
    private Optional<PooledSettings.Setting> beingMade = Optional.empty();

    PoolingState(String applicationName) {
        settings = PooledSettings.of(applicationName);
        expected.put(PooledSettings.APPLICATION_NAME, applicationName);
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
        foreignStatement = true;
        unnamedWaits = false;
    }

    boolean standardStrings() {
        return standardStrings;
    }

    boolean isClean() {
        return !pinned && !unnamedWaits && roundsToSwallow == 0 && !closeToSwallow;
    }

    boolean pinned() {
        return pinned;
    }

    /** Something stays in the session until it ends. */
    void pin() {
        pinned = true;
    }

    /** Whether what the client sends next depends on an answer that is still to come: which settings it has. */
    boolean waits() {
        return restoring || beingMade.isPresent();
    }

    /**
     * Whether the server may still have another client's unnamed statement, which is nobody else's business; asked in front of each message
     * that could reach one. Afterwards it is gone.
     */
    boolean takeForeignStatement() {
        var foreign = foreignStatement;
        foreignStatement = false;
        return foreign;
    }

    /** A Query goes to the server, or the setting alone that it makes. */
    void queried(Optional<PooledSettings.Setting> makes) {
        foreignStatement = false;
        unnamedWaits = false;
        beingMade = makes;
    }

    /** A Parse of the unnamed statement goes to the server. Some drivers parse and describe in one round and execute in the next. */
    void parsedUnnamed() {
        foreignStatement = false;
        unnamedWaits = true;
    }

    void executed() {
        unnamedWaits = false;
    }

    /** A setting that is not what the client expects when a transaction has ended will stay. */
    void reported(ParameterStatus status) {
        if (status.name().equals(STANDARD_STRINGS)) {
            standardStrings = !status.value().equals("off");
        }
        var name = status.name().toLowerCase(Locale.ROOT);
        if (beingMade.filter(setting -> setting.name().equals(name)).isPresent()) {
            expected.put(name, status.value());
        }
        var own = expected.get(name);
        if (status.value().equals(own == null ? atLogin.get(status.name()) : own)) {
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

    /**
     * An error of the server's: what was under way has not happened.
     *
     * @param inLastRound whether the client had not begun anything else since
     */
    void failed(boolean inLastRound) {
        beingMade = Optional.empty();
        unnamedWaits = unnamedWaits && !inLastRound;
    }

    /**
     * The answer to a statement of the proxy's own comes next.
     *
     * @param first whether the client's own messages must wait for it
     */
    void swallowRound(boolean first) {
        roundsToSwallow++;
        restoring = first;
    }

    /** A CloseComplete that the client has not asked for comes next. */
    void swallowClose() {
        closeToSwallow = true;
    }

    /** Whether the server's next message, with this tag, is not for the client. */
    boolean swallowing(byte tag) {
        return roundsToSwallow > 0 || (closeToSwallow && tag == '3');
    }

    /** Takes such a message. */
    void swallow(byte tag) {
        if (roundsToSwallow == 0) {
            closeToSwallow = false;
            return;
        }
        restoreFailed = restoreFailed || tag == 'E';
        if (tag == 'Z') {
            roundsToSwallow--;
            restoring = false;
        }
    }
}
