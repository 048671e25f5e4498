package dev.howdah.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JDBC driver and its usual connection pool on the pooled endpoint, with more connections than a pool has servers. */
@ExtendWith(SharedPlatform.class)
class PooledJdbcIT {
    private static final int CLIENTS = 40;

    /** What one client does with a connection that is its own. */
    private interface Work {
        void run(Connection connection, int client) throws SQLException;
    }

    /** 5 is the driver's default; with 1 every statement is named from its first use on; -1 asks for binary results at once too. */
    @ParameterizedTest
    @ValueSource(ints = {5, 1, -1, 0})
    void statementsTheDriverPreparesServeEveryClient(int prepareThreshold, RunningPlatform platform) throws Exception {
        together(platform, Map.of("prepareThreshold", "" + prepareThreshold), (connection, client) -> {
            try (var query = connection.prepareStatement("select ?::int + " + client % 5)) {
                for (var i = 0; i < 30; i++) {
                    query.setInt(1, i);
                    assertEquals(i + client % 5, number(query));
                }
            }
        });
    }

    @Test
    void transactionsSavepointsAndErrorsKeepTheirClient(RunningPlatform platform) throws Exception {
        try (var owner = connect(platform, Map.of())) {
            owner.createStatement()
                    .execute("create table pooled_jdbc (client int, turn int, primary key (client, turn))");
            together(platform, Map.of("prepareThreshold", "1", "autosave", "conservative"), PooledJdbcIT::transactions);
            try (var counted = owner.prepareStatement("select count(*) from pooled_jdbc")) {
                assertEquals(CLIENTS * 5, number(counted));
            }
            owner.createStatement().execute("drop table pooled_jdbc");
        }
    }

    private static void transactions(Connection connection, int client) throws SQLException {
        connection.setAutoCommit(false);
        try (var insert = connection.prepareStatement("insert into pooled_jdbc values (?, ?)")) {
            for (var turn = 0; turn < 10; turn++) {
                insert.setInt(1, client);
                insert.setInt(2, turn);
                insert.executeUpdate();
                var savepoint = connection.setSavepoint();
                assertEquals(
                        "23505",
                        assertThrows(SQLException.class, insert::executeUpdate).getSQLState());
                connection.rollback(savepoint);
                if (turn % 2 == 0) {
                    connection.commit();
                } else {
                    connection.rollback();
                }
            }
        }
        connection.setAutoCommit(true);
        try (var batch =
                connection.prepareStatement("update pooled_jdbc set turn = turn where client = ? and turn = ?")) {
            for (var turn = 0; turn < 50; turn++) {
                batch.setInt(1, client);
                batch.setInt(2, turn);
                batch.addBatch();
            }
            assertEquals(5, IntStream.of(batch.executeBatch()).sum());
        }
    }

    @Test
    void cursorsAndStartupParametersWork(RunningPlatform platform) throws Exception {
        var parameters =
                Map.of("options", "-c statement_timeout=77s -c search_path=pg_catalog", "defaultRowFetchSize", "100");
        together(platform, parameters, (connection, client) -> {
            try (var statement = connection.prepareStatement("show statement_timeout")) {
                var answer = statement.executeQuery();
                answer.next();
                assertEquals("77s", answer.getString(1));
            }
            connection.setAutoCommit(false);
            try (var cursor = connection.prepareStatement("select generate_series(1, 1000)")) {
                var rows = cursor.executeQuery();
                for (var expected = 1; rows.next(); expected++) {
                    assertEquals(expected, rows.getInt(1));
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
            try (var after = connection.prepareStatement("select " + client)) {
                assertEquals(client, number(after));
            }
        });
    }

    @Test
    void aSchemaChangeReachesPreparedStatements(RunningPlatform platform) throws Exception {
        try (var connection = connect(platform, Map.of("prepareThreshold", "1"))) {
            connection.createStatement().execute("create table pooled_jdbc_ddl as select 1 as a");
            try (var all = connection.prepareStatement("select * from pooled_jdbc_ddl")) {
                for (var i = 0; i < 7; i++) {
                    assertEquals(1, all.executeQuery().getMetaData().getColumnCount());
                }
                connection.createStatement().execute("alter table pooled_jdbc_ddl add column b int");
                assertEquals(2, all.executeQuery().getMetaData().getColumnCount());
            }
            connection.createStatement().execute("drop table pooled_jdbc_ddl");
        }
    }

    @Test
    void hikariRunsAThousandJobsOverFortyConnections(RunningPlatform platform) throws Exception {
        var environment = platform.environment(platform.pooledPort());
        var config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://localhost:%s/postgres?sslmode=verify-full&sslrootcert=%s"
                .formatted(environment.get("PGPORT"), environment.get("PGSSLROOTCERT")));
        config.setUsername(environment.get("PGUSER"));
        config.setPassword(environment.get("PGPASSWORD"));
        config.setMaximumPoolSize(CLIENTS);
        config.setConnectionInitSql("set statement_timeout = '66s'");
        try (var pool = new HikariDataSource(config)) {
            all(1000, job -> {
                try (var connection = pool.getConnection();
                        var query = connection.prepareStatement(
                                "select ?::int where current_setting('statement_timeout') = '66s'")) {
                    query.setInt(1, job);
                    assertEquals(job, number(query));
                }
            });
        }
    }

    private static int number(java.sql.PreparedStatement query) throws SQLException {
        try (var rows = query.executeQuery()) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static Connection connect(RunningPlatform platform, Map<String, String> more) throws SQLException {
        return platform.connect(platform.pooledPort(), "postgres." + platform.branch(), platform.password(), more);
    }

    /** Every client has its connection before the first begins. */
    private static void together(RunningPlatform platform, Map<String, String> parameters, Work work) throws Exception {
        var connections = new ArrayList<Connection>();
        try {
            for (var i = 0; i < CLIENTS; i++) {
                connections.add(connect(platform, parameters));
            }
            all(CLIENTS, client -> work.run(connections.get(client), client));
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
    }

    /** One of many jobs. */
    private interface Job {
        void run(int number) throws SQLException;
    }

    private static void all(int jobs, Job job) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
            List<Callable<Boolean>> calls = IntStream.range(0, jobs)
                    .<Callable<Boolean>>mapToObj(number -> () -> {
                        job.run(number);
                        return true;
                    })
                    .toList();
            for (var done : threads.invokeAll(calls)) {
                done.get();
            }
        }
    }
}
