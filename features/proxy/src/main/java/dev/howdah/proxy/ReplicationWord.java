package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlLexer;
import java.util.ArrayList;
import java.util.List;

/** One token of the replication grammar, which is not SQL: no comments, keywords in capitals only. */
record ReplicationWord(String text, boolean quoted) {
    /** At most {@code limit} tokens from the front. A quoted name that does not end is taken as far as it goes. */
    static List<ReplicationWord> first(String command, int limit) {
        var words = new ArrayList<ReplicationWord>(limit);
        var at = 0;
        while (words.size() < limit) {
            while (at < command.length() && SqlLexer.isSpace(command.charAt(at))) {
                at++;
            }
            if (at == command.length()) {
                break;
            }
            var end = end(command, at);
            words.add(word(command.substring(at, end)));
            at = end;
        }
        return words;
    }

    /** Whether this is the keyword, as the server's scanner sees it. */
    boolean is(String keyword) {
        return !quoted && text.equals(keyword);
    }

    private static int end(String command, int start) {
        var at = start + 1;
        if (command.charAt(start) == '"') {
            while (at < command.length()) {
                if (command.charAt(at) != '"') {
                    at++;
                } else if (at + 1 < command.length() && command.charAt(at + 1) == '"') {
                    at += 2;
                } else {
                    return at + 1;
                }
            }
        } else if (SqlLexer.startsIdentifier(command.charAt(start))) {
            while (at < command.length() && SqlLexer.continuesIdentifier(command.charAt(at))) {
                at++;
            }
        }
        return at;
    }

    private static ReplicationWord word(String raw) {
        if (raw.charAt(0) != '"') {
            return new ReplicationWord(raw, false);
        }
        var closed = raw.length() > 1 && raw.endsWith("\"");
        return new ReplicationWord(
                raw.substring(1, closed ? raw.length() - 1 : raw.length()).replace("\"\"", "\""), true);
    }
}
