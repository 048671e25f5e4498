package dev.howdah.api.model;

import java.util.Optional;

/**
 * Asks for a role with the rights of the default role that ends by itself after 24 hours.
 *
 * @param purpose a role that was made for the same purpose is renewed, and no second one made; such as {@code env:alice}
 * @param knownPassword what an earlier call answered; kept when it still fits, so that shells which hold it go on
 */
public record CreateTemporaryRole(String purpose, Optional<String> knownPassword) {
    /** Leaves the password out, so that no log line holds it by accident. */
    @Override
    public String toString() {
        return "CreateTemporaryRole[" + purpose + "]";
    }
}
