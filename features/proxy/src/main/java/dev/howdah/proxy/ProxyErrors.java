package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Every refusal that the proxy itself raises, in PlanetScale's words where it has one. All go out as FATAL. 08006 means try again; 28000 and
 * 28P01 mean that the client's settings are wrong.
 */
final class ProxyErrors {
    private static final String RETRY = "Connect again; drivers with retry on 08006 do so by themselves.";
    private static final String DRIVER =
            "The client does not speak PostgreSQL's protocol, or a device between cuts its packets.";

    private ProxyErrors() {}

    static PlatformException tlsRequired() {
        return refusal("SSL connection is required", "Use sslmode=require or connect with SSL enabled");
    }

    static PlatformException clearTextBeforeTls() {
        return new PlatformException(
                SqlState.PROTOCOL_VIOLATION,
                "received unencrypted data after SSL request",
                "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.");
    }

    static PlatformException alpnRequired() {
        return new PlatformException(
                SqlState.PROTOCOL_VIOLATION,
                "received direct SSL connection request without ALPN protocol negotiation extension",
                "Send the ALPN protocol \"postgresql\", or use sslnegotiation=postgres.");
    }

    static PlatformException branchMissingInUser() {
        return refusal(
                "invalid user format: username must include branch (e.g., user.branch)",
                "Write the user as role.branch; `howdah env` prints the whole connection string.");
    }

    static PlatformException roleNameTooLong(int bytes) {
        return refusal(
                "invalid user format: role name has %d bytes, PostgreSQL allows 63".formatted(bytes),
                "Check the user name of the connection string.");
    }

    static PlatformException reservedRole(String role) {
        return refusal(
                "role \"%s\" belongs to the platform and cannot log in here".formatted(role),
                "Names that begin with howdah_ are reserved. Log in as \"postgres\" or as a role of your own.");
    }

    /** The one answer to a wrong password, an unknown role and a role that may not log in, so that none can be told from another. */
    static PlatformException passwordFailed(String role) {
        return new PlatformException(
                SqlState.INVALID_PASSWORD,
                "password authentication failed for user \"%s\"".formatted(role),
                "Check role and password; `howdah role reset` makes a new password.");
    }

    static PlatformException startupTooShort(int bytes) {
        return connection("startup message too short: %d bytes".formatted(bytes), DRIVER);
    }

    static PlatformException startupTooLong(int bytes, int limit) {
        return new PlatformException(
                SqlState.PROTOCOL_VIOLATION,
                "startup message too long: %d bytes, the limit is %d".formatted(bytes, limit),
                "Shorten the options sent at connection start.");
    }

    static PlatformException startupIncomplete(int expected, int got) {
        return connection("incomplete startup message: expected %d bytes, got %d".formatted(expected, got), DRIVER);
    }

    static PlatformException upstreamUnreachable() {
        return connection("failed to connect to upstream", RETRY);
    }

    static PlatformException retryTimeout(String branch, Duration waited) {
        return connection(
                "connection retry timeout - branch %s unavailable after %s".formatted(branch, seconds(waited)),
                "Connect again later; `howdah status` says what the branch is doing.");
    }

    static PlatformException noSuchBranch(String branch) {
        return refusal(
                "branch %s does not exist".formatted(branch),
                "The branch is what follows the last dot of the user name.");
    }

    static PlatformException noSuchMember(String member, String branch) {
        return refusal(
                "member %s not found in branch %s".formatted(member, branch),
                "After the branch only |replica or |any may follow.");
    }

    static PlatformException noReplica(String branch) {
        return connection(
                "no replica available for branch %s".formatted(branch),
                "Connect again later, or use |any, which falls back to the primary.");
    }

    static PlatformException nothingRunning(String branch) {
        return connection(
                "no running members available for branch %s".formatted(branch),
                "Connect again later; `howdah status` says what the branch is doing.");
    }

    static PlatformException poolerNeedsPrimary(String branch) {
        return refusal(
                "pooler only supports primary destinations for branch %s".formatted(branch),
                "Use the direct endpoint (port 5432) for |replica and |any.");
    }

    static PlatformException loginTimedOut(Duration limit) {
        return connection(
                "login not finished within %s".formatted(seconds(limit)),
                "Connect again; a client that asks a person for the password should ask first and connect then.");
    }

    static PlatformException bannedFor(long seconds) {
        return capacity(
                "connection rejected: your IP is temporarily rate-limited after repeated failed auth attempts, retry in %ds"
                        .formatted(seconds),
                "Correct the password and wait, or lift the ban on the server.");
    }

