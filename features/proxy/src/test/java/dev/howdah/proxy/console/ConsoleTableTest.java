package dev.howdah.proxy.console;

import static dev.howdah.proxy.console.ConsoleTable.named;
import static dev.howdah.proxy.console.ConsoleTable.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.console.ConsoleTable.Column;
import dev.howdah.wire.ByteString;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleTableTest {
    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    /** What {@code numeric_send}, {@code int8send} and their like of PostgreSQL 18 send. */
    @ParameterizedTest
    @CsvSource({
        "INT4, 7, 00000007",
        "INT4, -1, ffffffff",
        "INT8, 4294967296, 0000000100000000",
        "TEXT, é, c3a9",
        "NUMERIC, 0, 0000000000000000",
        "NUMERIC, 1, 00010000000000000001",
        "NUMERIC, 9999, 0001000000000000270f",
        "NUMERIC, 10001, 000200010000000000010001",
        "NUMERIC, -123456789, 0003000240000000000109291a85",
    })
    void binaryIsPostgresOwn(ConsoleType type, String value, String expected) {
        assertEquals(expected, hex(type.binary(value)));
    }

    @Test
    void formatsApplyToAllColumnsOrToEach() {
        var columns = Stream.concat(named(ConsoleType.TEXT, "a").stream(), named(ConsoleType.INT4, "b", "c").stream())
                .toList();
        var table = ConsoleTable.of(columns, Stream.of(row("x", 1, null)));
        assertEquals(List.of("78", "31"), values(table, List.of()));
        assertEquals(List.of("78", "00000001"), values(table, List.of(1)));
        assertEquals(List.of("78", "00000001"), values(table, List.of(0, 1, 0)));
        assertEquals(
                List.of(0, 1, 0),
                ConsoleTable.description(columns, List.of(0, 1, 0)).fields().stream()
                        .map(field -> field.format())
                        .toList());
        assertThrows(PlatformException.class, () -> ConsoleTable.checkFormats(List.of(0, 1), 3));
        assertThrows(PlatformException.class, () -> ConsoleTable.checkFormats(List.of(2), 3));
    }

    private static List<String> values(ConsoleTable table, List<Integer> formats) {
        return table.dataRow(0, formats).values().stream()
                .flatMap(Optional::stream)
                .map(ConsoleTableTest::hex)
                .toList();
    }

    @Test
    void noViewHasTwoColumnsOfOneName() {
        for (var view : ConsoleView.values()) {
            var names = view.columns().stream().map(Column::name).toList();
            assertEquals(names.size(), new HashSet<>(names).size(), view + ": " + names);
        }
    }

    /** pgbouncer_exporter reads these by place and refuses another number of columns. */
    @Test
    void theViewsThatExportersReadByPlaceHavePgBouncersShape() {
        assertEquals(List.of("list", "items"), names(ConsoleView.LISTS));
        assertEquals(List.of("key", "value", "default", "changeable"), names(ConsoleView.CONFIG));
        assertEquals(List.of("version"), names(ConsoleView.VERSION));
        assertEquals(23, names(ConsoleView.STATS).size());
        assertEquals(
                "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active sv_active_cancel sv_being_canceled"
                        + " sv_idle sv_used sv_tested sv_login maxwait maxwait_us pool_mode load_balance_hosts sv_pinned"
                        + " cl_listening sv_listening",
                String.join(" ", names(ConsoleView.POOLS)));
        assertEquals(
                "type user database replication state addr port local_addr local_port connect_time request_time wait wait_us close_needed"
                        + " ptr link remote_pid tls application_name prepared_statements id pinned",
                String.join(" ", names(ConsoleView.CLIENTS)));
        assertEquals(
                "database total_server_assignment_count total_xact_count total_query_count total_received total_sent total_xact_time"
                        + " total_query_time total_wait_time total_client_parse_count total_server_parse_count total_bind_count"
                        + " avg_server_assignment_count avg_xact_count avg_query_count avg_recv avg_sent avg_xact_time avg_query_time"
                        + " avg_wait_time avg_client_parse_count avg_server_parse_count avg_bind_count",
                String.join(" ", names(ConsoleView.STATS)));
        assertEquals(
                Arrays.asList(
                        "name host port database force_user pool_size min_pool_size reserve_pool_size server_lifetime pool_mode load_balance_hosts max_connections current_connections max_client_connections current_client_connections paused disabled"
                                .split(" ")),
                names(ConsoleView.DATABASES));
    }

    private static List<String> names(ConsoleView view) {
        return view.columns().stream().map(Column::name).toList();
    }
}
