package dev.howdah.control;

/** A role and the password it has just been given: the only time that it can be read. */
public record RoleWithPassword(Role role, String password) {
    /** Without the password, so that it cannot slip into a log. */
    @Override
    public String toString() {
        return "RoleWithPassword[role=" + role + "]";
    }
}
