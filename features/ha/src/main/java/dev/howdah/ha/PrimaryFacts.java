package dev.howdah.ha;

import dev.howdah.base.InstanceId;
import dev.howdah.base.Lsn;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of a running primary.
 *
 * @param prepared whether the platform's roles were seen or made in this session
 * @param standbyNames {@code synchronous_standby_names} as the server shows it
 * @param slots the platform's physical slots of this branch, by name
 * @param slotsSeen names of slots that were there before in this session
 * @param lastStreaming when a member's stream was last seen
 * @param watchedSince since when the agent looks at this server without a gap; no stream was seen before
 * @param opened whether it was open to clients since then
 */
record PrimaryFacts(
        boolean prepared,
        int timeline,
        Lsn flushed,
        String standbyNames,
        List<WalSender> senders,
        Map<String, Slot> slots,
        Set<String> slotsSeen,
        Map<InstanceId, Instant> lastStreaming,
        Instant watchedSince,
        Barrier.Outcome barrier,
        boolean opened) {

    /** @param lost whether the server has removed WAL that the slot's standby needs */
    record Slot(boolean active, boolean lost) {}

    PrimaryFacts {
        senders = List.copyOf(senders);
        slots = Map.copyOf(slots);
        slotsSeen = Set.copyOf(slotsSeen);
        lastStreaming = Map.copyOf(lastStreaming);
    }

    Optional<WalSender> sender(InstanceId member) {
        return senders.stream().filter(sender -> sender.isOf(member)).findFirst();
    }

    Instant lastStreamingOf(InstanceId member) {
        return lastStreaming.getOrDefault(member, watchedSince);
    }
}
