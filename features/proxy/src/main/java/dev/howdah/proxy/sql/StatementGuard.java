package dev.howdah.proxy.sql;

import dev.howdah.base.PlatformException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the statements that the server allows to superusers only and the platform allows to the default role, and turns them into calls of
 * the door (see {@code doors.sql}). It decides nothing about rights: the door does, in the server.
 */
public final class StatementGuard {
    private static final Verdict PASS = new Verdict.Pass();
    private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};
    private static final byte[] EXTENSION = {'e', 'x', 't', 'e', 'n', 's', 'i', 'o', 'n'};
    private static final byte[] PUBLICATION = {'p', 'u', 'b', 'l', 'i', 'c', 'a', 't', 'i', 'o', 'n'};

    public sealed interface Verdict {
        record Pass() implements Verdict {}

        /**
         * Send {@code sql} (see {@link SqlText}) instead.
         *
         * @param tags one entry per statement of the text, in order: the n-th CommandComplete gets this tag, or keeps its own where empty. No
         *     rewritten statement returns rows.
         */
        record Rewrite(String sql, List<Optional<String>> tags) implements Verdict {
            public Rewrite {
                tags = List.copyOf(tags);
            }
        }

        /** Answer with this as an ERROR instead of sending it. */
        record Refuse(PlatformException error) implements Verdict {}
    }

    private StatementGuard() {}

    /**
     * False for nearly all traffic, never wrongly: only when it is true {@link #inspect} need be asked. Looks from position to limit, which may be
     * a whole message.
     */
    public static boolean mayMatter(ByteBuffer bytes) {
        // The three letters are rare in SQL, and each stands in a word without which no statement of the door is
        // written.
        for (int i = bytes.position() + 1; i < bytes.limit(); i++) {
            var found = switch (bytes.get(i)) {
                case 'v', 'V' -> wordAt(bytes, i - 1, EVENT);
                case 'x', 'X' -> wordAt(bytes, i - 1, EXTENSION);
                case 'b', 'B' -> wordAt(bytes, i - 2, PUBLICATION);
                default -> false;
            };
            if (found) {
                return true;
            }
        }
        return false;
    }

    /**
     * The text of a Query or Parse message.
     *
     * @param standardStrings the session's {@code standard_conforming_strings}
     */
    public static Verdict inspect(String sql, boolean standardStrings) {
        if (sql.indexOf('\0') >= 0) {
            return PASS; // to the server the text ends there; let it say what is wrong with the message
        }
        var ranges = SqlStatements.split(sql, standardStrings);
        var tags = new ArrayList<Optional<String>>(ranges.size());
        var rewritten = new StringBuilder();
        var copied = 0;
        for (var range : ranges) {
            var call = DoorStatement.read(sql, range, standardStrings);
            tags.add(call.map(DoorStatement.Call::tag));
            if (call.isPresent()) {
                rewritten.append(sql, copied, range.start()).append(call.get().sql());
                copied = range.end();
            }
        }
        if (copied == 0) {
            return PASS;
        }
        return new Verdict.Rewrite(rewritten.append(sql, copied, sql.length()).toString(), tags);
    }

    private static boolean wordAt(ByteBuffer bytes, int from, byte[] word) {
        var behind = from + word.length;
        if (from < bytes.position() || behind > bytes.limit()) {
            return false;
        }
        for (var i = 0; i < word.length; i++) {
            if ((bytes.get(from + i) | 0x20) != word[i]) {
                return false;
            }
        }
        return behind == bytes.limit() || !SqlLexer.continuesIdentifier((char) (bytes.get(behind) & 0xff));
    }
}
