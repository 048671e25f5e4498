package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;

/** Why a pooled client is refused or closed, in PgBouncer's words, which people search for, under PostgreSQL's codes. */
final class PoolErrors {
    private PoolErrors() {}

    static PlatformException tooManyClients() {
        return capacity(
                "no more connections allowed (max_client_conn)",
                "Close some, or raise max_client_conn; one pooled client may serve many users of an application.");
    }

    static PlatformException tooManyFiles(int clients, long files) {
        return capacity(
                "no more connections allowed (%d clients, limited by %d open files)".formatted(clients, files),
                "Raise the limit of open files (ulimit -n, LimitNOFILE=) of the platform and start it again.");
    }

    static PlatformException tooManyClientsOfDatabase() {
        return capacity("client connections exceeded (max_db_client_connections)", "Close some, or raise the setting.");
    }

    static PlatformException tooManyClientsOfRole() {
        return capacity(
                "client connections exceeded (max_user_client_connections)", "Close some, or raise the setting.");
    }

    static PlatformException disabled(String database) {
        return new PlatformException(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                "database does not allow connections: %s".formatted(database),
                "An operator has disabled it in the pooler; ENABLE opens it again.");
    }

    static PlatformException queryWaitTimeout() {
        return timeout(
                "query_wait_timeout", "No server connection came free; shorten transactions or raise pool sizes.");
    }

    /** Of a query that still waits for a server. */
    static PlatformException queryTimeoutWhileWaiting() {
        return timeout("query_timeout", "The query had no server connection yet.");
    }

    static PlatformException queryTimeout() {
        return timeout("query timeout", "The query ran longer than query_timeout.");
    }

    static PlatformException transactionTimeout() {
        return timeout("transaction timeout", "The transaction was open longer than transaction_timeout.");
    }

    static PlatformException idleTransactionTimeout() {
        return timeout("idle transaction timeout", "The transaction did nothing for idle_transaction_timeout.");
    }

    static PlatformException clientIdleTimeout() {
        return timeout("client_idle_timeout", "The client did nothing for client_idle_timeout; connect again.");
    }

    static PlatformException killed() {
        return new PlatformException(
                SqlState.ADMIN_SHUTDOWN, "admin forced disconnect", "Connect again once the database is resumed.");
    }

    static PlatformException roleReplaced(String role) {
        return new PlatformException(
                SqlState.ADMIN_SHUTDOWN,
                "terminating connection because role \"%s\" was dropped".formatted(role),
                "Connect again as the role that has the name now.");
    }

    static PlatformException wrongState(String message) {
        return new PlatformException(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, message, "SHOW STATE says what holds.");
    }

    private static PlatformException timeout(String message, String hint) {
        return new PlatformException(SqlState.QUERY_CANCELED, message, hint);
    }

    private static PlatformException capacity(String message, String hint) {
        return new PlatformException(SqlState.TOO_MANY_CONNECTIONS, message, hint);
    }
}
