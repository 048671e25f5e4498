package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.PlatformException;
import dev.howdah.wire.ScramVerifier;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Roles as the primary of their branch has them. Passwords leave this class as SCRAM verifiers only. Thread-safe. */
final class ServerRoles {
    private final BranchSessions sessions;
    private final RandomGenerator random;

    ServerRoles(BranchSessions sessions, RandomGenerator random) {
        this.sessions = sessions;
        this.random = random;
    }

    /** What a server says of a role. */
    record Facts(boolean canLogIn, boolean replicates) {}

    /** Makes it, whole or not at all, with a mark by which {@link #isMadeFrom} knows it again. */
    void create(RoleRow row, String password) {
        var verifier = verifier(password);
        onServer(row, session -> {
            if (row.temporary()) {
                RoleStatements.createTemporary(session, row, verifier);
            } else {
                RoleStatements.create(session, row, verifier);
            }
        });
    }

    /** Whether the role of this name was made from this very row. Waits for a making that is still under way. */
    boolean isMadeFrom(RoleRow row) {
        return sessions.onPrimary(
                row.branch(),
                BranchSessions.DEFAULT_DATABASE,
                session -> RoleStatements.mark(session, row.name()).equals(Optional.of(RoleStatements.markOf(row))));
    }

    void password(RoleRow row, String password) {
        var verifier = verifier(password);
        onServer(row, session -> RoleStatements.password(session, row.name(), verifier));
    }

    boolean isPassword(RoleRow row, String password) {
        return sessions.onPrimary(
                row.branch(),
                BranchSessions.DEFAULT_DATABASE,
                session -> ServerSql.string(session, "SELECT rolpassword FROM pg_authid WHERE rolname = ?", row.name())
                        .flatMap(ScramVerifier::parse)
                        .map(verifier -> verifier.matches(password))
                        .orElse(false));
    }

    /** Lets it log in, until then or for ever. */
    void allowLogin(RoleRow row, Optional<Instant> validUntil) {
        onServer(row, session -> RoleStatements.allowLogin(session, row.name(), validUntil));
    }

    void denyLogin(RoleRow row) {
        onServer(row, session -> RoleStatements.denyLogin(session, row.name()));
    }

    /** Every role of the branch except the platform's and PostgreSQL's own. */
    Map<String, Facts> all(BranchId branch) {
        return sessions.onPrimary(branch, BranchSessions.DEFAULT_DATABASE, session -> {
            var found = new HashMap<String, Facts>();
            try (var statement = session.createStatement();
                    var row = statement.executeQuery("""
                            SELECT rolname, rolcanlogin AND rolpassword IS NOT NULL, rolreplication FROM pg_authid
                            WHERE rolname !~* '^(howdah_|pg_)'""")) {
                while (row.next()) {
                    found.put(row.getString(1), new Facts(row.getBoolean(2), row.getBoolean(3)));
                }
            }
            return found;
        });
    }

    private String verifier(String password) {
        return ScramVerifier.random(password, random).format();
    }

    /** Something done on the primary. */
    private interface Command {
        void in(Connection session) throws SQLException;
    }

    private void onServer(RoleRow row, Command command) {
        sessions.onPrimary(row.branch(), BranchSessions.DEFAULT_DATABASE, session -> {
            try {
                command.in(session);
            } catch (SQLException e) {
                throw translated(row, e);
            }
            return row;
        });
    }

    private static PlatformException translated(RoleRow row, SQLException failure) {
        return switch (String.valueOf(failure.getSQLState())) {
            case "42710" -> RoleRules.exists(row);
            case "42704" -> RoleRules.droppedBySql(row);
            default -> BranchSessions.translate(row.branch(), failure);
        };
    }
}
