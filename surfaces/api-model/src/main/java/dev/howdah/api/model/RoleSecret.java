package dev.howdah.api.model;

/**
 * A role and its new password, which is shown this once.
 *
 * @param password empty when a request is repeated with the same idempotency key
 */
public record RoleSecret(Role role, String password, Connection connection) {
    /** Leaves the password out, so that no log line holds it by accident. */
    @Override
    public String toString() {
        return "RoleSecret[" + role.login() + "]";
    }
}
