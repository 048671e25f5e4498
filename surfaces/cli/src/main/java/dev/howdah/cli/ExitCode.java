package dev.howdah.cli;

import dev.howdah.base.SqlState;

/** What scripts may rely on: how a command ended. */
public final class ExitCode {
    public static final int SUCCESS = 0;
    public static final int FAILURE = 1;
    public static final int USAGE = 2;
    public static final int NOT_RUNNING = 3;
    public static final int NOT_FOUND = 4;
    public static final int CONFLICT = 5;
    public static final int DENIED = 6;
    public static final int UNAVAILABLE = 7;

    private ExitCode() {}

    static int ofHttpStatus(int status) {
        return switch (status) {
            case 401, 403 -> DENIED;
            case 404, 410 -> NOT_FOUND;
            case 409, 412, 423 -> CONFLICT;
            case 429, 502, 503, 504 -> UNAVAILABLE;
            default -> FAILURE;
        };
    }

    static int of(SqlState state) {
        return switch (state) {
            case UNDEFINED_OBJECT, INVALID_CATALOG_NAME -> NOT_FOUND;
            case DUPLICATE_OBJECT, OBJECT_IN_USE, DEPENDENT_OBJECTS_STILL_EXIST, OBJECT_NOT_IN_PREREQUISITE_STATE ->
                CONFLICT;
            case INSUFFICIENT_PRIVILEGE, INVALID_PASSWORD, INVALID_AUTHORIZATION_SPECIFICATION -> DENIED;
            case CONNECTION_FAILURE, CANNOT_CONNECT_NOW, ADMIN_SHUTDOWN, TOO_MANY_CONNECTIONS -> UNAVAILABLE;
            default -> FAILURE;
        };
    }
}
