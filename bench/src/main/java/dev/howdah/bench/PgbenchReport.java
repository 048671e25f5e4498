package dev.howdah.bench;

import java.io.IOException;
import java.util.regex.Pattern;

/** What pgbench says at its end. */
record PgbenchReport(double rate, double transactions) {
    private static final Pattern RATE = Pattern.compile("(?m)^tps = ([0-9.]+)");
    private static final Pattern TRANSACTIONS =
            Pattern.compile("(?m)^number of transactions actually processed: ([0-9]+)");

    static PgbenchReport parse(String output) throws IOException {
        if (output.contains("aborted")) {
            throw new IOException("pgbench did not finish its work:\n" + output);
        }
        return new PgbenchReport(number(RATE, output), number(TRANSACTIONS, output));
    }

    private static double number(Pattern pattern, String output) throws IOException {
        var found = pattern.matcher(output);
        if (!found.find()) {
            throw new IOException("pgbench says something else than expected:\n" + output);
        }
        return Double.parseDouble(found.group(1));
    }
}
