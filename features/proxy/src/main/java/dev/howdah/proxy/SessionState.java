package dev.howdah.proxy;

import dev.howdah.proxy.sql.FactsReader;
import dev.howdah.proxy.sql.PinKind;
import dev.howdah.proxy.sql.SettingStatement;
import dev.howdah.proxy.sql.StatementFacts;
import dev.howdah.wire.BackendMessage.ParameterStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a pooled client has made of its session: the settings that follow it, and what keeps it to its server. A plain SET is followed by reading
 * it; whatever else may have changed the session is not guessed at: once the transaction is over the server is {@link #mustAsk asked}, and its
 * answer holds. So commits, rollbacks and savepoints are right by construction.
 */
final class SessionState {
    private static final String STANDARD_STRINGS = "standard_conforming_strings";
    private static final int CUSTOM_NAMES_MAX = 200;

    private final KnownSettings known;
    private final KnownSettings.Application initial;
    private final Map<PinKind, String> pins = new TreeMap<>();
    private final Set<String> customNames = new HashSet<>();
    /** What servers report of the settings that follow the client, but for a name that is still the {@link #initial} one. */
    private final Map<String, String> expected = new HashMap<>();
    /** What they report that nothing read so far explains. */
    private final Map<String, String> changed = new HashMap<>();

    private final List<SettingStatement> making = new ArrayList<>();

    private Map<String, String> atLogin = Map.of();
    private PooledSettings settings;
    private PooledSettings left = PooledSettings.NONE;
    private boolean standardStrings = true;
    private int binds;
    private int executes;
    private boolean changesSettings;
    private boolean changesPins;
    private boolean callsUnknown;
    private boolean discards;
    private boolean ran;
    private boolean resets;
    private boolean toldOfPin;
    private boolean made;

    /** What becomes of the server once it has answered. */
    enum Verdict {
        /** Nothing of the client's is left in it but {@link #left}. */
        RELEASE,
        /** The client needs it. */
        KEEP,
        /** Something is left in it that no statement of the client's has shown. */
        CLEAN
    }

    SessionState(String applicationName, KnownSettings known) {
        this.known = known;
        initial = known.application(applicationName);
        settings = initial.settings();
    }

    /** To be found on every server that the client gets. */
    PooledSettings settings() {
        return settings;
    }

    /** Whether the client has something that only its server has. */
    boolean pinned() {
        return !pins.isEmpty();
    }

    /** Whether the server can be cleaned of all that. */
    boolean cleanable() {
        return pins.keySet().stream().allMatch(PinKind::cleanable);
    }

    /** What the client needs its server for, for people; empty when it does not. */
    Optional<String> construct() {
        return pins.values().stream().findFirst();
    }

    /** What kinds of things the client needs its server for. */
    Set<PinKind> pinKinds() {
        return Collections.unmodifiableSet(pins.keySet());
    }

    /** What the client needs its server for, once in the client's life. */
    Optional<String> takeNews() {
        if (toldOfPin || pins.isEmpty()) {
            return Optional.empty();
        }
        toldOfPin = true;
        return construct();
    }

    boolean mayHaveSqlStatements() {
        return pins.containsKey(PinKind.SQL_PREPARE) || pins.containsKey(PinKind.UNREADABLE);
    }

    /** The session's {@code standard_conforming_strings}. */
    boolean standardStrings() {
        return standardStrings;
    }

    /** Between the client's texts and the database's. */
    TextEncoding encoding() {
        var server = atLogin.getOrDefault("server_encoding", "");
        var client = expected.getOrDefault(
                "client_encoding",
                changed.getOrDefault("client_encoding", atLogin.getOrDefault("client_encoding", "")));
        return TextEncoding.between(client, server);
    }

    /** A server is the client's, with its settings, or about to get them. */
    void attached(Map<String, String> reportedAtLogin) {
        atLogin = reportedAtLogin;
        var own = expected.get(STANDARD_STRINGS);
        standardStrings = !"off".equals(own == null ? reportedAtLogin.get(STANDARD_STRINGS) : own);
        changed.clear();
    }

    /**
     * A text goes to the server.
     *
     * @param alone whether nothing is under way, outside any transaction: only there a setting surely stays if it does not fail
     */
    void runs(StatementFacts facts, boolean alone) {
        ran = true;
        facts.pins().forEach(pin -> pins.putIfAbsent(pin.kind(), pin.construct()));
        changesPins |= !facts.pins().isEmpty() || (pinned() && facts.mayEndPin());
        callsUnknown |= facts.callsUnknown();
        discards |= facts.discardsAll();
        var setting = facts.setting();
        if (alone && setting.isPresent() && setting.filter(this::hasRoomFor).isPresent()) {
            making.add(setting.get());
        } else if (facts.mayChangeSettings()) {
            changesSettings = true;
            facts.customNames().stream()
                    .limit(CUSTOM_NAMES_MAX - (long) customNames.size())
                    .forEach(customNames::add);
        }
    }

    private boolean hasRoomFor(SettingStatement setting) {
        if (setting.name().equals(PooledSettings.APPLICATION_NAME)
                && setting.sql().isEmpty()) {
            return false; // on the server it goes back to what another client began with
        }
        return settings.with(setting).areFew();
    }

    /** A text that passes unread. */
    void runsUnread() {
        runs(FactsReader.unread(), false);
    }

    /** Something else runs than a plain text, which leaves nothing behind. */
    void runsPlain() {
        ran = true;
    }

    /** A Bind of the extended protocol. */
    void binds() {
        binds++;
    }

    /** An Execute of the extended protocol. */
    void executes() {
        executes++;
    }

    /** Whether what the client sends behind this round depends on its answer. */
    boolean waits() {
        return !making.isEmpty();
    }

    /**
     * What the client is to see of a setting that the server reports. The application's name goes back to what the server connection was opened with,
     * which may have been for another client.
     */
    Optional<ParameterStatus> instead(ParameterStatus status) {
        var name = PooledSettings.APPLICATION_NAME;
        var foreign = status.name().equals(name)
                && status.value().equals(atLogin.get(name))
                && !status.value().equals(expected(name))
                && making.stream().noneMatch(setting -> setting.name().equals(name));
        return foreign ? Optional.of(new ParameterStatus(name, initial.name())) : Optional.empty();
    }

    /** Null for a setting that the client has as its server began with it. */
    private @Nullable String expected(String name) {
        var own = expected.get(name);
        return own == null && name.equals(PooledSettings.APPLICATION_NAME) ? initial.name() : own;
    }

    void reported(ParameterStatus status) {
        if (status.name().equals(STANDARD_STRINGS)) {
            standardStrings = !status.value().equals("off");
        }
        var name = status.name().toLowerCase(Locale.ROOT);
        if (making.stream().anyMatch(setting -> setting.name().equals(name))) {
            expected.put(name, status.value());
        }
        var own = expected(name);
        if (status.value().equals(own == null ? atLogin.get(status.name()) : own)) {
            changed.remove(name);
        } else {
            changed.put(name, status.value());
        }
    }

    /** An error of the server's: what was being made has not been made. */
    void failed() {
        making.clear();
        discards = false;
    }

    /** A ReadyForQuery. */
    void ready(byte transactionStatus) {
        if (!making.isEmpty()) {
            if (transactionStatus == 'I' && hasRun()) {
                settings = known.of(settings.with(making.getFirst()));
                made = true;
            } else {
                changesSettings = true;
                making.forEach(setting -> customNames.add(setting.name()));
            }
            making.clear();
        }
        binds = 0;
        executes = 0;
        if (transactionStatus == 'I' && !changed.isEmpty()) {
            changesSettings = true;
        }
    }

    /**
     * Whether the statement that makes a setting has run for certain, and nothing else: it was a Query, or the round's one Bind and its one Execute.
     * A portal may be bound and never executed, and a transaction that began and ended in between may have taken the setting with it.
     */
    private boolean hasRun() {
        return making.size() == 1 && binds <= 1 && executes == binds;
    }

    /** Whether {@link #settings} have become others by what has just run, on the client's server too. */
    boolean takeMade() {
        var now = made;
        made = false;
        return now;
    }

    /** Whether the server has to tell what is in the session, once no transaction is open. */
    boolean mustAsk(PoolSettings.SessionGuard guard) {
        if (pinned()) {
            return changesPins; // whatever else is in its server is nobody else's before that
        }
        return changesSettings
                || changesPins
                || (ran
                        && switch (guard) {
                            case OFF -> false;
                            case CHECK -> callsUnknown;
                            case STRICT -> true;
                        });
    }

    /** Whether nothing is known that the client has changed: it is asked for the sake of others. */
    boolean isOnlySuspect() {
        return !pinned() && !changesSettings && !changesPins;
    }

    /** What to ask it. */
    String question() {
        var names = new HashSet<>(customNames);
        names.addAll(settings.customNames());
        names.removeIf(name -> name.indexOf('.') < 0);
        var question = SessionProbe.question(names);
        // A function may have made settings that no server lists. Whatever they are, nobody else is to see them.
        resets = callsUnknown && !pinned();
        return resets ? question + "; RESET ALL" : question;
    }

    /** The settings that the server has been left with, which may be fewer than the client's. */
    PooledSettings left() {
        return left;
    }

    /** The server's answer: its settings are the client's. */
    Verdict answered(SessionProbe probe) {
        var made = known.of(PooledSettings.answered(probe.settings()));
        left = resets ? PooledSettings.NONE : made;
        settings = made;
        expected.putAll(changed);
        changed.clear();
        if (!made.has(PooledSettings.APPLICATION_NAME)) {
            settings = known.of(made.withThatOf(initial.settings(), PooledSettings.APPLICATION_NAME));
            expected.remove(PooledSettings.APPLICATION_NAME);
            if (!resets && initial.name().equals(atLogin.get(PooledSettings.APPLICATION_NAME))) {
                left = settings; // its session began with the client's name, so there is nothing to put right
            }
        }
        var recognised = pinned();
        var unseen = callsUnknown && !resets;
        if (discards) {
            pins.keySet().removeIf(PinKind::cleanable);
        }
        pins.keySet().removeIf(kind -> kind.visible() && !probe.found().contains(kind));
        settle();
        if (!settings.areFew()) {
            pins.put(PinKind.HIDDEN_SETTING, "very many settings");
        }
        if (!probe.isClean() && !recognised) {
            return Verdict.CLEAN;
        }
        if (probe.isClean() && !pinned()) {
            return unseen ? Verdict.CLEAN : Verdict.RELEASE;
        }
        probe.found()
                .forEach(kind -> pins.putIfAbsent(
                        kind, kind.name().toLowerCase(Locale.ROOT).replace('_', ' ')));
        return Verdict.KEEP;
    }

    /** The server could not answer: the client keeps it, and it is asked again behind the next transaction. */
    void unanswered() {
        pins.put(PinKind.UNREADABLE, "a question that the server could not answer");
        changesPins = true;
    }

    /** The server has been cleaned, or is gone: only settings are the client's. */
    void forget() {
        pins.clear();
        changed.clear();
        making.clear();
        binds = 0;
        executes = 0;
        settle();
    }

    private void settle() {
        changesSettings = false;
        changesPins = false;
        callsUnknown = false;
        discards = false;
        ran = false;
        customNames.clear();
    }
}
