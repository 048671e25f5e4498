package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.util.List;

/** What is compared, as the command line names it. */
sealed interface Target {
    String name();

    /** Howdah with one of its I/O engines; {@code auto} leaves the choice to it. */
    record Howdah(String engine) implements Target {
        static final String ANY_ENGINE = "auto";

        @Override
        public String name() {
            return engine.equals(ANY_ENGINE) ? "howdah" : "howdah:" + engine;
        }
    }

    record PgBouncer() implements Target {
        @Override
        public String name() {
            return "pgbouncer";
        }
    }

    /** The server itself, over TCP. */
    record Direct() implements Target {
        @Override
        public String name() {
            return "direct";
        }
    }

    /** Anything that runs already, in front of a server of its own with the tables of {@code pgbench -i}. */
    record Elsewhere(String name, String host, int port, List<Long> processes) implements Target {}

    /** {@code howdah}, {@code howdah:ENGINE}, {@code pgbouncer}, {@code direct} or {@code NAME=HOST:PORT[,PID...]}. */
    static Target of(String text) {
        return switch (text) {
            case "howdah" -> new Howdah(Howdah.ANY_ENGINE);
            case "pgbouncer" -> new PgBouncer();
            case "direct" -> new Direct();
            case String howdah when howdah.startsWith("howdah:") -> new Howdah(howdah.substring("howdah:".length()));
            case String other -> elsewhere(other);
        };
    }

    private static Target elsewhere(String text) {
        var name = text.split("=", 2);
        require(name.length == 2, "not a target: \"%s\"".formatted(text));
        var parts = name[1].split(",");
        var colon = parts[0].lastIndexOf(':');
        require(colon > 0, "a target elsewhere is NAME=HOST:PORT[,PID...], was \"%s\"".formatted(text));
        return new Elsewhere(
                name[0],
                parts[0].substring(0, colon),
                Integer.parseInt(parts[0].substring(colon + 1)),
                List.of(parts).subList(1, parts.length).stream()
                        .map(Long::valueOf)
                        .toList());
    }
}