    static PlatformException tooManyFromAddress(int limit) {
        return capacity(
                "too many connections from your IP (limit %d)".formatted(limit),
                "Close some, use the pooled endpoint, or raise the limit per address.");
    }

    static PlatformException shuttingDown() {
        return new PlatformException(
                SqlState.ADMIN_SHUTDOWN, "terminating connection due to administrator command", "Connect again.");
    }

    static PlatformException serverGone(String branch) {
        return connection("terminating connection: server of branch %s is gone".formatted(branch), RETRY);
    }

    /** @param construct what in the statement would keep the server connection */
    static PlatformException tooManyPinned(String construct, int limit) {
        return capacity(
                "no server connection can be kept for %s: the pool keeps %d for clients with session state already"
                        .formatted(construct, limit),
                "Use the direct endpoint (port 5432) for session state, or close sessions that have some.");
    }

    /** @param construct what in the session it is */
    static ByteBuffer pinnedNotice(String construct) {
        return Replies.notice(
                "this session keeps its server connection for %s".formatted(construct),
                "Few sessions may. It ends with what it is kept for; use the direct endpoint (port 5432) for more of it.");
    }

    static PlatformException pinIdle(Duration limit) {
        return new PlatformException(
                SqlState.IDLE_SESSION_TIMEOUT,
                "terminating connection: it kept a server connection for its session state unused for %s"
                        .formatted(seconds(limit)),
                "Connect again, or use the direct endpoint (port 5432) for session state.");
    }

    /** The session goes on, so an ERROR. */
    static PlatformException listenerRefused(String reason) {
        return connection("LISTEN is not possible now: %s".formatted(reason), "Try again later.");
    }

    /** The session goes on here too. */
    static PlatformException noRoomToListen(int limit) {
        return capacity(
                "LISTEN is not possible now: no server connection of the branch is free for it (limit %d)"
                        .formatted(limit),
                "Try again later, or raise branch_connection_budget, of which a quarter may listen.");
    }

    static PlatformException listenerLost(String reason) {
        return new PlatformException(
                SqlState.ADMIN_SHUTDOWN,
                "notifications may have been lost: the server connection that listens is gone (%s)".formatted(reason),
                "Connect and listen again, then look at what you were to be notified of.");
    }

    static PlatformException notificationsUnread(int limitBytes) {
        return new PlatformException(
                SqlState.ADMIN_SHUTDOWN,
                "terminating connection: more than %d bytes of notifications wait for this client"
                        .formatted(limitBytes),
                "Read them while they come, keep transactions short, or raise listen_backlog_max.");
    }

    static PlatformException tooManyChannels(int limit) {
        return new PlatformException(
                SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                "a pooled client cannot listen on more than %d channels".formatted(limit),
                "Listen on fewer channels and say the rest in the payload.");
    }

    static PlatformException settingsLost() {
        return connection(
                "a setting of the session cannot be made on another server connection",
                "Connect again; settings that depend on rights or objects may have become invalid.");
    }

    static PlatformException physicalReplicationRefused(String command) {
        return new PlatformException(
                SqlState.INSUFFICIENT_PRIVILEGE,
                "%s is refused: it hands out the whole cluster, with every database and password".formatted(command),
                "Use logical replication or pg_dump; the platform can grant \"physical\" to a role.");
    }

    static PlatformException platformSlot(String slot) {
        return new PlatformException(
                SqlState.INSUFFICIENT_PRIVILEGE,
                "replication slot \"%s\" belongs to the platform".formatted(slot),
                "Slot names that begin with howdah_ are reserved; choose another.");
    }

    static PlatformException memberNameTaken(String applicationName) {
        return new PlatformException(
                SqlState.INSUFFICIENT_PRIVILEGE,
                "application_name \"%s\" is the name of a member of this branch".formatted(applicationName),
                "Only the branch's own replicas may stream under such a name; choose another application_name.");
    }

    private static PlatformException refusal(String message, String hint) {
        return new PlatformException(SqlState.INVALID_AUTHORIZATION_SPECIFICATION, message, hint);
    }

    private static PlatformException connection(String message, String hint) {
        return new PlatformException(SqlState.CONNECTION_FAILURE, message, hint);
    }

    private static PlatformException capacity(String message, String hint) {
        return new PlatformException(SqlState.TOO_MANY_CONNECTIONS, message, hint);
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}
