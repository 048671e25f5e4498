package dev.howdah.testkit;

/** How hard random and long tests work: the system property {@code howdah.verify}, {@code short} (default) or {@code long}. */
public enum VerifyScale {
    SHORT,
    LONG;

    public static VerifyScale current() {
        return switch (System.getProperty("howdah.verify", "short")) {
            case "short" -> SHORT;
            case "long" -> LONG;
            case String other -> throw new IllegalArgumentException("howdah.verify is short or long, was " + other);
        };
    }

    /** One of two numbers. */
    public int choose(int whenShort, int whenLong) {
        return this == SHORT ? whenShort : whenLong;
    }
}
