package dev.howdah.coordination;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What an agent saw of one instance.
 *
 * @param timeline 0 while unknown
 * @param written the primary's flush position, or what a replica has received; {@link Lsn#ZERO} while unknown
 * @param replayed the primary's flush position, or what a replica has replayed; {@link Lsn#ZERO} while unknown
 * @param replayLag how far a replica's replay is behind in time; empty when the receiver is down or it is not known, never a guess of zero
 * @param detail one line for people: progress of a clone, the reason of a failure; empty when there is nothing to say
 */
public record MemberStatus(
        InstanceId id,
        MemberState state,
        int timeline,
        Lsn written,
        Lsn replayed,
        Optional<Duration> replayLag,
        String detail,
        Instant seenAt) {}
