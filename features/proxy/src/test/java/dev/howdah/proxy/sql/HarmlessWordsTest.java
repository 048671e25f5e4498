package dev.howdah.proxy.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.howdah.testkit.TestPostgres;
import java.sql.SQLException;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HarmlessWordsTest {
    @Test
    void everyFunctionOfTheServerIsEitherHarmlessOrKnownForWhatItDoes() throws SQLException {
        var harmless = new TreeSet<String>();
        var functions = new TreeSet<String>();
        try (var postgres = TestPostgres.start();
                var connection = postgres.connect("howdah_admin", "postgres");
                var statement = connection.createStatement();
                var rows = statement.executeQuery("""
                        SELECT proname::text, true FROM pg_catalog.pg_proc
                        WHERE pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND proname ~ '^[a-z0-9_]+$'
                        UNION SELECT word, false FROM pg_catalog.pg_get_keywords() WHERE catcode <> 'U'
                        """)) {
            while (rows.next()) {
                harmless.add(rows.getString(1));
                if (rows.getBoolean(2)) {
                    functions.add(rows.getString(1));
                }
            }
        }
        assertTrue(functions.containsAll(SessionFunctions.all().keySet()), "a function that the server does not have");
        harmless.removeAll(SessionFunctions.all().keySet());
        assertEquals(harmless, new TreeSet<>(HarmlessWords.generated()));
    }

    @Test
    void wordsAreFoundInSmallAndCapitalLetters() {
        assertTrue(HarmlessWords.ALL.contains("lower"));
        assertTrue(HarmlessWords.ALL.contains("LOWER"));
        assertTrue(HarmlessWords.ALL.contains("over"));
        assertFalse(HarmlessWords.ALL.contains("set_config"));
        assertFalse(HarmlessWords.ALL.contains("mine"));
        assertFalse(HarmlessWords.ALL.contains(""));
    }
}
