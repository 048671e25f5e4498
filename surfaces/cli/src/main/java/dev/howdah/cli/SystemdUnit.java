package dev.howdah.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The text of a systemd unit for one home.
 *
 * @param user whether it is a unit of the account's own systemd
 * @param account who asks for it, and whom it will run as
 * @param java the JDK that is known to work here; the launcher looks for another when it is gone
 * @param upOptions further arguments of {@code howdah up}
 */
record SystemdUnit(Path launcher, Path home, boolean user, String account, Path java, List<String> upOptions) {
    SystemdUnit {
        upOptions = List.copyOf(upOptions);
    }

    /** Where to save it. */
    Path file() {
        return user ? Path.of("~/.config/systemd/user/howdah.service") : Path.of("/etc/systemd/system/howdah.service");
    }

    String text() {
        return lines().stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    List<String> lines() {
        var lines = new ArrayList<String>();
        lines.addAll(heading());
        lines.addAll(List.of(
                "",
                "[Unit]",
                "Description=Howdah, PostgreSQL clusters in " + home.toString().replace("%", "%%"),
                "After=network.target",
                "RequiresMountsFor=" + word(home.toString()),
                "# Try again for as long as it takes.",
                "StartLimitIntervalSec=0",
                "",
                "[Service]",
                "Type=exec"));
        lines.addAll(runsAs());
        lines.addAll(List.of(
                "ExecStart=" + command(),
                "# The JDK of today; where it is gone the launcher looks for another.",
                "Environment=" + word("JAVA_HOME=" + java),
                "# A service runs what is built. After an update of the sources: howdah build, then a restart.",
                "Environment=HOWDAH_BUILD=never",
                "# A crash is followed by a new start. howdah down and systemctl stop end it for good.",
                "Restart=on-failure",
                "RestartSec=2",
                "SuccessExitStatus=143",
                "# What is wrong on the command line stays wrong.",
                "RestartPreventExitStatus=2",
                "# A stop is told to the JVM alone, which stops the PostgreSQL servers in order. When the JVM crashes the servers",
                "# must live on, for the next start takes them over as they run: any other KillMode would kill them then. systemd",
                "# notes \"left-over processes\" at that start, as it should be.",
                "KillMode=process",
                "# Longer than Howdah gives its servers to stop (two minutes).",
                "TimeoutStopSec=150",
                "# One process out of memory must not stop all the others.",
                "OOMPolicy=continue",
                "# Every client is a file, and on the direct endpoint a process too.",
                "LimitNOFILE=1048576",
                "TasksMax=infinity",
                "",
                "[Install]",
                "WantedBy=" + (user ? "default.target" : "multi-user.target")));
        return List.copyOf(lines);
    }

    private List<String> heading() {
        var control = user ? "systemctl --user" : "systemctl";
        var lines = new ArrayList<>(List.of(
                "# Howdah as a service. Nothing has been changed by printing this.",
                "# Save it as " + file() + ", then:",
                "#   %s daemon-reload".formatted(control),
                "#   %s enable --now howdah".formatted(control)));
        if (user) {
            lines.add("#   loginctl enable-linger " + account + "    # else it ends when you log out");
        }
        lines.addAll(
                List.of(
                        "# Its lines:     journalctl " + (user ? "--user " : "") + "-u howdah",
                        "# How to connect: howdah connection --home " + ShellQuoting.posix(home.toString()),
                        "# The first start of a home prints the default role's password into the journal. To keep it out of there, start it",
                        "# once by hand before (howdah up --detach, howdah down), or make a new one afterwards: howdah role reset-default."));
        return lines;
    }

    private List<String> runsAs() {
        if (user) {
            return List.of();
        }
        return account.equals("root")
                ? List.of(
                        "# Started by root, the launcher makes the system account howdah and runs everything as it.",
                        "User=root")
                : List.of("User=" + account);
    }

    private String command() {
        return Stream.concat(Stream.of(launcher.toString(), "up", "--home", home.toString()), upOptions.stream())
                .map(SystemdUnit::word)
                .collect(Collectors.joining(" "));
    }

    /** One word of a setting: % and $ mean something to systemd, as blanks, quotes and backslashes do. */
    private static String word(String text) {
        var escaped = text.replace("%", "%%").replace("$", "$$");
        return escaped.matches("[^\\s\"'\\\\;]+")
                ? escaped
                : "\"" + escaped.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
