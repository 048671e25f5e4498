package dev.howdah.cli;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.postgresql.core.TransactionState;

/** Completes keywords, and the names of tables and columns that can be seen. */
final class SqlCompleter implements Completer {
    private static final String NAMES = """
            SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
              AND pg_catalog.pg_table_is_visible(c.oid) AND c.relname !~ '^pg_'
            UNION
            SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
              AND pg_catalog.pg_table_is_visible(c.oid) AND c.relname !~ '^pg_'
            ORDER BY 1 LIMIT 2000""";

    private static final List<String> KEYWORDS = List.of(
            ("ABORT ADD ALL ALTER ANALYZE AND AS ASC BEGIN BETWEEN BY CASCADE CASE CAST CHECK COLUMN COMMENT COMMIT CONSTRAINT COPY CREATE CROSS "
                            + "CURRENT_DATE CURRENT_TIMESTAMP CURRENT_USER DATABASE DEFAULT DELETE DESC DISTINCT DROP ELSE END EXCEPT EXISTS EXPLAIN "
                            + "EXTENSION FALSE FETCH FOREIGN FROM FULL FUNCTION GRANT GROUP HAVING IF ILIKE IN INDEX INNER INSERT INTERSECT INTO IS "
                            + "JOIN JSONB KEY LATERAL LEFT LIKE LIMIT LISTEN LOCK MATERIALIZED MERGE NOT NOTIFY NULL NULLS OFFSET ON OR ORDER OUTER "
                            + "PARTITION PRIMARY PROCEDURE PUBLICATION REFERENCES REFRESH REINDEX RENAME RESET RETURNING REVOKE RIGHT ROLE ROLLBACK "
                            + "SAVEPOINT SCHEMA SELECT SEQUENCE SET SHOW START TABLE THEN TO TRANSACTION TRIGGER TRUE TRUNCATE TYPE UNION UNIQUE "
                            + "UPDATE USING VACUUM VALUES VIEW WHEN WHERE WINDOW WITH")
                    .split(" "));

    private final SqlSession session;

    SqlCompleter(SqlSession session) {
        this.session = session;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        var lower = line.word().equals(line.word().toLowerCase(Locale.ROOT));
        KEYWORDS.forEach(word -> candidates.add(new Candidate(lower ? word.toLowerCase(Locale.ROOT) : word)));
        names().forEach(name -> candidates.add(new Candidate(name)));
    }

    /** Never inside a transaction: a question of ours could fail it, or hold back what it must not see. */
    private List<String> names() {
        if (session.transactionState() != TransactionState.IDLE || session.isClosed()) {
            return List.of();
        }
        var names = new ArrayList<String>();
        try (var statement = session.connection().createStatement();
                var result = statement.executeQuery(NAMES)) {
            while (result.next()) {
                names.add(result.getString(1));
            }
        } catch (SQLException _) {
            // Keywords alone are a fair answer to a press of the tab key.
            return List.of();
        }
        return names;
    }
}
