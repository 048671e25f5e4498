package dev.howdah.api.model;

/**
 * One setting of the pooled endpoint.
 *
 * @param value as it is now; times in seconds
 * @param initial what it is where nothing is set
 * @param allowed what may be written
 */
public record PoolSetting(String name, String value, String initial, String meaning, String allowed) {}
