package dev.howdah.api.model;

/** Gives a role another label. Its name, and so its login, stays. */
public record RenameRole(String label) {}
