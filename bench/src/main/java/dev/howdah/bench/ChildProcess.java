package dev.howdah.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A program that ends with the benchmark. */
final class ChildProcess implements AutoCloseable {
    private static final int STOP_SECONDS = 5;

    private final Process process;

    private ChildProcess(Process process) {
        this.process = process;
    }

    static ChildProcess start(ProcessBuilder builder) throws IOException {
        return new ChildProcess(builder.start());
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The next line of what it prints; an exception when it ends before. */
    @SuppressWarnings("resource") // the reader is the process's own
    String readLine() throws IOException {
        var line = process.inputReader().readLine();
        if (line == null) {
            throw new IOException("the program ended before it said where it listens");
        }
        return line;
    }

    /** Asks it to end, and ends it when it does not. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            process.destroy();
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException _) {
            process.destroyForcibly();
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
