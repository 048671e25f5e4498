package dev.howdah.api.model;

/** Gives a project another name. */
public record UpdateProject(String name) {}
