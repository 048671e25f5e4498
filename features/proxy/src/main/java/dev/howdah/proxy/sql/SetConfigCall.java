package dev.howdah.proxy.sql;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A call of {@code set_config}.
 *
 * @param name of the setting, in small letters; empty when it is not a plain string
 * @param local whether it is sure to last no longer than the transaction; only the constant counts
 */
record SetConfigCall(Optional<String> name, boolean local) {
    private static final int COMMAS = 2;
    private static final Pattern PLAIN = Pattern.compile("'[^'\\\\]*'");

    /** @param arguments behind the function's name */
    static SetConfigCall read(SqlLexer arguments) {
        arguments.next();
        var depth = 1;
        var commas = 0;
        var first = new StringBuilder();
        var last = new StringBuilder();
        while (depth > 0) {
            arguments.next();
            switch (arguments.token()) {
                case END, BROKEN -> {
                    return new SetConfigCall(Optional.empty(), false);
                }
                default -> {
                    depth += arguments.is('(') ? 1 : arguments.is(')') ? -1 : 0;
                    if (depth == 1 && arguments.is(',')) {
                        commas++;
                    } else if (depth > 0 && commas == 0) {
                        first.append(arguments.text());
                    } else if (depth > 0 && commas == COMMAS) {
                        last.append(arguments.text());
                    }
                }
            }
        }
        var text = first.toString();
        var name = PLAIN.matcher(text).matches()
                ? Optional.of(text.substring(1, text.length() - 1).toLowerCase(Locale.ROOT))
                : Optional.<String>empty();
        return new SetConfigCall(name, commas == COMMAS && last.toString().equalsIgnoreCase("true"));
    }
}
