package dev.howdah.api.model;

/** Asks for a new project. */
public record CreateProject(String name) {}
