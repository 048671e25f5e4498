package dev.howdah.client;

import dev.howdah.base.Lsn;
import dev.howdah.base.Sql;
import dev.howdah.base.Timeline;
import java.io.IOException;
import java.util.Optional;

/** The short commands of a replication connection, one opened with {@code replication=true} (or {@code database}). */
public final class ReplicationCommands {
    private final ServerConnection connection;

    public ReplicationCommands(ServerConnection connection) {
        this.connection = connection;
    }

    /** @param position how far the server's WAL is flushed, on a standby replayed */
    public record SystemIdentity(String systemIdentifier, Timeline timeline, Lsn position) {}

    /** What a physical slot keeps; both are empty until it has kept anything. */
    public record SlotPosition(Optional<Lsn> restart, Optional<Timeline> timeline) {}

    /** The history file of a timeline as the server has it. */
    public record TimelineHistory(String fileName, String content) {}

    public SystemIdentity identifySystem() throws IOException {
        var rows = connection.query("IDENTIFY_SYSTEM");
        return new SystemIdentity(
                rows.first("systemid"),
                new Timeline(Integer.parseInt(rows.first("timeline"))),
                Lsn.parse(rows.first("xlogpos")));
    }

    /** Makes a slot that keeps WAL from now on, or from its first use when {@code reserveWal} is false. An existing one is 42710. */
    public void createPhysicalSlot(String name, boolean reserveWal) throws IOException {
        connection.query(
                "CREATE_REPLICATION_SLOT %s PHYSICAL (RESERVE_WAL %s)".formatted(Sql.identifier(name), reserveWal));
    }

    /** A slot in use is 55006, one that is not there 42704. */
    public void dropSlot(String name) throws IOException {
        connection.query("DROP_REPLICATION_SLOT " + Sql.identifier(name));
    }

    /** Empty when there is no physical slot of that name. */
    public Optional<SlotPosition> readPhysicalSlot(String name) throws IOException {
        var rows = connection.query("READ_REPLICATION_SLOT " + Sql.identifier(name));
        if (rows.value(0, "slot_type").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new SlotPosition(
                rows.value(0, "restart_lsn").map(Lsn::parse),
                rows.value(0, "restart_tli").map(Integer::parseInt).map(Timeline::new)));
    }

    /** The first timeline has no history: the server answers with an error. */
    public TimelineHistory timelineHistory(Timeline timeline) throws IOException {
        var rows = connection.query("TIMELINE_HISTORY " + timeline);
        return new TimelineHistory(rows.first("filename"), rows.first("content"));
    }
}
