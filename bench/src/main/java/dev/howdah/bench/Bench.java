package dev.howdah.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Side-by-side benchmarks; each prints a Markdown table for {@code docs/benchmarks.md}. */
@Command(
        name = "bench",
        description = "Side-by-side benchmarks. Each prints a Markdown table.",
        mixinStandardHelpOptions = true,
        subcommands = {PlatformBench.class, PoolerBench.class, RelayBench.class})
public final class Bench {
    private Bench() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... arguments) {
        return new CommandLine(new Bench()).execute(arguments);
    }
}
