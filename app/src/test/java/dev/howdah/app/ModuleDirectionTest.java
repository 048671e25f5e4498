package dev.howdah.app;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/** The folder is the layer: reads every POM and every import against the table of ARCHITECTURE.md. */
class ModuleDirectionTest {
    private static final Path ROOT = RunningPlatform.ROOT;

    /** What the main code of each module may import of ours. A module that is not here may not exist. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            entry("foundation/base", Set.of()),
            entry("foundation/wire", Set.of("base")),
            entry("foundation/client", Set.of("base", "wire")),
            entry("foundation/postgres", Set.of("base")),
            entry("foundation/coordination", Set.of("base")),
            entry("testkit", Set.of("base", "wire", "client", "postgres", "coordination")),
            entry("features/proxy", Set.of("base", "wire", "client", "postgres", "coordination")),
            entry("features/ha", Set.of("base", "wire", "client", "postgres", "coordination")),
            entry("control", Set.of("base", "wire", "client", "postgres", "coordination", "proxy", "ha")),
            entry("surfaces/api-model", Set.of("base")),
            entry("surfaces/api", Set.of("base", "api-model", "control")),
            entry("surfaces/cli", Set.of("base", "api-model")),
            entry(
                    "app",
                    Set.of(
                            "base",
                            "wire",
                            "client",
                            "postgres",
                            "coordination",
                            "proxy",
                            "ha",
                            "control",
                            "api-model",
                            "api",
                            "cli")),
            entry("bench", Set.of("base", "wire", "client", "postgres", "coordination", "proxy", "testkit")));

    private static final Pattern IMPORT =
            Pattern.compile("(?m)^import (?:static )?dev\\.howdah\\.([a-z]+(?:\\.model)?)\\.");

    @Test
    void everyModuleOfTheBuildIsInTheTable() throws Exception {
        var modules = elements(ROOT.resolve("pom.xml"), "module")
                .map(Element::getTextContent)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(ALLOWED.keySet()), modules);
    }

    @Test
    void pomsDeclareOnlyWhatTheirFolderMayImport() {
        assertAll(ALLOWED.entrySet().stream().map(module -> () -> {
            var declared = elements(ROOT.resolve(module.getKey()).resolve("pom.xml"), "dependency")
                    .filter(d -> text(d, "groupId").equals("dev.howdah"))
                    .filter(d -> !text(d, "scope").equals("test"))
                    .map(d -> text(d, "artifactId").substring("howdah-".length()))
                    .collect(Collectors.toCollection(TreeSet::new));
            declared.removeAll(module.getValue());
            assertTrue(declared.isEmpty(), module.getKey() + " may not depend on " + declared);
        }));
    }

    @Test
    void sourcesImportOnlyWhatTheirPomDeclares() {
        assertAll(ALLOWED.entrySet().stream().map(module -> () -> {
            var declared = elements(ROOT.resolve(module.getKey()).resolve("pom.xml"), "dependency")
                    .filter(d -> text(d, "groupId").equals("dev.howdah"))
                    .map(d -> text(d, "artifactId").substring("howdah-".length()))
                    .collect(Collectors.toCollection(TreeSet::new));
            var own = module.getKey().substring(module.getKey().lastIndexOf('/') + 1);
            var imported = imports(ROOT.resolve(module.getKey()).resolve("src/main/java"));
            imported.remove(own);
            imported.removeAll(declared);
            assertTrue(imported.isEmpty(), module.getKey() + " imports, but does not declare, " + imported);
        }));
    }

    private static Set<String> imports(Path sources) throws IOException {
        var found = new TreeSet<String>();
        try (var files = Files.walk(sources)) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                var matcher = IMPORT.matcher(Files.readString(file));
                while (matcher.find()) {
                    found.add(matcher.group(1).equals("api.model") ? "api-model" : matcher.group(1));
                }
            }
        }
        return found;
    }

    private static Stream<Element> elements(Path pom, String tag) throws Exception {
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
        var nodes = document.getElementsByTagName(tag);
        return Stream.iterate(0, i -> i < nodes.getLength(), i -> i + 1).map(i -> (Element) nodes.item(i));
    }

    private static String text(Element dependency, String tag) {
        var nodes = dependency.getElementsByTagName(tag);
        return nodes.getLength() == 0 ? "" : nodes.item(0).getTextContent();
    }
}
