package dev.howdah.cli;

import dev.howdah.api.model.BranchStatus;
import dev.howdah.api.model.Instance;
import dev.howdah.api.model.PlatformStatus;
import dev.howdah.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Draws the platform: where it listens, and below each branch its instances. */
final class StatusDrawing {
    static final Table<Instance> INSTANCES = Table.<Instance>of("INSTANCE", Instance::id)
            .and("ZONE", Instance::zone)
            .and("ROLE", Instance::role)
            .and("STATE", Instance::state)
            .and("TIMELINE", Instance::timeline)
            .and("LSN", StatusDrawing::lsn)
            .and("LAG", StatusDrawing::lag)
            .and("DETAIL", Instance::detail);

    private static final String BOLD = "\u001b[1m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String RED = "\u001b[31m";
    private static final String PLAIN = "\u001b[0m";

    private final boolean colours;
    private final List<String> lines = new ArrayList<>();

    StatusDrawing(boolean colours) {
        this.colours = colours;
    }

    List<String> draw(PlatformStatus status) {
        lines.add("%s in %s, running since %s"
                .formatted(painted(BOLD, "Howdah " + status.version()), status.home(), Text.time(status.startedAt())));
        lines.add("");
        lines.addAll(indented(
                "  ",
                Table.aligned(List.of(
                        List.of(
                                "direct",
                                status.direct().toString(),
                                "one server connection per client; DDL, COPY, replication"),
                        List.of("pooled", status.pooled().toString(), "transaction pooling; applications"),
                        List.of("api", "http://" + status.api(), "REST"),
                        List.of("ca", status.caFile(), "sslmode=verify-full sslrootcert=")))));
        var ofPlatform = status.branches().stream()
                .collect(Collectors.partitioningBy(one -> one.branch().belongsToPlatform()));
        for (var branch : ofPlatform.getOrDefault(false, List.of())) {
            lines.add("");
            draw(branch);
        }
        if (ofPlatform.getOrDefault(false, List.of()).isEmpty()) {
            lines.add("");
            lines.add("There are no branches.");
        }
        // Last, since nobody connects to it; and it looks like no branch of theirs.
        for (var own : ofPlatform.getOrDefault(true, List.of())) {
            lines.add("");
            draw(own);
        }
        return List.copyOf(lines);
    }

    private void draw(BranchStatus status) {
        var branch = status.branch();
        var state = switch (branch.state()) {
            case "ready" -> painted(GREEN, branch.state());
            case "failed" -> painted(RED, branch.state());
            default -> painted(YELLOW, branch.state());
        };
        var detail = branch.stateDetail().isEmpty() ? "" : ": " + Text.oneLine(branch.stateDetail());
        lines.add(
                branch.belongsToPlatform()
                        ? "Howdah's own database  %s%s".formatted(state, detail)
                        : "%s  %s  %s  %s%s"
                                .formatted(
                                        painted(
                                                BOLD,
                                                Text.oneLine(status.projectName()) + " / "
                                                        + Text.oneLine(branch.name())),
                                        branch.id(),
                                        branch.kind(),
                                        state,
                                        detail));
        var rows = INSTANCES.lines(status.instances());
        if (status.instances().isEmpty()) {
            lines.add("  └─ no instances yet");
            return;
        }
        lines.add("     " + rows.getFirst());
        for (var i = 1; i < rows.size(); i++) {
            var branching = i == rows.size() - 1 ? "  └─ " : "  ├─ ";
            lines.add(branching + painted(status.instances().get(i - 1), rows.get(i)));
        }
    }

    private String painted(Instance instance, String line) {
        return instance.role().equals("primary") ? painted(BOLD, line) : line;
    }

    private String painted(String colour, String text) {
        return colours ? colour + text + PLAIN : text;
    }

    private static List<String> indented(String by, List<String> lines) {
        return lines.stream().map(line -> by + line).toList();
    }

    private static String lsn(Instance instance) {
        return instance.replayedLsn().or(instance::writtenLsn).orElse("");
    }

    /** A primary lags behind nobody. */
    private static String lag(Instance instance) {
        if (instance.role().equals("primary")) {
            return "";
        }
        var bytes = instance.lagBytes().map(count -> new Bytes(Math.max(0, count)).toString());
        var seconds = instance.lagSeconds().map(value -> String.format(Locale.ROOT, "%.1f s", value));
        return join(bytes, seconds);
    }

    private static String join(Optional<String> first, Optional<String> second) {
        return first.map(one -> second.map(two -> one + ", " + two).orElse(one)).orElse(second.orElse(""));
    }
}
