package dev.howdah.proxy.console;

import java.util.Optional;

/** What may be typed at the console. An absent database means all of the branch's. */
public sealed interface ConsoleCommand {
    /** {@code SHOW POOLS} and its like. */
    record Show(ConsoleView view) implements ConsoleCommand {}

    /** {@code SHOW timezone}: a setting of PostgreSQL's that drivers ask for, or one setting of the pools. */
    record ShowSetting(String name) implements ConsoleCommand {}

    /** A setting of the pools, or one of PostgreSQL's, which means nothing here. */
    record Set(String name, String value) implements ConsoleCommand {}

    /** What drivers ask to see whether a connection lives. */
    record Select(Item item) implements ConsoleCommand {}

    /** What a SELECT of the console may hold. */
    sealed interface Item {
        /** The text of a number or a string. */
        record Literal(String text, ConsoleType type) implements Item {}

        /** Something about the session, by PostgreSQL's name for it, without parentheses. */
        record Function(String name) implements Item {}
    }

    /** There is nothing to begin or to undo, but drivers do both. */
    enum Transaction implements ConsoleCommand {
        BEGIN,
        COMMIT,
        ROLLBACK
    }

    /** What drivers clean a session by; there is nothing to clean. */
    record Ignored(String tag) implements ConsoleCommand {}

    /** No new transactions; answered when the servers are given back and closed. */
    record Pause(Optional<String> database) implements ConsoleCommand {}

    record Resume(Optional<String> database) implements ConsoleCommand {}

    /** No new clients. */
    record Disable(String database) implements ConsoleCommand {}

    record Enable(String database) implements ConsoleCommand {}

    /** Every server connection is replaced once it is free. */
    record Reconnect(Optional<String> database) implements ConsoleCommand {}

    /** Ends clients and servers at once, and pauses. */
    record Kill(Optional<String> database) implements ConsoleCommand {}

    record KillClient(long id) implements ConsoleCommand {}

    /** Answered when every server connection that should be replaced is. */
    record WaitClose(Optional<String> database) implements ConsoleCommand {}

    record Reload() implements ConsoleCommand {}

    /** SUSPEND and SHUTDOWN: the program's life is not the console's affair. */
    record Refused(String name) implements ConsoleCommand {}
}
