package dev.howdah.control;

import java.util.List;
import java.util.Optional;

/**
 * A part of a list.
 *
 * @param nextCursor what to ask with for the part after this one; empty at the end
 */
public record Page<T>(List<T> items, Optional<String> nextCursor) {
    public Page {
        items = List.copyOf(items);
    }
}
