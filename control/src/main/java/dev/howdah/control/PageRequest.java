package dev.howdah.control;

import dev.howdah.base.PlatformException;
import java.util.Optional;

/**
 * Which part of a list is wanted.
 *
 * @param limit 1 to 200 items
 * @param cursor from the page before; empty for the first
 */
public record PageRequest(int limit, Optional<String> cursor) {
    public static final int LIMIT_MAX = 200;
    public static final PageRequest FIRST = new PageRequest(50, Optional.empty());

    public PageRequest {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw PlatformException.invalid(
                    "limit must be 1 to %d, was %d".formatted(LIMIT_MAX, limit),
                    "Ask for fewer and follow next_cursor.");
        }
    }

    /** The first page of the largest size. */
    public static PageRequest largest() {
        return new PageRequest(LIMIT_MAX, Optional.empty());
    }
}
