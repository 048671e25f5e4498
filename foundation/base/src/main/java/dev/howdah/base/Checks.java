package dev.howdah.base;

/** Checks of arguments, so that a record's constructor states its bounds in one line each. */
public final class Checks {
    private Checks() {}

    /** Throws {@link IllegalArgumentException} with {@code otherwise} unless {@code holds}. */
    public static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
