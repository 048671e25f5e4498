package dev.howdah.cli;

import java.util.Locale;

/**
 * What one check of {@code howdah doctor} came to.
 *
 * @param hint what to do; empty when all is well
 */
record Finding(String check, Verdict verdict, String message, String hint) {
    enum Verdict {
        OK,
        WARNING,
        PROBLEM;

        /** As it is written in the output. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String check, String message) {
        return new Finding(check, Verdict.OK, message, "");
    }

    static Finding warning(String check, String message, String hint) {
        return new Finding(check, Verdict.WARNING, message, hint);
    }

    static Finding problem(String check, String message, String hint) {
        return new Finding(check, Verdict.PROBLEM, message, hint);
    }
}
