package dev.howdah.cli;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** The order of Howdah's own versions, {@code 1.2.3} or {@code 1.2.3-SNAPSHOT}. */
final class Versions {
    private static final Pattern FORM = Pattern.compile("\\d{1,6}(\\.\\d{1,6}){0,3}(-[0-9A-Za-z.-]+)?");

    private Versions() {}

    /** As a comparator would; what is still being made comes before what it becomes. Empty where one of them is no version. */
    static OptionalInt compare(String one, String other) {
        if (!FORM.matcher(one).matches() || !FORM.matcher(other).matches()) {
            return OptionalInt.empty();
        }
        var byNumbers = Arrays.compare(numbers(one), numbers(other));
        var isUnfinished = Boolean.compare(other.contains("-"), one.contains("-"));
        return OptionalInt.of(byNumbers != 0 ? byNumbers : isUnfinished);
    }

    private static int[] numbers(String version) {
        var parts = version.replaceFirst("-.*", "").split("\\.", -1);
        return Arrays.copyOf(Arrays.stream(parts).mapToInt(Integer::parseInt).toArray(), 4);
    }
}
