package dev.howdah.api.model;

import java.util.Optional;

/** Which pools are meant: those of one database, or all of the branch. */
public record SteerPools(Optional<String> database) {}
