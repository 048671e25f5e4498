package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.base.Sql;
import java.util.random.RandomGenerator;

/** A refusal as a statement: sent in place of the refused one, it makes the server raise the refusal at the right moment. */
final class Refusal {
    private Refusal() {}

    /** Takes no parameters and returns no rows, like every statement that is refused. */
    static String asSql(PlatformException error, RandomGenerator random) {
        // The message may hold what the client wrote, so the quotes around it are ones that the client cannot guess.
        var quote = "$h%016x$".formatted(random.nextLong());
        return "DO %s BEGIN RAISE EXCEPTION USING ERRCODE = '%s', MESSAGE = %s, HINT = %s; END %s"
                .formatted(
                        quote,
                        error.state().code(),
                        literal(error.message()),
                        literal(error.hint().orElse("")),
                        quote);
    }

    /** A literal whatever {@code standard_conforming_strings} says, in ASCII whatever the client's encoding is. */
    static String literal(String text) {
        var ascii = new StringBuilder(text.length());
        text.chars().forEach(c -> ascii.append(c < 128 ? (char) c : '?'));
        return Sql.literal(ascii.toString());
    }
}
