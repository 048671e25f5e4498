package dev.howdah.proxy.sql;

/** Why a client must keep its server connection. */
public enum PinKind {
    TEMP_TABLE(true, true),
    ADVISORY_LOCK(true, true),
    HOLDABLE_CURSOR(true, true),
    SQL_PREPARE(true, true),
    ROLE(true, true),
    LISTEN(true, true),
    /** A text whose code is not read here; what it has left the server tells. */
    UNREADABLE(true, true),
    /** A statement prepared by the protocol under a name that is not followed. */
    PREPARED(false, true),
    /** A setting whose name nobody can know: PostgreSQL does not list those that it does not define. */
    HIDDEN_SETTING(false, true),
    /** Loaded libraries, seeds, temporary slots and the like: they end with the server connection. */
    ENDLESS(false, false);

    private final boolean visible;
    private final boolean cleanable;

    PinKind(boolean visible, boolean cleanable) {
        this.visible = visible;
        this.cleanable = cleanable;
    }

    /** Whether the server tells when it is gone. */
    public boolean visible() {
        return visible;
    }

    /** Whether {@code DISCARD ALL} takes it away. */
    public boolean cleanable() {
        return cleanable;
    }
}
