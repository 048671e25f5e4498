package dev.howdah.base;

import static dev.howdah.base.Checks.require;

/**
 * One PostgreSQL server of a branch, written {@code <branch>-<number>}. The text is its directory, its {@code cluster_name}, its
 * {@code application_name} in replication, and, as {@code howdah_<branch>_<number>}, its slot.
 */
public record InstanceId(BranchId branch, int number) implements Comparable<InstanceId> {
    public InstanceId {
        require(number > 0 && number < 1000, "an instance number is 1 to 999, was " + number);
    }

    public static InstanceId parse(String text) {
        var dash = text.lastIndexOf('-');
        require(dash > 0, "not an instance id: \"%s\"".formatted(text));
        try {
            return new InstanceId(
                    new BranchId(text.substring(0, dash)), Integer.parseInt(text, dash + 1, text.length(), 10));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not an instance id: \"%s\"".formatted(text), e);
        }
    }

    /** The physical replication slot that every other member keeps for this instance. */
    public String slotName() {
        return "howdah_%s_%d".formatted(branch, number);
    }

    @Override
    public int compareTo(InstanceId other) {
        var byBranch = branch.compareTo(other.branch);
        return byBranch != 0 ? byBranch : Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return branch + "-" + number;
    }
}
