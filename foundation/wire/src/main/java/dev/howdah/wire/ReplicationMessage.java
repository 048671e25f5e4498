package dev.howdah.wire;

import dev.howdah.base.Lsn;
import java.time.Instant;

/** What a server and a standby say to each other inside CopyData while WAL is streamed. Times have microseconds. */
public sealed interface ReplicationMessage {
    /** From the server. */
    sealed interface FromServer extends ReplicationMessage {}

    /** From the standby. */
    sealed interface FromStandby extends ReplicationMessage {}

    /** A piece of WAL that begins at {@code start}; {@code end} is how far the server's WAL goes by now. */
    record XLogData(Lsn start, Lsn end, Instant sentAt, ByteString data) implements FromServer {}

    record PrimaryKeepalive(Lsn end, Instant sentAt, boolean replyRequested) implements FromServer {}

    /** Each position is that of the last byte plus one. */
    record StandbyStatusUpdate(Lsn written, Lsn flushed, Lsn applied, Instant sentAt, boolean replyRequested)
            implements FromStandby {}

    /** The oldest transactions the standby's queries still need; 0 means none. */
    record HotStandbyFeedback(Instant sentAt, int xmin, int xminEpoch, int catalogXmin, int catalogXminEpoch)
            implements FromStandby {}
}
