package dev.howdah.bench;

/**
 * What one target did in one stretch of time.
 *
 * @param rate transactions, connects or megabytes per second
 * @param userMillis of the target's processes, for the portion that the row's unit names
 * @param residentMegabytes at its end
 */
record Slice(
        double rate,
        double p50Micros,
        double p99Micros,
        double userMillis,
        double systemMillis,
        double residentMegabytes) {
    double cpuMillis() {
        return userMillis + systemMillis;
    }

    /** A figure to compare. */
    enum Metric {
        RATE("rate"),
        P99("p99"),
        CPU("CPU");

        private final String title;

        Metric(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        double of(Slice slice) {
            return switch (this) {
                case RATE -> slice.rate;
                case P99 -> slice.p99Micros;
                case CPU -> slice.cpuMillis();
            };
        }
    }
}
