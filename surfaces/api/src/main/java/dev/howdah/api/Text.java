package dev.howdah.api;

/** What text may come in. */
final class Text {
    private Text() {}

    /** Whether PostgreSQL can store it: no zero character, no half of a surrogate pair. */
    static boolean isStorable(String text) {
        return text.codePoints().allMatch(c -> c != 0 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE));
    }
}
