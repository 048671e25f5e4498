package dev.howdah.proxy.io;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which engine the loops of a proxy use: decided once, by trying it. */
public final class IoEngines {
    /** What is tried where nothing is asked for, the best first. The last one works wherever Java does. */
    private static final List<IoEngineChoice> BEST_FIRST =
            List.of(IoEngineChoice.IO_URING, IoEngineChoice.EPOLL, IoEngineChoice.NIO);

    private final IoEngineChoice kind;
    private final String reason;

    private IoEngines(IoEngineChoice kind, String reason) {
        this.kind = kind;
        this.reason = reason;
    }

    /** Throws a {@link PlatformException} that says why, when an engine that is asked for by name does not work here. */
    public static IoEngines choose(IoEngineChoice asked) {
        return asked == IoEngineChoice.AUTO ? best() : named(asked);
    }

    private static IoEngines named(IoEngineChoice asked) {
        var obstacle = obstacle(asked);
        if (obstacle.isPresent()) {
            throw new PlatformException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "the I/O engine %s does not work here: %s".formatted(asked.text(), obstacle.get()),
                    hint(asked));
        }
        return new IoEngines(asked, "asked for");
    }

    private static IoEngines best() {
        var obstacles = new ArrayList<String>();
        for (var kind : BEST_FIRST) {
            var obstacle = obstacle(kind);
            if (obstacle.isEmpty()) {
                obstacles.addFirst("the best that works");
                return new IoEngines(kind, String.join("; ", obstacles));
            }
            obstacles.add("not %s: %s".formatted(kind.text(), obstacle.get()));
        }
        throw new PlatformException(
                SqlState.IO_ERROR,
                "no I/O engine works here: " + String.join("; ", obstacles),
                "Raise the limit of open files (ulimit -n).");
    }

    private static String hint(IoEngineChoice asked) {
        return switch (asked) {
            case IO_URING ->
                "It needs Linux 6.1 or later, kernel.io_uring_disabled=0, and a container profile that allows io_uring_setup. Or ask for auto.";
            case EPOLL ->
                "It needs Linux on x86-64 or arm64, and a JVM with --enable-native-access=ALL-UNNAMED. Or ask for auto.";
            case NIO, AUTO -> "Raise the limit of open files (ulimit -n).";
        };
    }

    /** Where the structures are as {@link LinuxCalls} and its users know them. That class itself cannot be asked where native calls are forbidden. */
    static boolean isKnownLinux() {
        var processor = System.getProperty("os.arch", "");
        return System.getProperty("os.name", "").equals("Linux")
                && (processor.equals("amd64") || processor.equals("aarch64"));
    }

    /** Why an engine cannot be used; found out by moving bytes through it. */
    private static Optional<String> obstacle(IoEngineChoice kind) {
        if (kind != IoEngineChoice.NIO && !isKnownLinux()) {
            return Optional.of("this is not Linux on x86-64 or arm64");
        }
        var buffers = new LoopBuffers();
        try (var engine = open(kind, buffers)) {
            EngineCheck.run(engine);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (LinkageError | RuntimeException e) {
            // The JVM may forbid native calls, or the C library may lack one of them.
            return Optional.of(String.valueOf(e));
        }
    }

    public IoEngineChoice kind() {
        return kind;
    }

    /** For the log. */
    public String reason() {
        return reason;
    }

    IoEngine open(LoopBuffers buffers) throws IOException {
        return open(kind, buffers);
    }

    private static IoEngine open(IoEngineChoice kind, LoopBuffers buffers) throws IOException {
        return switch (kind) {
            case EPOLL -> new EpollEngine(buffers);
            case IO_URING -> new UringEngine(buffers);
            case NIO, AUTO -> new NioEngine(buffers);
        };
    }
}
