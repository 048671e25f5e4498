package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a session may do, asked with PostgreSQL 18's own client library: the pooled endpoint answers every row as a direct connection does. */
@ExtendWith(SharedPlatform.class)
class ProbeTableIT {
    private static final Map<String, String> EXPECTED = expected();

    @Test
    void theDirectEndpointHidesNothing(RunningPlatform platform) throws Exception {
        assertEquals(EXPECTED, answers(platform, platform.directPort()));
    }

    @Test
    void thePooledEndpointAnswersAsTheDirectOneDoes(RunningPlatform platform) throws Exception {
        assertEquals(EXPECTED, answers(platform, platform.pooledPort()));
    }

    private static Map<String, String> answers(RunningPlatform platform, int port) throws Exception {
        var result = DriverFolder.python()
                .command("venv/bin/python", "probes.py")
                .with(platform.environment(port))
                .run()
                .succeeded();
        var answers = new LinkedHashMap<String, String>();
        result.out().lines().forEach(line -> {
            var bar = line.indexOf(" | ");
            answers.put(line.substring(0, bar), line.substring(bar + 3));
        });
        return answers;
    }

    private static Map<String, String> expected() {
        var rows = new LinkedHashMap<String, String>();
        rows.put("TLS by SSLRequest", "yes");
        rows.put("direct TLS + ALPN", "yes");
        rows.put("channel_binding=require", "yes");
        rows.put("max_protocol_version=3.2", "30002");
        rows.put("min_protocol_version=3.2", "yes");
        rows.put("options=-c statement_timeout", "4321ms, after RESET 4321ms");
        rows.put("options=-c search_path", "pg_catalog; other clients have it: False");
        rows.put("SET survives in 8 parallel sessions", "8 of 8");
        rows.put("SET inside a transaction survives its commit and not its rollback", "2001kB, others False");
        rows.put("SET work_mem seen by other clients", "0 of 12");
        rows.put("temp table seen by other clients", "own rows 1, others 0 of 6");
        rows.put("LISTEN delivers", "yes");
        rows.put("SQL PREPARE/EXECUTE, 4 clients", "4 of 4");
        rows.put("protocol-level prepared statements, 30 clients", "30 of 30");
        rows.put("advisory lock", "[False, True], after unlock True");
        rows.put("cursor WITH HOLD", "[1, 2, 3]");
        rows.put("SET ROLE", "pg_read_all_data, others have it: False");
        rows.put("cancel", "yes");
        rows.put("replication=database IDENTIFY_SYSTEM", "yes");
        return rows;
    }
}
