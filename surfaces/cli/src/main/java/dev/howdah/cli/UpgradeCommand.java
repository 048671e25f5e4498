package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.PlatformStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "upgrade",
        description = {
            "Says where a home stands against this program, and what to do. It changes nothing.",
            "There is no upgrade but this: a newer program is started on the same home."
        },
        footerHeading = Examples.HEADING,
        footer = {"  howdah upgrade", "  howdah down && howdah up --detach    # with the newer program"})
final class UpgradeCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // made by picocli's factory
    private ApiOptions api;

    /**
     * What was found.
     *
     * @param running the version of the platform that runs in the home; empty when none runs, {@code unknown} when it does not say
     * @param servers how many PostgreSQL servers of the home run; they go on when the platform crashes
     * @param postgresql the versions that are unpacked in the home
     */
    record Report(
            String program,
            String home,
            String running,
            int servers,
            List<String> postgresql,
            Verdict verdict,
            String next) {}

    enum Verdict {
        NEW_HOME,
        STOPPED,
        CURRENT,
        UPGRADE,
        OLDER_PROGRAM,
        UNKNOWN
    }

    @Override
    public Integer call() {
        var home = api.home();
        var running = running(home);
        var verdict = verdict(home, running);
        var report = new Report(
                ProgramVersion.current(),
                home.toString(),
                running.orElse(""),
                PlatformProcess.servers(home).size(),
                postgresql(home),
                verdict,
                next(verdict, running.orElse(""), api.homeOption().words()));
        var output = api.output();
        switch (output.format()) {
            case HUMAN -> draw(output, report);
            case JSON -> output.out().println(Json.pretty(report));
            case CSV -> output.out().print(Csv.header(Report.class) + Csv.row(report));
        }
        output.out().flush();
        return verdict == Verdict.OLDER_PROGRAM ? ExitCode.CONFLICT : ExitCode.SUCCESS;
    }

    private Optional<String> running(Path home) {
        if (PlatformProcess.of(home).isEmpty() && !Files.exists(home.resolve("run/api.json"))) {
            return Optional.empty();
        }
        try (var client = api.clientOfHome()) {
            return Optional.of(
                    Json.to(client.get(ApiPaths.STATUS), PlatformStatus.class).version());
        } catch (CliFailure e) {
            // It may be starting, or somebody else's: the process alone says that it runs.
            return PlatformProcess.of(home).map(_ -> "unknown");
        }
    }

    private static Verdict verdict(Path home, Optional<String> running) {
        if (running.isEmpty()) {
            return Files.exists(home.resolve("howdah.json")) ? Verdict.STOPPED : Verdict.NEW_HOME;
        }
        var order = Versions.compare(ProgramVersion.current(), running.get());
        if (order.isEmpty()) {
            return Verdict.UNKNOWN;
        }
        return switch (Integer.signum(order.getAsInt())) {
            case 0 -> Verdict.CURRENT;
            case 1 -> Verdict.UPGRADE;
            default -> Verdict.OLDER_PROGRAM;
        };
    }

    private static String next(Verdict verdict, String running, String home) {
        return switch (verdict) {
            case NEW_HOME ->
                "There is no home yet, so there is nothing to upgrade. Start it with: howdah up --detach" + home;
            case STOPPED ->
                "The platform does not run. The next start is the upgrade, if this program is newer than the last: howdah up --detach"
                        + home;
            case CURRENT -> "The platform runs this version already. There is nothing to do.";
            case UPGRADE ->
                "The platform runs %s, which is older. Upgrade with: howdah down%s && howdah up --detach%s"
                        .formatted(running, home, home);
            case OLDER_PROGRAM ->
                "The platform runs %s, which is newer than this program. Use that one; this one would refuse the home."
                        .formatted(running);
            case UNKNOWN ->
                "A platform runs but does not say which version it is. Look again when it is ready: howdah status"
                        + home;
        };
    }

    private static void draw(Output output, Report report) {
        output.fields(
                "this program", report.program(),
                "home", report.home(),
                "running", running(report),
                "postgresql", String.join(", ", report.postgresql()));
        output.say("");
        output.say(report.next());
        output.say("");
        List.of(
                        "What happens at the first start of a newer program:",
                        "  - Howdah's own database is brought to the new schema, forward only. An older program refuses it from then on;",
                        "    so take a copy of what you cannot lose first (pg_dump): there are no backups yet.",
                        "  - PostgreSQL servers start with the program's own minor version. Those that went on running since before are",
                        "    restarted by themselves, replicas first and one at a time, then the primary; see howdah events.",
                        "  - Another major version of PostgreSQL is refused, and nothing is touched: there is no upgrade in place yet.",
                        "  - Ports, ids, roles, passwords and certificates stay as they are.")
                .forEach(output::say);
    }

    private static String running(Report report) {
        if (report.running().isEmpty() && report.servers() == 0) {
            return "no";
        }
        var platform = report.running().isEmpty() ? "no, but" : report.running() + " with";
        return "%s %d PostgreSQL %s"
                .formatted(platform, report.servers(), report.servers() == 1 ? "server" : "servers");
    }

    private static List<String> postgresql(Path home) {
        var unpacked = home.resolve("postgres");
        if (!Files.isDirectory(unpacked) || !Files.isReadable(unpacked)) {
            return List.of();
        }
        try (var versions = Files.list(unpacked)) {
            return versions.map(path -> String.valueOf(path.getFileName()))
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw CliFailure.failure("io_error", "%s cannot be read: %s".formatted(unpacked, e.getMessage()), "");
        }
    }
}
