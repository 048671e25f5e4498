package dev.howdah.api;

import dev.howdah.control.Access;
import dev.howdah.control.Principal;

/** What a route asks of its caller before anything else; each constant asks more than those before it. */
enum Gate {
    /** Anybody, without a token. */
    OPEN,
    READ,
    WRITE,
    ADMIN,
    /** Only the token that this machine's own command line reads from the home. */
    LOCAL;

    /** The id of the token of the home; those of all others are made up. */
    private static final String LOCAL_TOKEN = "local";

    /** Refuses with 403 unless {@code principal} may come through. Which project it may touch is for the route to ask. */
    void check(Principal principal) {
        var held = principal.access();
        var passes = switch (this) {
            case OPEN, READ -> true;
            case WRITE -> held != Access.READ;
            case ADMIN -> held == Access.ADMIN;
            case LOCAL -> principal.tokenId().equals(LOCAL_TOKEN);
        };
        if (!passes) {
            throw this == LOCAL ? onlyLocal() : tooLittle(principal);
        }
    }

    private static Refusal onlyLocal() {
        return Refusal.forbidden(
                "only the command line of this home may do this", "Run it where the platform runs: howdah down.");
    }

    private Refusal tooLittle(Principal principal) {
        return Refusal.forbidden(
                "this needs a token with role %s, and \"%s\" has role %s"
                        .formatted(Words.of(this), principal.name(), Words.of(principal.access())),
                "Make one with: howdah tokens create --role " + Words.of(this));
    }
}
