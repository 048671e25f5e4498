package dev.howdah.api;

import dev.howdah.base.PlatformException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Enum constants as the API writes them: in lower case. */
final class Words {
    private Words() {}

    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The constant that {@code word} means; anything else is refused with the list of what there is. */
    static <E extends Enum<E>> E parse(String field, String word, Class<E> type) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> of(constant).equals(word))
                .findFirst()
                .orElseThrow(() -> PlatformException.invalid(
                        "field \"%s\" cannot be \"%s\"".formatted(field, word),
                        "It is one of: %s."
                                .formatted(Arrays.stream(type.getEnumConstants())
                                        .map(Words::of)
                                        .collect(Collectors.joining(", ")))));
    }
}
