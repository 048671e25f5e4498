package dev.howdah.api.model;

import java.util.List;

/** A branch, the name of its project, and its instances. */
public record BranchStatus(Branch branch, String projectName, List<Instance> instances) {
    public BranchStatus {
        instances = List.copyOf(instances);
    }
}
