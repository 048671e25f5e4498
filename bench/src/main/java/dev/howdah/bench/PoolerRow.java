package dev.howdah.bench;

import java.util.List;

/**
 * One line of the table to come.
 *
 * @param name as {@code --rows} chooses it
 */
record PoolerRow(String name, String workload, int clients, Door door, Unit unit, Load load, List<Bar> bars) {
    /** What is counted, and how much of it processor time is given for. */
    enum Unit {
        TRANSACTIONS("tps", "1,000"),
        CONNECTS("per s", "each"),
        MEGABYTES("MB/s", "run");

        private final String rate;
        private final String portion;

        Unit(String rate, String portion) {
            this.rate = rate;
            this.portion = portion;
        }

        String rate() {
            return rate;
        }

        String portion() {
            return portion;
        }
    }
}
