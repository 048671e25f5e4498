package dev.howdah.control;

import dev.howdah.base.BranchId;
import dev.howdah.base.ServerAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the platform's door in every database of one branch. Databases made from template1 have it from birth; this finds the others, by one
 * cheap query over a connection that is kept, and brings all to this program's version after a start. Not thread-safe.
 */
final class Doors implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Doors.class);
    private static final int ROUNDS_AFTER_FAILURE = 60;

    private final BranchId branch;
    private final BranchSessions sessions;
    private final BranchSchema schema;
    private final Set<Long> done = new HashSet<>();
    private final Map<Long, Integer> resting = new HashMap<>();
    private final Map<ServerAddress, Connection> kept = new HashMap<>();

    Doors(BranchId branch, BranchSessions sessions, BranchSchema schema) {
        this.branch = branch;
        this.sessions = sessions;
        this.schema = schema;
    }

    /** One round; a branch that cannot be reached is left for a later one. */
    void round() {
        try {
            var databases = databases(connection());
            done.retainAll(databases.keySet());
            resting.keySet().retainAll(databases.keySet());
            resting.replaceAll((_, rounds) -> rounds - 1);
            resting.values().removeIf(rounds -> rounds <= 0);
            databases.forEach((oid, name) -> {
                if (!done.contains(oid) && !resting.containsKey(oid)) {
                    install(oid, name);
                }
            });
        } catch (SQLException e) {
            close();
            log.debug("branch {}: databases are looked at later: {}", branch, e.getMessage());
        }
    }

    @Override
    public void close() {
        kept.values().forEach(Doors::closeQuietly);
        kept.clear();
    }

    private void install(long oid, String name) {
        try (var session = sessions.openPrimary(branch, name)) {
            schema.installDoors(session);
            done.add(oid);
        } catch (SQLException e) {
            resting.put(oid, ROUNDS_AFTER_FAILURE);
            log.warn("branch {}: database {} is without its door for now: {}", branch, name, e.getMessage());
        }
    }

    /** To the primary of this moment; one that was kept to another server is closed. */
    private Connection connection() throws SQLException {
        var primary = sessions.primary(branch);
        if (!kept.containsKey(primary)) {
            close();
            kept.put(primary, sessions.openPrimary(branch, BranchSetup.PLATFORM_DATABASE));
        }
        return kept.values().iterator().next();
    }

    private static Map<Long, String> databases(Connection session) throws SQLException {
        try (var statement = session.createStatement();
                var row = statement.executeQuery("""
                        SELECT oid, datname FROM pg_database
                        WHERE datallowconn AND datname <> 'howdah_platform' AND (NOT datistemplate OR datname = 'template1')""")) {
            var found = new LinkedHashMap<Long, String>();
            while (row.next()) {
                found.put(row.getLong(1), row.getString(2));
            }
            return found;
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            log.debug("a kept connection was broken already: {}", e.getMessage());
        }
    }
}
