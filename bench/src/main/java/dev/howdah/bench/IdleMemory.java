package dev.howdah.bench;

import java.util.List;
import java.util.Locale;

/** What a crowd of idle clients costs a target that was started for it, and whether all of them can be used at once. */
record IdleMemory(Target target, Door door, int clients, double before, double idle, double used, double seconds) {
    private static final int WARM_CLIENTS = 100;
    private static final double BYTES_PER_KILOBYTE = 1024;
    private static final double TEN_THOUSAND_MEGABYTES_MAX = 256;

    static IdleMemory measure(PoolerBed bed, Target target, Door door, int clients) throws Exception {
        try (var running = bed.start(target, door)) {
            var entrance = running.entrance();
            // What any first clients bring with them, classes and server connections, is no cost of the thousandth.
            try (var first = IdleCrowd.gather(entrance, WARM_CLIENTS)) {
                first.askAll();
            }
            var before = ProcessUse.of(entrance.processes()).residentMegabytes();
            var begin = System.nanoTime();
            try (var crowd = IdleCrowd.gather(entrance, clients)) {
                var seconds = (System.nanoTime() - begin) / 1e9;
                var idle = ProcessUse.of(entrance.processes()).residentMegabytes();
                crowd.askAll();
                var used = ProcessUse.of(entrance.processes()).residentMegabytes();
                return new IdleMemory(target, door, clients, before, idle, used, seconds);
            }
        }
    }

    double kilobytesEach() {
        return (idle - before) * BYTES_PER_KILOBYTE / clients;
    }

    static String header() {
        return """
                | clients | door | target | RSS before, MB | all idle, MB | KB each | after a query of each, MB | logged in within, s | bar |
                | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |""";
    }

    String line() {
        return PoolerTable.line(List.of(
                Integer.toString(clients),
                door.title(),
                target.name(),
                number(before),
                number(idle),
                String.format(Locale.ROOT, "%.2f", kilobytesEach()),
                number(used),
                number(seconds),
                target instanceof Target.Howdah ? bar() : ""));
    }

    private String bar() {
        if (clients >= 10_000) {
            return "<= %.0f MB: %s".formatted(TEN_THOUSAND_MEGABYTES_MAX, word(used <= TEN_THOUSAND_MEGABYTES_MAX));
        }
        var most = door == Door.TLS ? 9 : 0.9;
        return String.format(Locale.ROOT, "<= %.1f KB each: %s", most, word(kilobytesEach() <= most));
    }

    private static String word(boolean reached) {
        return reached ? "yes" : "no";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
