package dev.howdah.proxy.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a text may do to the session beyond its transaction, as far as it can be seen from outside. When in doubt it may: that costs a question to
 * the server, the other mistake would show one client's state to another.
 *
 * @param pins what keeps the client's server, one of each kind at most
 * @param mayEndPin whether such state may be gone afterwards
 * @param mayChangeSettings whether settings may be others afterwards; true also of {@code setting}
 * @param setting the one setting that the text makes or resets, when it does nothing else
 * @param customNames names in the text that settings may have which the server does not list
 * @param callsUnknown whether it calls a function, or runs code, that may do anything
 * @param notifies whether it notifies listeners
 * @param discardsAll whether {@code DISCARD ALL} is among its statements
 * @param named statements about prepared statements, in their order
 */
public record StatementFacts(
        List<Pin> pins,
        boolean mayEndPin,
        boolean mayChangeSettings,
        Optional<SettingStatement> setting,
        Set<String> customNames,
        boolean callsUnknown,
        boolean notifies,
        boolean discardsAll,
        List<Named> named) {
    /** What most texts do. */
    public static final StatementFacts NONE =
            new StatementFacts(List.of(), false, false, Optional.empty(), Set.of(), false, false, false, List.of());

    public StatementFacts {
        pins = List.copyOf(pins);
        customNames = Set.copyOf(customNames);
        named = List.copyOf(named);
    }

    /** @param construct what it is called by people */
    public record Pin(PinKind kind, String construct) {}

    /** What a statement does with a prepared statement. */
    public enum Use {
        EXECUTE,
        DEALLOCATE,
        DEALLOCATE_ALL
    }

    /**
     * A statement about a prepared statement.
     *
     * @param name as PostgreSQL folds it; empty for all
     * @param index of the statement among those of the text
     * @param statement the whole of it
     * @param nameRange where the name stands in the text
     */
    public record Named(
            Use use, String name, int index, SqlStatements.Range statement, SqlStatements.Range nameRange) {}

    /** The same, and one thing more that keeps the server. */
    public StatementFacts with(Pin pin) {
        var more = new ArrayList<>(pins);
        more.add(pin);
        return new StatementFacts(
                more, mayEndPin, mayChangeSettings, setting, customNames, callsUnknown, notifies, discardsAll, named);
    }

    /** Whether the text can be passed on with nothing done about it. */
    public boolean isNothing() {
        return NONE.equals(this);
    }
}
