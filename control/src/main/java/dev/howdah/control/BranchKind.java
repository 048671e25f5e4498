package dev.howdah.control;

/** How many instances a branch has, and what for. */
public enum BranchKind {
    /** A primary and two replicas, each in a zone of its own. */
    PRODUCTION(3),
    /** One instance. */
    DEVELOPMENT(1);

    private final int instances;

    BranchKind(int instances) {
        this.instances = instances;
    }

    public int instances() {
        return instances;
    }
}
