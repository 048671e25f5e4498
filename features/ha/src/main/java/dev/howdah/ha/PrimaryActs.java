package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.Sql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** What the agent does on a primary, in SQL. For one thread. */
final class PrimaryActs {
    private static final int LOOKS_MAX = 200;
    private static final long PAUSE_NANOS = 5_000_000;
    private static final Duration CHECKPOINT_MAX = Duration.ofMinutes(2);

    private final ServerSession session;

    PrimaryActs(ServerSession session) {
        this.session = session;
    }

    /** The role that standbys stream as. It is a superuser because pg_signal_backend may end every other one's session. */
    void prepare() throws SQLException {
        if (!exists("SELECT FROM pg_roles WHERE rolname = 'howdah_replicator' AND rolsuper AND rolreplication")) {
            if (!exists("SELECT FROM pg_roles WHERE rolname = 'howdah_replicator'")) {
                session.execute("CREATE ROLE howdah_replicator");
            }
            session.execute("ALTER ROLE howdah_replicator SUPERUSER REPLICATION LOGIN");
        }
        // Otherwise a user's event trigger would run as superuser at the platform's next DDL.
        for (var role : List.of(Connector.ADMIN, WalSender.REPLICATOR)) {
            if (!exists("SELECT FROM pg_roles WHERE 'event_triggers=off' = ANY (rolconfig) AND rolname = ?", role)) {
                session.execute("ALTER ROLE %s SET event_triggers = off".formatted(Sql.identifier(role)));
            }
        }
    }

    private boolean exists(String sql, Object... arguments) throws SQLException {
        return !session.list(sql, _ -> true, arguments).isEmpty();
    }

    /** Reserves WAL from now on, so that what a base backup begins with is kept for its standby. */
    void createSlot(InstanceId member) throws SQLException {
        if (!exists("SELECT FROM pg_replication_slots WHERE slot_name = ?", member.slotName())) {
            session.list("SELECT pg_create_physical_replication_slot(?, true)", _ -> true, member.slotName());
        }
    }

    void dropSlot(String name) throws SQLException {
        session.list(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ? AND NOT active",
                _ -> true,
                name);
    }

    void terminate(WalSender sender) throws SQLException {
        session.list("SELECT pg_terminate_backend(?)", _ -> true, sender.pid());
    }

    /** Returns once the server shows the new names. They survive its restart, because they are in its own configuration. */
    void setStandbyNames(List<InstanceId> standbys) throws SQLException {
        var before = shownNames();
        var wanted = StandbyNames.of(standbys);
        session.execute("ALTER SYSTEM SET synchronous_standby_names = " + Sql.literal(wanted));
        session.execute("SELECT pg_reload_conf()");
        for (var look = 0; look < LOOKS_MAX && !shownNames().equals(wanted); look++) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        if (before.isEmpty() && !wanted.isEmpty()) {
            awaitWaiting();
        }
    }

    private String shownNames() throws SQLException {
        return session.one("SELECT current_setting('synchronous_standby_names')", row -> row.getString(1));
    }

    // Whether commits wait at all is a flag that the checkpointer sets when it reads the new configuration, a moment
    // after us. It does so
    // before it begins a checkpoint; the first one may have been under way already, the second one was not.
    private void awaitWaiting() throws SQLException {
        session.patience(CHECKPOINT_MAX);
        session.execute("CHECKPOINT");
        session.execute("CHECKPOINT");
        session.beginAdministration();
    }

    /** Whether all of these have everything that was written when this began; false when that takes too long. */
    boolean awaitFlushed(List<InstanceId> members) throws SQLException {
        var written = session.one("SELECT pg_current_wal_flush_lsn()::text", row -> Lsn.parse(row.getString(1)));
        for (var look = 0; look < LOOKS_MAX; look++) {
            if (haveFlushed(members, written)) {
                return true;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return false;
    }

    private boolean haveFlushed(List<InstanceId> members, Lsn position) throws SQLException {
        var names = session.list(
                "SELECT application_name FROM pg_stat_replication WHERE usename = ? AND flush_lsn >= ?::pg_lsn",
                row -> row.getString(1),
                WalSender.REPLICATOR,
                position.toString());
        return members.stream().allMatch(member -> names.contains(member.toString()));
    }
}
