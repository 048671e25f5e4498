package dev.howdah.api.model;

/**
 * What a pause has come to.
 *
 * @param empty whether every server connection is closed; while it is not, transactions still run, and the pause goes on
 */
public record PausedPools(boolean empty) {}
