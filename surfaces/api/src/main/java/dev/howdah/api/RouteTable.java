package dev.howdah.api;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which methods a path answers, for the refusal when it does not answer one. */
final class RouteTable {
    private final List<Entry> entries;

    private record Entry(Pattern path, String method) {}

    RouteTable(List<Route> routes) {
        entries = routes.stream()
                .map(route -> new Entry(pattern(route.path()), route.method()))
                .toList();
    }

    /** 405 with what is allowed when the path exists, else 404. */
    Refusal refusal(String method, String path) {
        var allowed = entries.stream()
                .filter(entry -> entry.path().matcher(path).matches())
                .map(Entry::method)
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
        return allowed.isEmpty() ? Refusal.noRoute(method, path) : Refusal.methodNotAllowed(method, path, allowed);
    }

    private static Pattern pattern(String path) {
        return Pattern.compile(path.replace(".", "\\.").replaceAll("\\{[a-z]+}", "[^/]+"));
    }
}
