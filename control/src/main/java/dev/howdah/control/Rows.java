package dev.howdah.control;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Reading columns, and making the ids of rows. */
final class Rows {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

    private Rows() {}

    static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getTimestamp(column).toInstant();
    }

    static Optional<Instant> optionalInstant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getTimestamp(column)).map(java.sql.Timestamp::toInstant);
    }

    static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    /** {@code prefix} and 12 characters of {@code [a-z0-9]}. */
    static String id(String prefix, RandomGenerator random) {
        return prefix + letters(random, 12);
    }

    static String letters(RandomGenerator random, int length) {
        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }
}
