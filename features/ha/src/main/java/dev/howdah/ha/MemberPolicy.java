package dev.howdah.ha;

import dev.howdah.coordination.MemberState;
import dev.howdah.ha.MemberSnapshot.DataDirectory;

/** Decides what happens to one member, and does nothing else: no clock, no socket, no thread. {@link MemberAgent} carries it out. */
final class MemberPolicy {
    private MemberPolicy() {}

    static Decision decide(MemberSnapshot member) {
        if (member.copying().isPresent()) {
            return Decision.of(MemberState.CLONING, member.copying().get());
        }
        if (member.data() instanceof DataDirectory.Present present
                && member.record().systemIdentifier().isPresent()
                && !member.record().systemIdentifier().get().equals(present.systemIdentifier())) {
            return foreign(member, present.systemIdentifier());
        }
        return member.leads() ? LeaderPolicy.decide(member) : ReplicaPolicy.decide(member);
    }

    // Somebody put another cluster's data there. It is neither served nor deleted.
    private static Decision foreign(MemberSnapshot member, String found) {
        var detail = "the data directory of %s has the system identifier %s, but branch %s has %s"
                .formatted(
                        member.self(),
                        found,
                        member.record().branch(),
                        member.record().systemIdentifier().orElseThrow());
        return member.server() instanceof MemberSnapshot.Server.Down
                ? Decision.of(MemberState.FAILED, detail)
                : Decision.of(MemberState.FAILED, detail, new Action.StopServer(detail));
    }
}
