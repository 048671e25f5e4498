package dev.howdah.coordination;

/** What an instance is doing, as its agent sees it. */
public enum MemberState {
    /** No usable data directory yet, or none any more. */
    ABSENT,
    /** Its data directory is being made by initdb or by a base backup. */
    CLONING,
    /** Its server is starting, or recovering. */
    STARTING,
    /** A standby that streams, or that serves reads while it catches up. */
    REPLICA,
    /** Its server runs as primary but may not serve clients yet. */
    OPENING,
    /** The primary, open to clients. */
    PRIMARY,
    /** Its server is stopped on purpose. */
    STOPPED,
    /** It does not work; {@link MemberStatus#detail} says why. */
    FAILED
}
