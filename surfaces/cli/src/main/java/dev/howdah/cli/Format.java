package dev.howdah.cli;

import java.util.Locale;

/** How a command's result is written. */
public enum Format {
    HUMAN,
    JSON,
    CSV;

    /** As it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
