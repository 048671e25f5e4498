package dev.howdah.cli;

import java.io.IOException;
import java.io.Reader;
import java.util.Optional;

/** The data lines after a COPY ... FROM STDIN, up to {@code \.} or the end. */
final class CopyReader extends Reader {
    /** Where lines come from; empty at the end. */
    interface Source {
        Optional<String> next() throws IOException;
    }

    private final Source source;
    private String line = "";
    private int at;
    private boolean ended;

    CopyReader(Source source) {
        this.source = source;
    }

    @Override
    public int read(char[] target, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (at == line.length() && !advance()) {
            return -1;
        }
        var count = Math.min(length, line.length() - at);
        line.getChars(at, at + count, target, from);
        at += count;
        return count;
    }

    private boolean advance() throws IOException {
        if (ended) {
            return false;
        }
        var next = source.next().filter(text -> !text.equals("\\."));
        ended = next.isEmpty();
        line = next.map(text -> text + "\n").orElse("");
        at = 0;
        return !ended;
    }

    @Override
    public void close() {
        ended = true;
    }
}
