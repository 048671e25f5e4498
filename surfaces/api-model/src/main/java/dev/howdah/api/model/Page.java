package dev.howdah.api.model;

import java.util.List;
import java.util.Optional;

/**
 * A part of a list.
 *
 * @param nextCursor what to pass as {@code cursor} for the next part; absent at the end
 */
public record Page<T>(List<T> items, Optional<String> nextCursor) {
    public Page {
        items = List.copyOf(items);
    }
}
