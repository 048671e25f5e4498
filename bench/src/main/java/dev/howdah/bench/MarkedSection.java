package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The part of a text file between two lines that name it; a program may write it anew as often as it likes. */
record MarkedSection(Path file, String name) {
    /** Replaces what stands between the markers; without markers the section goes to the end of the file. */
    void write(String content) throws IOException {
        Files.writeString(file, replaced(Files.readString(file), content));
    }

    String replaced(String text, String content) {
        var section = begin() + "\n" + content.strip() + "\n" + end();
        var from = text.indexOf(begin());
        if (from < 0) {
            return text.stripTrailing() + "\n\n" + section + "\n";
        }
        var to = text.indexOf(end(), from);
        require(to > 0, "%s begins the section %s and does not end it".formatted(file, name));
        return text.substring(0, from) + section + text.substring(to + end().length());
    }

    private String begin() {
        return "<!-- " + name + ": begin -->";
    }

    private String end() {
        return "<!-- " + name + ": end -->";
    }
}
