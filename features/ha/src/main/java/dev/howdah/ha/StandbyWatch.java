package dev.howdah.ha;

import dev.howdah.base.Lsn;
import dev.howdah.base.ServerAddress;
import dev.howdah.coordination.MemberStatus;
import dev.howdah.ha.StandbyFacts.Upstream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at one standby over the life of its data directory, and remembers what the looks before saw. For one thread. */
final class StandbyWatch {
    private static final Logger LOG = LoggerFactory.getLogger(StandbyWatch.class);

    /** A receiver that has just been started needs a moment before its silence means anything. */
    private static final Duration ASK_AFTER = Duration.ofSeconds(2);

    private Optional<Instant> silentSince = Optional.empty();
    private Optional<Instant> caughtUpAt = Optional.empty();
    private boolean restarted;
    private boolean streamed;

    StandbyFacts look(
            ServerSession session, Optional<MemberStatus> leader, Optional<ServerAddress> leaderAddress, Instant now)
            throws SQLException, InterruptedException {
        var position = session.one(
                """
                SELECT coalesce(r.received_tli, c.timeline_id), coalesce(pg_last_wal_receive_lsn(), '0/0')::text,
                    coalesce(pg_last_wal_replay_lsn(), '0/0')::text, coalesce(r.status = 'streaming', false),
                    current_setting('primary_conninfo'), current_setting('primary_slot_name')
                FROM pg_control_checkpoint() c LEFT JOIN pg_stat_wal_receiver r ON true""",
                row -> new Position(
                        row.getInt(1),
                        Lsn.parse(row.getString(2)),
                        Lsn.parse(row.getString(3)),
                        row.getBoolean(4),
                        row.getString(5),
                        row.getString(6)));
        noteSilence(position.streams(), leader.isPresent(), now);
        var has = later(position.received(), position.replayed());
        return new StandbyFacts(
                position.timeline(),
                has,
                position.replayed(),
                position.streams(),
                replayLag(position, leader, now),
                position.conninfo(),
                position.slot(),
                silentSince,
                restarted,
                isSilentFor(ASK_AFTER, now) ? leaderAddress.flatMap(address -> ask(address, has)) : Optional.empty());
    }

    private record Position(int timeline, Lsn received, Lsn replayed, boolean streams, String conninfo, String slot) {}

    private static Lsn later(Lsn one, Lsn other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private void noteSilence(boolean streams, boolean leaderUp, Instant now) {
        if (streams || !leaderUp) {
            silentSince = Optional.empty();
            restarted = restarted && !streams;
        } else if (silentSince.isEmpty()) {
            silentSince = Optional.of(now);
        }
    }

    private boolean isSilentFor(Duration limit, Instant now) {
        return silentSince.filter(since -> since.plus(limit).isBefore(now)).isPresent();
    }

    // Zero is only said of a standby that streams and has replayed both all it received and all that the primary was
    // last known to have
    // written. Otherwise the lag is the time since that was last so; unknown while it never was.
    private Optional<Duration> replayLag(Position position, Optional<MemberStatus> leader, Instant now) {
        if (!position.streams() || leader.isEmpty()) {
            return Optional.empty();
        }
        var behindLeader = position.replayed().compareTo(leader.get().written()) < 0;
        if (!behindLeader) {
            caughtUpAt = Optional.of(leader.get().seenAt());
            if (position.replayed().compareTo(position.received()) >= 0) {
                return Optional.of(Duration.ZERO);
            }
        }
        return caughtUpAt.map(at -> Duration.between(at, now)).filter(lag -> !lag.isNegative());
    }

    private static Optional<Upstream> ask(ServerAddress leader, Lsn has) {
        try (var connector = new Connector(leader);
                var session = connector.open()) {
            session.beginAdministration();
            // The next byte after a full segment is in the next segment.
            return Optional.of(session.one(
                    """
                    SELECT has < pg_current_wal_insert_lsn() AND NOT EXISTS
                            (SELECT FROM pg_ls_waldir() WHERE right(name, 16) = right(pg_walfile_name(has + 1), 16)),
                        has > pg_current_wal_flush_lsn(),
                        ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
                    FROM (SELECT ?::pg_lsn AS has)""", row -> new Upstream(row.getBoolean(1), row.getBoolean(2), row.getInt(3)), has.toString()));
        } catch (SQLException e) {
            LOG.debug("the leader did not say why a standby does not stream", e);
            return Optional.empty();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    void restarted() {
        restarted = true;
    }

    /** Notes whether it streams; true when that is different from before. */
    boolean streamChanged(boolean streams) {
        var changed = streams != streamed;
        streamed = streams;
        return changed;
    }
}
