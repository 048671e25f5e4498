package dev.howdah.control;

import dev.howdah.base.BranchId;
import java.util.List;

/** Makes and removes the clusters of branches. Both calls may be repeated and return before the work is done. */
public interface BranchClusters {
    /** Has a cluster with one instance in each of {@code zones}, unless the branch has one already. */
    void ensure(BranchId branch, List<String> zones);

    /** Asks for the removal of the branch's instances and their data; true once nothing is left. */
    boolean remove(BranchId branch);
}
