package dev.howdah.control;

import dev.howdah.base.PlatformException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Cursors of lists: the kind of list and the key of the last item seen, in a form that invites nobody to make one up. */
final class Cursors {
    private Cursors() {}

    /** The key that the page begins after; {@code start} on the first page. */
    static String key(String list, PageRequest page, String start) {
        return page.cursor().map(c -> decode(list, c)).orElse(start);
    }

    /** As {@link #key} where keys are numbers. */
    static long number(String list, PageRequest page, long start) {
        var text = key(list, page, Long.toString(start));
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw unknown(e);
        }
    }

    /** Turns rows, of which one more than the limit was read, into a page. */
    static <R, T> Page<T> page(
            String list, PageRequest request, List<R> rows, Function<R, Object> key, Function<R, T> item) {
        var more = rows.size() > request.limit();
        var shown = more ? rows.subList(0, request.limit()) : rows;
        var next =
                more ? Optional.of(encode(list, String.valueOf(key.apply(shown.getLast())))) : Optional.<String>empty();
        return new Page<>(shown.stream().map(item).toList(), next);
    }

    private static String encode(String list, String key) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((list + ":" + key).getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String list, String cursor) {
        try {
            var text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            if (text.startsWith(list + ":") && text.indexOf('\0') < 0) {
                return text.substring(list.length() + 1);
            }
        } catch (IllegalArgumentException e) {
            throw unknown(e);
        }
        throw unknown(new IllegalArgumentException("a cursor of another list"));
    }

    private static PlatformException unknown(IllegalArgumentException cause) {
        return new PlatformException(
                dev.howdah.base.SqlState.INVALID_PARAMETER_VALUE,
                "the cursor is not one of this list",
                "Pass next_cursor of the page before, unchanged, or none to begin again.",
                cause);
    }
}
