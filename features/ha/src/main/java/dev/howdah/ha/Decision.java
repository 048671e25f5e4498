package dev.howdah.ha;

import dev.howdah.coordination.MemberState;
import java.util.List;

/**
 * What to report about a member now, and what to do about it.
 *
 * @param detail one line for people; empty when there is nothing to say
 * @param actions in this order; when one cannot be done, the rest is left for the next decision
 */
record Decision(MemberState state, String detail, List<Action> actions) {
    Decision {
        actions = List.copyOf(actions);
    }

    static Decision of(MemberState state, String detail, Action... actions) {
        return new Decision(state, detail, List.of(actions));
    }
}
