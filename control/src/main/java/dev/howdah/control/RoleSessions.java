package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.base.ServerAddress;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends what a role has open: at the proxies, and on every server of the branch. */
final class RoleSessions {
    private static final Logger log = LoggerFactory.getLogger(RoleSessions.class);

    private final BranchServers servers;
    private final BranchSessions sessions;
    private final ProxyControl proxy;

    RoleSessions(BranchServers servers, BranchSessions sessions, ProxyControl proxy) {
        this.servers = servers;
        this.sessions = sessions;
        this.proxy = proxy;
    }

    /** Ends them; the role's login must have been changed before, so that none of them can come back. */
    void end(BranchId branch, String role, String reason) {
        end(branch, role, oid(branch, role), reason);
    }

    /** The role's number, by which its sessions are known even after it was dropped; 0 when there is no such role. */
    String oid(BranchId branch, String role) {
        return sessions.onPrimary(
                        branch,
                        BranchSessions.DEFAULT_DATABASE,
                        session -> ServerSql.string(session, "SELECT oid FROM pg_roles WHERE rolname = ?", role))
                .orElse("0");
    }

    void end(BranchId branch, String role, String oid, String reason) {
        proxy.invalidate(branch, role);
        var closed = proxy.closeSessions(branch, role, reason);
        var terminated = 0;
        for (var server : servers.running(branch)) {
            terminated += terminate(branch, server, role, oid);
        }
        log.info("{}.{}: closed {} client and {} server sessions: {}", role, branch, closed, terminated, reason);
    }

    private int terminate(BranchId branch, ServerAddress server, String role, String oid) {
        try {
            return sessions.onServer(
                    branch, server, BranchSessions.DEFAULT_DATABASE, session -> terminate(session, oid));
        } catch (PlatformException e) {
            log.warn("sessions of {}.{} at {} could not be ended: {}", role, branch, server, e.message());
            return 0;
        }
    }

    /** All are told first; the second pass waits until each is gone. */
    private static int terminate(Connection session, String oid) throws SQLException {
        // usesysid is who logged in, whatever SET ROLE says now.
        var mine = " FROM pg_stat_activity WHERE usesysid = CAST(? AS oid)"
                + " AND backend_type IN ('client backend', 'walsender')";
        var told = ServerSql.strings(session, "SELECT pg_terminate_backend(pid)" + mine, oid);
        if (!told.isEmpty()) {
            ServerSql.strings(session, "SELECT pg_terminate_backend(pid, 5000)" + mine, oid);
        }
        return told.size();
    }
}
