package dev.howdah.base;

/**
 * The SQLSTATEs this platform raises itself, with PostgreSQL's condition names (appendix A of its manual). Codes coming from a real server
 * are passed through untouched. The lower-case constant name is the stable {@code code} of an API problem.
 */
public enum SqlState {
    CONNECTION_FAILURE("08006", Blame.PLATFORM),
    TRANSACTION_RESOLUTION_UNKNOWN("08007", Blame.PLATFORM),
    PROTOCOL_VIOLATION("08P01", Blame.CLIENT),
    FEATURE_NOT_SUPPORTED("0A000", Blame.CLIENT),
    INVALID_PARAMETER_VALUE("22023", Blame.CLIENT),
    INVALID_AUTHORIZATION_SPECIFICATION("28000", Blame.CLIENT),
    INVALID_PASSWORD("28P01", Blame.CLIENT),
    DEPENDENT_OBJECTS_STILL_EXIST("2BP01", Blame.CLIENT),
    INVALID_CATALOG_NAME("3D000", Blame.CLIENT),
    INSUFFICIENT_PRIVILEGE("42501", Blame.CLIENT),
    SYNTAX_ERROR("42601", Blame.CLIENT),
    INVALID_NAME("42602", Blame.CLIENT),
    RESERVED_NAME("42939", Blame.CLIENT),
    UNDEFINED_OBJECT("42704", Blame.CLIENT),
    DUPLICATE_OBJECT("42710", Blame.CLIENT),
    DISK_FULL("53100", Blame.CAPACITY),
    TOO_MANY_CONNECTIONS("53300", Blame.CAPACITY),
    CONFIGURATION_LIMIT_EXCEEDED("53400", Blame.CAPACITY),
    OBJECT_NOT_IN_PREREQUISITE_STATE("55000", Blame.CLIENT),
    OBJECT_IN_USE("55006", Blame.CLIENT),
    QUERY_CANCELED("57014", Blame.CLIENT),
    ADMIN_SHUTDOWN("57P01", Blame.PLATFORM),
    CANNOT_CONNECT_NOW("57P03", Blame.PLATFORM),
    IDLE_SESSION_TIMEOUT("57P05", Blame.CLIENT),
    IO_ERROR("58030", Blame.PLATFORM),
    INTERNAL_ERROR("XX000", Blame.PLATFORM);

    /** Whose turn it is to change something. */
    public enum Blame {
        CLIENT,
        CAPACITY,
        PLATFORM
    }

    private final String code;
    private final Blame blame;

    SqlState(String code, Blame blame) {
        this.code = code;
        this.blame = blame;
    }

    public String code() {
        return code;
    }

    public Blame blame() {
        return blame;
    }
}
