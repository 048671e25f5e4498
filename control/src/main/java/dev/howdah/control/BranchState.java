package dev.howdah.control;

/** Where a branch stands. CREATING leads to READY or FAILED, FAILED to READY when a later try works, each of them to DELETING. */
public enum BranchState {
    /** Its cluster is being made; the control job goes on with it, also after a restart. */
    CREATING,
    /** Its cluster was made and set up. Whether it serves just now is for its instances to say. */
    READY,
    /** Its cluster is being removed. */
    DELETING,
    /** Could not be made; {@link Branch#reason} says why. It is tried again. */
    FAILED
}
