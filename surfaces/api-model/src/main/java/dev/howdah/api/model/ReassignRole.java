package dev.howdah.api.model;

/** Gives everything a role owns to another. */
public record ReassignRole(String successor) {}
