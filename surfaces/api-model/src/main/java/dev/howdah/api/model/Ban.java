package dev.howdah.api.model;

/**
 * An address that may not connect for now.
 *
 * @param seconds how long it still lasts
 */
public record Ban(String address, int failures, long seconds) {}
