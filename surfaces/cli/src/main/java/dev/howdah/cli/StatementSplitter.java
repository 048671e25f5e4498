package dev.howdah.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts SQL at the semicolons that end statements, as psql does: not those in strings, quoted names, dollar quotes, comments, parentheses, or the
 * body of a function written {@code BEGIN ATOMIC ... END}. Text is fed piece by piece; what is not finished is kept. Not thread-safe.
 */
final class StatementSplitter {
    private final StringBuilder buffer = new StringBuilder();

    /** The statements that are finished now, without their semicolons; empty ones are left out. */
    List<String> feed(String text) {
        buffer.append(text);
        var statements = new ArrayList<String>();
        while (true) {
            var scan = new Scan(buffer);
            var end = scan.statementEnd();
            if (end < 0) {
                return statements;
            }
            add(statements, buffer.substring(0, end));
            buffer.delete(0, end + 1);
        }
    }

    /** What is left, which is a statement where a script does not end with a semicolon. */
    List<String> finish() {
        var statements = new ArrayList<String>();
        add(statements, buffer.toString());
        buffer.setLength(0);
        return statements;
    }

    void clear() {
        buffer.setLength(0);
    }

    /** Whether nothing but white space and comments has been fed since the last statement. */
    boolean isEmpty() {
        return new Scan(buffer).isBlank();
    }

    private static void add(List<String> statements, String text) {
        if (!new Scan(text).isBlank()) {
            statements.add(text.strip());
        }
    }

    /** One walk over the text from its beginning. */
    private static final class Scan {
        private final CharSequence text;
        private int at;
        private int parentheses;
        private int bodies;
        private final List<String> firstWords = new ArrayList<>();

        Scan(CharSequence text) {
            this.text = text;
        }

        boolean isBlank() {
            while (at < text.length()) {
                if (!Character.isWhitespace(text.charAt(at)) && !skipComment()) {
                    return false;
                }
                at++;
            }
            return true;
        }

        /** Where the first statement's semicolon is; -1 when there is none. */
        int statementEnd() {
            for (; at < text.length(); at++) {
                var character = text.charAt(at);
                if (character == ';' && parentheses <= 0 && bodies == 0) {
                    return at;
                }
                step(character);
            }
            return -1;
        }

        /** Leaves {@link #at} on the last character of what begins here. */
        private void step(char character) {
            switch (character) {
                case '(' -> parentheses++;
                case ')' -> parentheses--;
                case '\'' -> skipQuoted('\'', isEscapeString());
                case '"' -> skipQuoted('"', false);
                case '$' -> skipDollarQuoted();
                case '-', '/' -> {
                    var _ = skipComment();
                }
                default -> {
                    if (Character.isLetter(character) || character == '_') {
                        word();
                    }
                }
            }
        }

        /** An E directly before the quote makes backslashes escape. */
        private boolean isEscapeString() {
            var before = at - 1;
            return before >= 0
                    && (text.charAt(before) == 'e' || text.charAt(before) == 'E')
                    && (before == 0 || !Character.isLetterOrDigit(text.charAt(before - 1)));
        }

        private void skipQuoted(char quote, boolean backslashes) {
            for (at++; at < text.length(); at++) {
                var character = text.charAt(at);
                if (backslashes && character == '\\') {
                    at++;
                } else if (character == quote) {
                    if (at + 1 < text.length() && text.charAt(at + 1) == quote) {
                        at++;
                    } else {
                        return;
                    }
                }
            }
        }

        private void skipDollarQuoted() {
            var end = at + 1;
            while (end < text.length() && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) {
                end++;
            }
            var isTag = end < text.length()
                    && text.charAt(end) == '$'
                    && !Character.isDigit(text.charAt(at + 1))
                    && (at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1)));
            if (!isTag) {
                return;
            }
            var tag = text.subSequence(at, end + 1).toString();
            var close = text.toString().indexOf(tag, end + 1);
            at = close < 0 ? text.length() : close + tag.length() - 1;
        }

        private boolean skipComment() {
            if (startsWith("--")) {
                while (at + 1 < text.length() && text.charAt(at + 1) != '\n') {
                    at++;
                }
                return true;
            }
            if (!startsWith("/*")) {
                return false;
            }
            var depth = 0;
            for (; at < text.length(); at++) {
                if (startsWith("/*")) {
                    depth++;
                    at++;
                } else if (startsWith("*/")) {
                    depth--;
                    at++;
                    if (depth == 0) {
                        return true;
                    }
                }
            }
            return true;
        }

        private boolean startsWith(String token) {
            return at + token.length() <= text.length()
                    && text.subSequence(at, at + token.length()).toString().equals(token);
        }

        private void word() {
            var end = at;
            while (end < text.length()
                    && (Character.isLetterOrDigit(text.charAt(end)) || "_$".indexOf(text.charAt(end)) >= 0)) {
                end++;
            }
            var word = text.subSequence(at, end).toString().toLowerCase(Locale.ROOT);
            if (firstWords.size() < 4) {
                firstWords.add(word);
            }
            countBodies(word);
            // A string may follow its E directly, so the quote must be seen by the next step.
            at = end - 1;
        }

        /** Only CREATE [OR REPLACE] FUNCTION or PROCEDURE can have a body of statements; elsewhere BEGIN is a statement itself. */
        private void countBodies(String word) {
            var makesRoutine = firstWords.getFirst().equals("create")
                    && (firstWords.contains("function") || firstWords.contains("procedure"));
            if (!makesRoutine || parentheses > 0) {
                return;
            }
            if (word.equals("begin") || (word.equals("case") && bodies > 0)) {
                bodies++;
            } else if (word.equals("end") && bodies > 0) {
                bodies--;
            }
        }
    }
}
