package dev.howdah.api;

import dev.howdah.api.model.Page;
import dev.howdah.control.PageRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Pages of lists that are in memory whole. */
final class Parts {
    private Parts() {}

    /** In the order of their keys; the cursor is the last key of the part before, so that what comes and goes shifts nothing. */
    static <T> Page<T> of(List<T> all, Function<T, String> key, PageRequest request) {
        var rest = all.stream()
                .filter(item -> request.cursor()
                        .map(cursor -> key.apply(item).compareTo(cursor) > 0)
                        .orElse(true))
                .sorted(Comparator.comparing(key))
                .toList();
        var items = rest.subList(0, Math.min(request.limit(), rest.size()));
        var next = items.size() < rest.size() ? Optional.of(key.apply(items.getLast())) : Optional.<String>empty();
        return new Page<>(items, next);
    }
}
