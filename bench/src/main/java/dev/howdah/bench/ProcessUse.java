package dev.howdah.bench;

import static dev.howdah.base.Checks.require;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What processes have used of the machine, as Linux's {@code /proc} tells it. */
record ProcessUse(double userSeconds, double systemSeconds, double residentMegabytes) {
    /** USER_HZ, the unit of times in {@code /proc}: 100 on every Linux of our processors, whatever its kernel's own clock. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int USER_FIELD = 14;
    private static final int SYSTEM_FIELD = 15;
    private static final ProcessUse NOTHING = new ProcessUse(0, 0, 0);

    static ProcessUse of(List<Long> processes) throws IOException {
        var sum = NOTHING;
        for (var process : processes) {
            var directory = Path.of("/proc", Long.toString(process));
            sum = sum.plus(parse(
                    Files.readString(directory.resolve("stat")), Files.readAllLines(directory.resolve("status"))));
        }
        return sum;
    }

    static ProcessUse parse(String stat, List<String> status) {
        // The program's name stands in parentheses and may hold any character, even blanks and parentheses.
        var end = stat.lastIndexOf(')');
        require(end > 0, "not a line of /proc/PID/stat: " + stat);
        var fields = stat.substring(end + 2).split(" ");
        return new ProcessUse(
                Long.parseLong(fields[USER_FIELD - 3]) / TICKS_PER_SECOND,
                Long.parseLong(fields[SYSTEM_FIELD - 3]) / TICKS_PER_SECOND,
                residentMegabytes(status));
    }

    private static double residentMegabytes(List<String> status) {
        return status.stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                / 1024.0;
    }

    private ProcessUse plus(ProcessUse other) {
        return new ProcessUse(
                userSeconds + other.userSeconds,
                systemSeconds + other.systemSeconds,
                residentMegabytes + other.residentMegabytes);
    }
}
