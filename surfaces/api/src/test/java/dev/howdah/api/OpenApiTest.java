package dev.howdah.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.Endpoint;
import dev.howdah.api.model.Page;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds the document against the routes and the records, both ways. */
class OpenApiTest {
    private static final JsonNode DOCUMENT = new JsonMapper().readTree(OpenApi.TEXT);

    // The routes are only listed here; none of them is called, so there is nothing behind them.
    @SuppressWarnings("NullAway")
    private static List<Route> routes() {
        var endpoint = new Endpoint("localhost", 1);
        var installation =
                new Installation("1", Path.of("/home"), Instant.EPOCH, endpoint, endpoint, Path.of("/home/ca.pem"));
        return ApiServer.routes(null, installation, () -> endpoint, () -> {});
    }

    @Test
    void everyRouteIsInTheDocumentAndTheOtherWayRound() {
        var documented = new TreeSet<String>();
        DOCUMENT.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .propertyNames()
                        .forEach(method -> documented.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
        var routed = routes().stream()
                .map(route -> route.method() + " " + route.path())
                .collect(Collectors.toCollection(TreeSet::new));

        assertEquals(routed, documented);
    }

    @Test
    void everyParameterIsInTheDocumentAndTheOtherWayRound() {
        for (var route : routes()) {
            assertEquals(new TreeSet<>(route.parameters()), parameters(route, "query"), route.path());
            var inPath = Arrays.stream(route.path().split("/"))
                    .filter(part -> part.startsWith("{"))
                    .map(part -> part.substring(1, part.length() - 1))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(inPath, parameters(route, "path"), route.path());
        }
    }

    @Test
    void onlyOpenRoutesAreWithoutSecurity() {
        for (var route : routes()) {
            assertEquals(route.gate() == Gate.OPEN, operation(route).has("security"), route.path());
        }
    }

    @Test
    void everySchemaHasTheComponentsOfItsRecord() throws IOException, URISyntaxException {
        var records = records();
        for (var type : records) {
            if (type != Page.class) {
                assertSchema(type.getSimpleName(), type);
            }
        }
        var names = records.stream().map(Class::getSimpleName).collect(Collectors.toSet());
        for (var name : DOCUMENT.path("components").path("schemas").propertyNames()) {
            if (name.endsWith("Page")) {
                assertTrue(names.contains(name.substring(0, name.length() - 4)), name);
                assertSchema(name, Page.class);
            } else {
                assertTrue(names.contains(name), "no record " + name);
            }
        }
    }

    @Test
    void requestsRequireWhatIsNotOptional() throws IOException, URISyntaxException {
        for (var type : records()) {
            var schema = DOCUMENT.path("components").path("schemas").path(type.getSimpleName());
            if (schema.has("additionalProperties")) {
                var required = Arrays.stream(type.getRecordComponents())
                        .filter(component -> component.getType() != Optional.class)
                        .map(OpenApiTest::snakeCase)
                        .collect(Collectors.toCollection(TreeSet::new));
                assertEquals(required, texts(schema.path("required")), type.getSimpleName());
            }
        }
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        var references = new ArrayList<String>();
        collect(DOCUMENT, references);

        assertFalse(references.isEmpty());
        for (var reference : references) {
            assertTrue(reference.startsWith("#/"), reference);
            assertFalse(DOCUMENT.at(reference.substring(1)).isMissingNode(), reference);
        }
    }

    @Test
    void everyOperationHasItsOwnId() {
        var ids = routes().stream()
                .map(route -> operation(route).path("operationId").asString(""))
                .toList();

        assertEquals(ids.size(), Set.copyOf(ids).size());
        assertFalse(ids.contains(""));
    }

    @Test
    void pathsOfTheContractAreRoutes() {
        var table = new RouteTable(routes());
        var paths = List.of(
                ApiPaths.HEALTHZ,
                ApiPaths.READYZ,
                ApiPaths.STATUS,
                ApiPaths.OPENAPI,
                ApiPaths.PROJECTS,
                ApiPaths.EVENTS,
                ApiPaths.AUDIT,
                ApiPaths.AUDIT_VERIFY,
                ApiPaths.TOKENS,
                ApiPaths.BANS,
                ApiPaths.SESSIONS,
                ApiPaths.SHUTDOWN,
                ApiPaths.METRICS,
                ApiPaths.POOL_SETTINGS,
                ApiPaths.RELOAD_POOL_SETTINGS,
                ApiPaths.poolSetting("s"),
                ApiPaths.branchPoolSettings("p", "b"),
                ApiPaths.branchPoolSetting("p", "b", "s"),
                ApiPaths.pools("p", "b"),
                ApiPaths.poolClients("p", "b"),
                ApiPaths.poolServers("p", "b"),
                ApiPaths.steerPools("p", "b", "pause"),
                ApiPaths.project("p"),
                ApiPaths.branches("p"),
                ApiPaths.branch("p", "b"),
                ApiPaths.instances("p", "b"),
                ApiPaths.branchEvents("p", "b"),
                ApiPaths.connection("p", "b", "r").replaceFirst("[?].*", ""),
                ApiPaths.roles("p", "b"),
                ApiPaths.resetDefaultRole("p", "b"),
                ApiPaths.temporaryRole("p", "b"),
                ApiPaths.role("p", "b", "r"),
                ApiPaths.resetRole("p", "b", "r"),
                ApiPaths.renewRole("p", "b", "r"),
                ApiPaths.reassignRole("p", "b", "r"),
                ApiPaths.token("t"),
                ApiPaths.ban("::1"));
        for (var path : paths) {
            assertEquals(405, table.refusal("PUT", path).status(), path);
        }
    }

    private static void assertSchema(String name, Class<?> type) {
        var properties = new TreeSet<String>();
        var schema = DOCUMENT.path("components").path("schemas").path(name);
        schema.path("properties").propertyNames().forEach(properties::add);
        var components = Arrays.stream(type.getRecordComponents())
                .map(OpenApiTest::snakeCase)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(components, properties, name);
    }

    private static JsonNode operation(Route route) {
        return DOCUMENT.path("paths").path(route.path()).path(route.method().toLowerCase(Locale.ROOT));
    }

    private static Set<String> parameters(Route route, String in) {
        return operation(route)
                .path("parameters")
                .valueStream()
                .map(reference ->
                        DOCUMENT.at(reference.path("$ref").asString("").substring(1)))
                .filter(parameter -> parameter.path("in").asString("").equals(in))
                .map(parameter -> parameter.path("name").asString(""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asString).collect(Collectors.toCollection(TreeSet::new));
    }

    private static void collect(JsonNode node, List<String> references) {
        if (node.has("$ref")) {
            references.add(node.path("$ref").asString(""));
        }
        node.forEach(child -> collect(child, references));
    }

    private static String snakeCase(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** Every record of the contract, as the jar or the directory of classes has them. */
    private static List<Class<?>> records() throws IOException, URISyntaxException {
        var place = Path.of(
                Page.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(place)) {
            return records(place.resolve("dev/howdah/api/model"));
        }
        try (var jar = FileSystems.newFileSystem(place)) {
            return records(jar.getPath("dev/howdah/api/model"));
        }
    }

    private static List<Class<?>> records(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.contains("$") && !name.startsWith("package"))
                    .<Class<?>>map(name -> load("dev.howdah.api.model." + name.substring(0, name.length() - 6)))
                    .filter(Class::isRecord)
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("listed but not there: " + name, e);
        }
    }
}
