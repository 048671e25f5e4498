package dev.howdah.ha;

import dev.howdah.base.BranchId;
import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.ClusterRecord;
import dev.howdah.coordination.Member;
import dev.howdah.ha.PrimaryFacts.Slot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks at one primary through one session, and remembers what the looks before saw. It ends with the session: when a crash of one backend has
 * restarted the server inside, the session is lost too, and the primary must be opened anew. For one thread.
 */
final class PrimaryWatch implements AutoCloseable {
    private final ServerSession session;
    private final Barrier barrier;
    private final Instant since;
    private final Map<InstanceId, Instant> lastStreaming = new HashMap<>();
    private final Set<String> slotsSeen = new HashSet<>();
    private boolean prepared;
    private boolean opened;

    PrimaryWatch(ServerSession session, ServerAddress address, Runnable onBarrier, Instant since) {
        this.session = session;
        this.barrier = new Barrier(address, onBarrier);
        this.since = since;
    }

    PrimaryFacts look(ClusterRecord record, Instant now) throws SQLException {
        var position =
                session.one("""
                SELECT pg_current_wal_flush_lsn()::text, current_setting('synchronous_standby_names'),
                    ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int""", row -> new Position(Lsn.parse(row.getString(1)), row.getString(2), row.getInt(3)));
        var senders = senders();
        record.members().stream()
                .map(Member::id)
                .filter(id -> senders.stream().anyMatch(sender -> sender.isOf(id) && sender.streams()))
                .forEach(id -> lastStreaming.put(id, now));
        var slots = slots(record.branch());
        var facts = new PrimaryFacts(
                prepared,
                position.timeline(),
                position.flushed(),
                position.standbyNames(),
                senders,
                slots,
                slotsSeen,
                lastStreaming,
                since,
                barrier.outcome(),
                opened);
        slotsSeen.addAll(slots.keySet());
        return facts;
    }

    private record Position(Lsn flushed, String standbyNames, int timeline) {}

    private List<WalSender> senders() throws SQLException {
        return session.list(
                """
                SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), coalesce(state, ''),
                    coalesce(sync_state, ''), coalesce(sync_priority, 0), coalesce(flush_lsn, '0/0')::text
                FROM pg_stat_replication""",
                row -> new WalSender(
                        row.getInt(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getInt(6),
                        Lsn.parse(row.getString(7))));
    }

    private Map<String, Slot> slots(BranchId branch) throws SQLException {
        var slots = new HashMap<String, Slot>();
        session.list("""
                        SELECT slot_name, active, coalesce(wal_status, '') = 'lost' FROM pg_replication_slots
                        WHERE slot_type = 'physical' AND starts_with(slot_name, ?)""", PrimaryWatch::slot, "howdah_" + branch + "_")
                .forEach(slot -> slots.put(slot.getKey(), slot.getValue()));
        return slots;
    }

    private static Map.Entry<String, Slot> slot(ResultSet row) throws SQLException {
        return Map.entry(row.getString(1), new Slot(row.getBoolean(2), row.getBoolean(3)));
    }

    ServerSession session() {
        return session;
    }

    Barrier barrier() {
        return barrier;
    }

    void prepared() {
        prepared = true;
    }

    /** Notes that it is open to clients; true the first time. */
    boolean open() {
        var first = !opened;
        opened = true;
        return first;
    }

    @Override
    public void close() {
        barrier.close();
        session.close();
    }
}
