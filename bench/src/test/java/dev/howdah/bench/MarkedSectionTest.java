package dev.howdah.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MarkedSectionTest {
    @TempDir
    Path directory;

    @Test
    void whatStoodBetweenTheMarkersIsReplacedAndNothingElse() {
        var section = new MarkedSection(Path.of("file"), "pooler");
        assertEquals(
                "before\n<!-- pooler: begin -->\nnew\n<!-- pooler: end -->\nafter\n",
                section.replaced("before\n<!-- pooler: begin -->\nold\nolder\n<!-- pooler: end -->\nafter\n", "new\n"));
    }

    @Test
    void aFileWithoutMarkersGetsThemAtItsEnd() throws IOException {
        var file = Files.writeString(directory.resolve("benchmarks.md"), "before\n\n");
        new MarkedSection(file, "pooler").write("one");
        new MarkedSection(file, "pooler").write("two");
        assertEquals("before\n\n<!-- pooler: begin -->\ntwo\n<!-- pooler: end -->\n", Files.readString(file));
    }

    @Test
    void aSectionThatDoesNotEndIsLeftAlone() {
        var section = new MarkedSection(Path.of("file"), "pooler");
        assertThrows(IllegalArgumentException.class, () -> section.replaced("<!-- pooler: begin -->\nold", "new"));
    }
}
