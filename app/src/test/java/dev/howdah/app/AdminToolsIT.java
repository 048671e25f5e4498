package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What admin tools ask first: psql's backslash commands, the JDBC metadata that DBeaver and IDEs read, and pgAdmin's dashboard queries. */
@ExtendWith(SharedPlatform.class)
class AdminToolsIT {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\d",
                "\\dt+",
                "\\dn+",
                "\\du",
                "\\df",
                "\\dx",
                "\\dp",
                "\\db",
                "\\dRp",
                "\\sf now",
                "\\conninfo",
                "\\encoding"
            })
    void psqlDescribes(String command, RunningPlatform platform) throws Exception {
        Tools.need("psql");
        var result = Command.of("psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", command)
                .with(platform.environment(platform.directPort()))
                .run();
        assertEquals(0, result.exitCode(), result.err());
    }

    @Test
    void jdbcMetadataIsRead(RunningPlatform platform) throws Exception {
        try (var connection = platform.connect()) {
            DirectEndpointIT.run(connection, "create table described (id int primary key, note text, unique (note))");
            DirectEndpointIT.run(connection, "create table describing (id int references described)");
            var metadata = connection.getMetaData();
            assertEquals("postgres." + platform.branch(), metadata.getUserName());
            for (var rows : List.of(
                    metadata.getCatalogs(),
                    metadata.getSchemas(),
                    metadata.getTableTypes(),
                    metadata.getTypeInfo(),
                    metadata.getTables(null, "public", "describ%", null),
                    metadata.getColumns(null, "public", "described", null),
                    metadata.getPrimaryKeys(null, "public", "described"),
                    metadata.getIndexInfo(null, "public", "described", false, true),
                    metadata.getImportedKeys(null, "public", "describing"),
                    metadata.getExportedKeys(null, "public", "described"),
                    metadata.getTablePrivileges(null, "public", "described"),
                    metadata.getFunctions(null, "pg_catalog", "now"))) {
                assertTrue(hasRows(rows));
            }
            DirectEndpointIT.run(connection, "drop table describing, described");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select db.oid, db.datname, has_database_privilege(db.oid, 'CREATE') from pg_database db order by datname",
                "select pid, datname, usename, application_name, client_addr, state, query from pg_stat_activity",
                "select locktype, mode, granted from pg_locks limit 10",
                "select name, setting, unit, category from pg_settings limit 10",
                "select sum(xact_commit) + sum(xact_rollback) from pg_stat_database",
                "select rolname, rolsuper, rolcanlogin from pg_roles",
                "select gid from pg_prepared_xacts",
                "select * from pg_stat_replication",
                "select calls, query from pg_stat_statements limit 5"
            })
    void dashboardsAreFilled(String query, RunningPlatform platform) throws Exception {
        try (var connection = platform.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            assertTrue(rows.getMetaData().getColumnCount() > 0);
        }
    }

    private static boolean hasRows(ResultSet rows) throws SQLException {
        try (rows) {
            return rows.next();
        }
    }
}
