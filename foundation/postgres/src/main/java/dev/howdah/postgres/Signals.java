package dev.howdah.postgres;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The two calls of the C library that Java lacks: {@code kill(2)} with any signal, and {@code geteuid(2)}. */
final class Signals {
    static final int HUP = 1;
    static final int INT = 2;
    static final int QUIT = 3;
    static final int KILL = 9;
    static final int TERM = 15;
    /** SIGUSR1: 10 on Linux, 30 on macOS. */
    static final int USR1 = System.getProperty("os.name", "").startsWith("Mac") ? 30 : 10;

    private static final MethodHandle KILL_CALL =
            handle("kill", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle EFFECTIVE_USER = handle("geteuid", FunctionDescriptor.of(ValueLayout.JAVA_INT));

    private Signals() {}

    /** False when there is no such process, or it is not ours to signal. */
    static boolean send(long pid, int signal) {
        if (pid <= 1) {
            throw new IllegalStateException("no server has the process id " + pid);
        }
        try {
            return (int) KILL_CALL.invokeExact(Math.toIntExact(pid), signal) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("kill(2) cannot be called", e);
        }
    }

    static int effectiveUser() {
        try {
            return (int) EFFECTIVE_USER.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("geteuid(2) cannot be called", e);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor shape) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), shape);
    }
}
