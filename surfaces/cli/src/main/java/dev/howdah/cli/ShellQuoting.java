package dev.howdah.cli;

/** Text as one word of a shell. */
final class ShellQuoting {
    private ShellQuoting() {}

    /** For sh, bash and zsh; plain words stay plain. */
    static String posix(String text) {
        return isPlain(text) ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    static String fish(String text) {
        return isPlain(text) ? text : "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    static String powershell(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private static boolean isPlain(String text) {
        return text.matches("[A-Za-z0-9_./:@%+=,-]+");
    }
}
