package dev.howdah.api.model;

/**
 * Whether the audit log still is what was written.
 *
 * @param message what was found, for people
 */
public record AuditVerification(boolean valid, String message) {}
