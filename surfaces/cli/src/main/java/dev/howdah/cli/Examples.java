package dev.howdah.cli;

/** The heading above the examples that every command's help ends with. */
public final class Examples {
    public static final String HEADING = "%nExample:%n";

    private Examples() {}
}
