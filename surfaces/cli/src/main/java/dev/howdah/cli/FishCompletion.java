package dev.howdah.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes completions for fish, which picocli does not know. */
final class FishCompletion {
    private final CommandLine root;
    private final StringBuilder script = new StringBuilder("complete -c howdah -f\n");

    FishCompletion(CommandLine root) {
        this.root = root;
    }

    String script() {
        add(root, List.of());
        return script.toString();
    }

    private void add(CommandLine line, List<String> path) {
        var spec = line.getCommandSpec();
        for (var entry : spec.subcommands().entrySet()) {
            var child = entry.getValue();
            if (child.getCommandSpec().usageMessage().hidden()) {
                continue;
            }
            complete(
                    condition(spec, path),
                    "-a " + entry.getKey(),
                    firstLine(child.getCommandSpec().usageMessage().description()));
            // A noun's singular and plural lead to the same commands.
            var deeper = new ArrayList<>(path);
            deeper.add(entry.getKey());
            add(child, deeper);
        }
        for (var option : spec.options()) {
            if (!option.hidden()) {
                complete(condition(path), option(option), firstLine(option.description()));
            }
        }
        spec.positionalParameters()
                .forEach(parameter ->
                        candidates(parameter).ifPresent(words -> complete(condition(path), "-a '" + words + "'", "")));
    }

    private static Optional<String> candidates(ArgSpec argument) {
        var words = argument.completionCandidates();
        return words == null ? Optional.empty() : Optional.of(String.join(" ", words));
    }

    private static String option(OptionSpec option) {
        var text = new StringBuilder();
        for (var name : option.names()) {
            text.append(name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1))
                    .append(' ');
        }
        if (option.arity().max() > 0) {
            text.append("-r ");
            candidates(option)
                    .ifPresent(words -> text.append("-a '").append(words).append("' "));
        }
        return text.toString().strip();
    }

    private static String condition(CommandLine.Model.CommandSpec spec, List<String> path) {
        var children = spec.subcommands().entrySet().stream()
                .filter(child ->
                        !child.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(" "));
        return path.isEmpty()
                ? "not __fish_seen_subcommand_from " + children
                : condition(path) + "; and not __fish_seen_subcommand_from " + children;
    }

    private static String condition(List<String> path) {
        return path.isEmpty()
                ? "true"
                : String.join(
                        "; and ",
                        path.stream()
                                .map(word -> "__fish_seen_subcommand_from " + word)
                                .toList());
    }

    private void complete(String condition, String what, String description) {
        script.append("complete -c howdah -n ")
                .append(ShellQuoting.fish(condition))
                .append(' ')
                .append(what);
        if (!description.isEmpty()) {
            script.append(" -d ").append(ShellQuoting.fish(description));
        }
        script.append('\n');
    }

    private static String firstLine(String[] description) {
        return description.length == 0 ? "" : description[0];
    }
}
