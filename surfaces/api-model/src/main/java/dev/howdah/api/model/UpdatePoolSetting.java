package dev.howdah.api.model;

/** Changes one setting of the pooled endpoint, until the settings are read again. */
public record UpdatePoolSetting(String value) {}
